// SPDX-License-Identifier: Apache-2.0
// Any scene.toml and any table give a scene or problems; a scene that loads compiles to a body that reads back.
// The input is both files, divided by a line "====".
#include "base/result/check.h"
#include "scenes/engine/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string_view divider = "\n====\n";
  const size_t at = text.find(divider);
  engine::Folder folder{{"scene.toml", text.substr(0, at)}, {"README.md", "org:test clause 1"}, {"a.trial", ""}};
  if (at != std::string::npos) folder["tables/prices.toml"] = text.substr(at + divider.size());
  const engine::Loaded loaded = engine::Load(folder, "test-line");
  YUKUAI_CHECK(loaded.scene.has_value() == loaded.problems.empty());
  for (const engine::Problem& problem : loaded.problems) YUKUAI_CHECK(!problem.Text().empty());
  if (loaded.scene) {
    const auto compiled = engine::Compile(*loaded.scene, *ParseRfc3339("9999-12-31T12:00:00+08:00"));
    YUKUAI_CHECK(!compiled.ok() || scene_file::Parse(compiled->body).ok());
  }
  return 0;
}
