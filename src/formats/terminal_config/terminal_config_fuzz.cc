// SPDX-License-Identifier: Apache-2.0
// Whatever Parse accepts is exactly what Emit writes of it, and the verifier can be made from it.
#include "base/result/check.h"
#include "formats/terminal_config/terminal_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto config = yukuai::terminal_config::Parse(body);
  if (!config.ok()) return 0;
  YUKUAI_CHECK(yukuai::terminal_config::Emit(*config) == body);
  YUKUAI_CHECK(yukuai::terminal_config::MakeRoots(*config).Find(config->root_keys.front().index) != nullptr);
  return 0;
}
