// SPDX-License-Identifier: Apache-2.0
// Staff key files, see staff_key.h.
#include "platform/keys/staff_key.h"

#include <vector>

#include "platform/host/host.h"
#include "platform/keys/keys.h"

namespace yukuai::keys {
namespace {

constexpr std::string_view kFirstLine = "yukuai staff key";
constexpr size_t kStaffKeyBytesMax = 4096;

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

Result<void> WriteStaffKey(const std::filesystem::path& file, const StaffKey& key) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) return Fault(kKeysExist, file.string());
  Bytes text =
      ToBytes(std::string(kFirstLine) + "\n" + key.id.Text() + "\n" + ToHex(key.key.d.Expose()) + "\n" + key.server_url + "\n");
  auto written = host::WriteFileDurably(file, text);
  Wipe(text);
  if (!written) return Fault(kKeyFileUnwritable, file.string());
  return {};
}

Result<StaffKey> ReadStaffKey(const std::filesystem::path& file) {
  auto content = host::ReadFile(file, kStaffKeyBytesMax);
  if (!content) return Fault(kStaffKeyMissing, file.string());
  const std::vector<std::string_view> lines = LinesOf(AsText(*content));
  if (lines.size() != 4 || lines[0] != kFirstLine || !IsUtf8(lines[3])) return Fault(kStaffKeyMalformed, file.string());
  const auto id = StaffId::Parse(lines[1]);
  const auto d = FromHex(lines[2]);
  auto key = d ? p256::FromPrivate(*d) : std::nullopt;
  if (!id || !key) return Fault(kStaffKeyMalformed, file.string());
  return StaffKey{*id, *std::move(key), std::string(lines[3])};
}

}  // namespace yukuai::keys
