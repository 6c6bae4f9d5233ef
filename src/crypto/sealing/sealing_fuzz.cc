// SPDX-License-Identifier: Apache-2.0
// Boxes and files from a stranger: opening must answer. What opens was sealed under this key, which the corpus alone knows;
// then an altered byte must close it again. And whatever the bytes, sealed they come back.
#include <cstdint>

#include "base/result/check.h"
#include "crypto/sealing/sealing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const sealing::BoxKey key(ByteArray<32>{7});
  const ByteSpan context = AsBytes("fuzz");
  Bytes input(data, data + size);
  if (sealing::OpenBox(key, context, input).ok()) {
    input[size / 2] ^= 1;
    YUKUAI_CHECK(!sealing::OpenBox(key, context, input).ok());
    input[size / 2] ^= 1;
  }
  SeededEntropy entropy(size);
  const auto again = sealing::OpenBox(key, input, sealing::SealBox(key, input, input, entropy));
  YUKUAI_CHECK(again.ok() && *again == input);
  const auto file = sealing::SealFile(input, input, entropy, {.log2_n = 1});
  const auto reopened = sealing::OpenFile(input, file);
  YUKUAI_CHECK(reopened.ok() && *reopened == input);

  // A cost within the bound may still take a second: what the bound admits is tested beside it, not here.
  if (size > 4 && input[4] > 6 && input[4] <= 20) input[4] = 1;
  if (sealing::OpenFile(context, input).ok()) {
    input[size / 2] ^= 1;
    YUKUAI_CHECK(!sealing::OpenFile(context, input).ok());
  }
  return 0;
}
