// SPDX-License-Identifier: Apache-2.0
// Any text as a request or a certificate: it is refused, or writing it again gives papers that are accepted.
#include "app/keys_command/papers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(keys_command::ParseRequest(text));
  const auto paper = keys_command::ParsePaper(text);
  if (paper) YUKUAI_CHECK(keys_command::ParsePaper(keys_command::PaperText(*paper)).ok());
  return 0;
}
