// SPDX-License-Identifier: Apache-2.0
// Any text gives a table or a problem, never anything else.
#include "base/result/check.h"
#include "formats/toml_document/toml_document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = yukuai::toml_document::Read({reinterpret_cast<const char*>(data), size});
  if (const auto* problem = std::get_if<yukuai::toml_document::Problem>(&read)) YUKUAI_CHECK(!problem->message.empty());
  return 0;
}
