// SPDX-License-Identifier: Apache-2.0
// Any bytes as a rule file, with and without its signature: refused, or what would be written for its content.
#include <cstdint>

#include "base/entropy/entropy.h"
#include "formats/rulefile/rulefile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  static const sm2::PrivateKey key = [] {
    SeededEntropy entropy(1);
    return sm2::PrivateKey::Generate(entropy);
  }();
  const ByteSpan bytes(data, size);
  YUKUAI_CHECK(!rulefile::Open(bytes, key.public_key()).ok());  // Nobody forges the signature.
  const auto content = rulefile::ParseBody(bytes);
  if (!content.ok()) return 0;
  const auto built = rulefile::Build(*content, key);
  YUKUAI_CHECK(built.ok() && Equal(ByteSpan(*built).first(size), bytes));
  YUKUAI_CHECK(rulefile::Open(*built, key.public_key()).ok());
  return 0;
}
