// SPDX-License-Identifier: Apache-2.0
// Any text as the text form of a code: refused, or exactly what would be written for the bytes it stands for.
#include <cstdint>

#include "formats/code/code.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  constexpr std::string_view kPrefix = "https://city.example/c#";
  const std::string_view text = AsText(ByteSpan(data, size));
  const auto code = code::FromTextForm(kPrefix, text);
  if (code.ok()) {
    YUKUAI_CHECK(code->size() >= code::kLengthMin && code->size() <= code::kLengthMax);
    YUKUAI_CHECK(code::ToTextForm(kPrefix, *code) == text);
  }
  return 0;
}
