// SPDX-License-Identifier: Apache-2.0
// What anybody may read: the city, its scenes, the catalogue of reasons, the latest audit root, and the page that an ordinary
// camera lands on when it reads a code's text form.
#pragma once

#include <string>
#include <vector>

#include "gateway/routing/routing.h"
#include "platform/audit/audit.h"
#include "scenes/engine/engine.h"

namespace yukuai::city {

struct Name {
  std::string zh;
  std::string en;
};
struct ClearingGroup {
  uint16_t number = 0;
  Name name;
};
struct About {
  Name name;
  std::vector<ClearingGroup> clearing_groups;
  uint8_t root_index = 1;
  std::string root_key_hex;
  std::string code_text_prefix;
  int64_t refresh_seconds = 45;
};

struct Parts {
  About about;
  const engine::Engine& engine;
  const audit::Log& log;
};
std::vector<routing::Route> Routes(Parts parts);

}  // namespace yukuai::city
