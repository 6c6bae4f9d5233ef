// SPDX-License-Identifier: Apache-2.0
// Whatever Parse accepts is exactly what Emit writes of it.
#include "base/result/check.h"
#include "formats/scene_file/scene_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto file = yukuai::scene_file::Parse(body);
  if (file.ok()) YUKUAI_CHECK(yukuai::scene_file::Emit(*file) == body);
  return 0;
}
