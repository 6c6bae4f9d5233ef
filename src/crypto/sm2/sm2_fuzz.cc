// SPDX-License-Identifier: Apache-2.0
// A stranger's key, digest and signature: parsing and verifying must answer, whatever the bytes. A key that parses has one
// form only; a signature that holds stops holding when s is complemented in one bit.
#include <algorithm>
#include <cstdint>

#include "base/result/check.h"
#include "crypto/sm2/sm2.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const ByteSpan input(data, size);
  if (const auto plain = sm2::PublicKey::ParseUncompressed(input)) {
    const auto again = sm2::PublicKey::Parse(plain->compressed());
    YUKUAI_CHECK(again && *again == *plain && again->xy() == plain->xy());
  }
  if (const auto secret = sm2::PrivateKey::Parse(input)) {
    YUKUAI_CHECK(sm2::Verify(secret->public_key(), input, input, sm2::Sign(*secret, input, input)));
  }
  const auto key = sm2::PublicKey::Parse(input.first(std::min<size_t>(size, 33)));
  if (!key) return 0;
  YUKUAI_CHECK(Equal(key->compressed(), input.first(33)));
  const auto again = sm2::PublicKey::ParseUncompressed(key->xy());
  YUKUAI_CHECK(again && *again == *key);

  ByteReader reader(input.subspan(33));
  const auto e = reader.TakeArray<32>();
  auto signature = reader.TakeArray<64>();
  if (!sm2::VerifyDigest(*key, e, signature)) return 0;
  signature[63] ^= 1;
  YUKUAI_CHECK(!sm2::VerifyDigest(*key, e, signature));
  return 0;
}
