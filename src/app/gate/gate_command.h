// SPDX-License-Identifier: Apache-2.0
// `yukuai gate`: a gate with a reader on standard input and a simulated barrier; `yukuai gate status`: what its data folder
// says. Every real gate differs from this one only in its reader and its barrier.
#pragma once

#include "app/cli/command.h"
#include "base/entropy/entropy.h"
#include "base/time/time.h"

namespace yukuai::gate {

// clock and entropy outlive the command. Presentations come from `input`, a file descriptor.
cli::Command Gate(const Clock& clock, Entropy& entropy, int input = 0);

}  // namespace yukuai::gate
