// SPDX-License-Identifier: Apache-2.0
// Any bytes as a record: refused, or exactly what is built from what was read, up to the signature.
#include <cstdint>

#include "base/entropy/entropy.h"
#include "formats/record/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  static const sm2::PrivateKey key = [] {
    SeededEntropy entropy(1);
    return sm2::PrivateKey::Generate(entropy);
  }();
  const ByteSpan bytes(data, size);
  const auto parsed = record::Parse(bytes);
  if (!parsed.ok()) return 0;
  const auto built = record::Build(*parsed, key);
  YUKUAI_CHECK(built.ok() && built->size() == size);
  const size_t body = size - record::kSignatureLength;
  YUKUAI_CHECK(Equal(ByteSpan(*built).first(body), bytes.first(body)));

  const record::ChainHead head{parsed->counter - 1, parsed->previous, parsed->at};
  const record::ChainCheck check{*built, *parsed, parsed->terminal, key.public_key(), head, std::nullopt, parsed->at, 20};
  const auto standing = record::CheckChain(check);
  YUKUAI_CHECK(standing.ok() || standing.error().reason == record::kRecordCodeTime);
  record::ChainCheck forged = check;
  forged.bytes = bytes;
  YUKUAI_CHECK(!record::CheckChain(forged).ok());
  return 0;
}
