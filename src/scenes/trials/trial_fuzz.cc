// SPDX-License-Identifier: Apache-2.0
// Any text is a trial or a problem with a remedy; a trial that parses runs to its end in a small scene.
#include "base/result/check.h"
#include "scenes/trials/small_scene.h"
#include "scenes/trials/trial.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  if (size > 4000) return 0;  // Long trials only repeat what short ones do.
  static const engine::Scene small = trials::SmallScene();
  engine::Scene scene = small;
  scene.trials = {{"fuzz.trial", std::string(reinterpret_cast<const char*>(data), size)}};
  for (const auto& problem : trials::RunAll(scene).problems) YUKUAI_CHECK(!problem.message.empty() && !problem.instead.empty());
  return 0;
}
