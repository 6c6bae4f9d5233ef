// SPDX-License-Identifier: Apache-2.0
// Any bytes as a signed file: nobody forges a signature, and what is signed opens to itself. The first bytes are read as an
// edition, too: no version below the one held and nothing expired is ever good.
#include <cstdint>

#include "base/entropy/entropy.h"
#include "formats/signed_file/signed_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  static const sm2::PrivateKey key = [] {
    SeededEntropy entropy(1);
    return sm2::PrivateKey::Generate(entropy);
  }();
  const ByteSpan bytes(data, size);
  YUKUAI_CHECK(!signed_file::CheckSignature(bytes, key.public_key()).ok());
  const Bytes file = signed_file::Sign(Bytes(bytes.begin(), bytes.end()), key);
  const auto body = signed_file::CheckSignature(file, key.public_key());
  YUKUAI_CHECK(body.ok() && Equal(*body, bytes));

  ByteReader reader(bytes);
  const signed_file::Edition edition{reader.U64(), Instant{reader.I64()}, Instant{reader.I64()}};
  const uint64_t held = reader.U64();
  const Instant now{reader.I64()};
  if (signed_file::IsValid(edition)) YUKUAI_CHECK(edition.expires_at.PlusSeconds(86400) > edition.issued_at);  // Fits.
  const bool good = signed_file::CheckEdition(edition, held, now).ok();
  YUKUAI_CHECK(good == (edition.version >= held && now < edition.expires_at));
  return 0;
}
