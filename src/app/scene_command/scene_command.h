// SPDX-License-Identifier: Apache-2.0
// `yukuai scene check|test|compile FOLDER`: for those who write scenes. Works on folders alone, without a server, a data folder
// or a key.
#pragma once

#include "app/cli/command.h"
#include "base/time/time.h"

namespace yukuai::scene_command {

// The group `scene`. The clock outlives the command.
cli::Command Scene(const Clock& clock);

}  // namespace yukuai::scene_command
