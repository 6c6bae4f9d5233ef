// SPDX-License-Identifier: Apache-2.0
// The root's folder, see root_key.h.
#include "platform/keys/root_key.h"

#include <charconv>

#include "platform/host/host.h"

namespace yukuai::keys {
namespace {

constexpr std::string_view kRecordTitle = "yukuai root record\n";
constexpr size_t kRecordBytesMax = 1024;

std::filesystem::path KeyFile(const std::filesystem::path& folder) { return folder / "root.key"; }
std::filesystem::path RecordFile(const std::filesystem::path& folder) { return folder / "root-record"; }

}  // namespace

std::string RootRecordText(const RootRecord& record) {
  return std::string(kRecordTitle) + std::to_string(record.index) + "\n" + ToHex(record.key.compressed()) + "\n";
}

Result<RootRecord> ParseRootRecord(std::string_view text) {
  if (!text.starts_with(kRecordTitle)) return Fault(kRootRecordMalformed);
  text.remove_prefix(kRecordTitle.size());
  unsigned index = 256;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || index > 255) return Fault(kRootRecordMalformed);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.size() != 68 || text.front() != '\n' || text.back() != '\n') return Fault(kRootRecordMalformed);
  const auto compressed = FromHex(text.substr(1, 66));
  auto key = compressed ? sm2::PublicKey::Parse(*compressed) : std::nullopt;
  if (!key) return Fault(kRootRecordMalformed);
  return RootRecord{static_cast<uint8_t>(index), *std::move(key)};
}

bool RootKey::Exists(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(KeyFile(folder), error);
}

Result<RootKey> RootKey::Create(const std::filesystem::path& folder, uint8_t index, const Passphrase& passphrase,
                                Entropy& entropy, sealing::Cost cost) {
  if (passphrase.Expose().empty()) return Fault(kPassphraseMissing);
  if (Exists(folder)) return Fault(kKeysExist, folder.string());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return Fault(kKeyFileUnwritable, folder.string() + ": " + error.message());
  sm2::PrivateKey key = sm2::PrivateKey::Generate(entropy);
  const RootRecord record{index, key.public_key()};
  // The record first: with the key there, the folder is whole.
  if (!host::WriteFileDurably(RecordFile(folder), ToBytes(RootRecordText(record)), 0644)) {
    return Fault(kKeyFileUnwritable, RecordFile(folder).string());
  }
  if (!host::WriteFileDurably(KeyFile(folder), sealing::SealFile(passphrase.Expose(), key.d().Expose(), entropy, cost))) {
    return Fault(kKeyFileUnwritable, KeyFile(folder).string());
  }
  return RootKey(std::move(key), record);
}

Result<RootKey> RootKey::Open(const std::filesystem::path& folder, const Passphrase& passphrase) {
  YUKUAI_ASSIGN(const Bytes sealed, ReadKeyFile(KeyFile(folder), kRecordBytesMax));
  auto plain = sealing::OpenFile(passphrase.Expose(), sealed);
  if (!plain) {
    const bool wrong = plain.error().reason == sealing::kSealWrongKey;
    return Fault(wrong ? kKeyPassphraseWrong : kKeyFileDamaged, KeyFile(folder).string());
  }
  auto key = sm2::PrivateKey::Parse(*plain);
  Wipe(*plain);
  if (!key) return Fault(kKeyFileDamaged, KeyFile(folder).string());
  YUKUAI_ASSIGN(const Bytes text, ReadKeyFile(RecordFile(folder), kRecordBytesMax));
  YUKUAI_ASSIGN(RootRecord record, ParseRootRecord(AsText(text)));
  if (!(record.key == key->public_key())) return Fault(kRootRecordMalformed, "the record is of another key");
  return RootKey(*std::move(key), std::move(record));
}

}  // namespace yukuai::keys
