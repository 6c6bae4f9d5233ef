// SPDX-License-Identifier: Apache-2.0
// `yukuai code verify|inspect`: for whoever wants to know whether a code is good, or why it is not. Works on the bytes alone,
// without a server, a data folder or a private key.
#pragma once

#include "app/cli/command.h"
#include "base/time/time.h"

namespace yukuai::code_command {

// The group `code`. The clock outlives the command.
cli::Command Code(const Clock& clock);

}  // namespace yukuai::code_command
