// SPDX-License-Identifier: Apache-2.0
// Any text as a request or a certificate: it is refused, or writing it again gives papers that are accepted. Any institution,
// serial and month: what the ceremony writes is read, and is good for the key that asked until its month ends.
#include "app/keys_command/papers.h"
#include "base/entropy/entropy.h"

namespace yukuai::keys_command {
namespace {

void WriteAndRead(ByteSpan data) {
  static const auto* const issuer = [] {
    SeededEntropy entropy(1);
    return new sm2::PrivateKey(sm2::PrivateKey::Generate(entropy));
  }();
  uint32_t drawn = 1;
  for (const uint8_t byte : data) drawn = drawn * 31 + byte;
  code::Decimal4 institution{};
  for (uint8_t& digits : institution) {
    digits = static_cast<uint8_t>(((drawn % 10) << 4) | ((drawn / 10) % 10));
    drawn = drawn * 31 + 7;
  }
  const auto request = ParseRequest(RequestText(institution, *issuer));
  YUKUAI_CHECK(request.ok() && request->institution == institution);
  const code::CertificateMonth month{2000 + static_cast<int>(drawn % 100), 1 + static_cast<int>(drawn % 12)};
  // The issuer's key plays the root's too: the papers only say that it signed.
  const auto paper = Issue(*request, {*issuer, 1}, 1 + drawn % 0xffffff, month);
  YUKUAI_CHECK(paper.ok());
  const auto read = ParsePaper(PaperText(*paper));
  YUKUAI_CHECK(read.ok() && read->expiry() == month);
  YUKUAI_CHECK(CheckPaper(*read, issuer->public_key(), Instant{month.End().us - 1}).ok());
  YUKUAI_CHECK(CheckPaper(*read, issuer->public_key(), month.End()).error().reason == kPaperExpired);
}

}  // namespace
}  // namespace yukuai::keys_command

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Three signatures: every sixteenth input is enough of them.
  if (size % 16 == 0) keys_command::WriteAndRead({data, size});
  static_cast<void>(keys_command::ParseRequest(text));
  const auto paper = keys_command::ParsePaper(text);
  if (paper) YUKUAI_CHECK(keys_command::ParsePaper(keys_command::PaperText(*paper)).ok());
  return 0;
}
