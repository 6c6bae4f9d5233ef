// SPDX-License-Identifier: Apache-2.0
// Any scene.toml, table and earlier version give a scene or problems; a scene that loads compiles to a body that reads back.
// The input is these files in this order, divided by lines "====".
#include "base/result/check.h"
#include "scenes/engine/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  constexpr std::string_view kDivider = "\n====\n";
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  engine::Folder folder{{"README.md", "org:test clause 1"}, {"a.trial", ""}};
  for (const char* file : {"scene.toml", "tables/prices.toml", "earlier/1.toml"}) {
    const size_t at = rest.find(kDivider);
    folder[file] = std::string(rest.substr(0, at));
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at + kDivider.size());
  }
  const engine::Loaded loaded = engine::Load(folder, "test-line");
  YUKUAI_CHECK(loaded.scene.has_value() == loaded.problems.empty());
  for (const engine::Problem& problem : loaded.problems) YUKUAI_CHECK(!problem.Text().empty());
  if (loaded.scene) {
    const auto compiled = engine::Compile(*loaded.scene, *ParseRfc3339("9999-12-31T12:00:00+08:00"));
    YUKUAI_CHECK(!compiled.ok() || scene_file::Parse(compiled->body).ok());
  }
  return 0;
}
