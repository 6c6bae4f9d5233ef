// SPDX-License-Identifier: Apache-2.0
// `yukuai bench verify`: how many codes a second one core verifies as a terminal does, beside how many bare SM2 signatures the
// library verifies in the same run. Only the ratio of the two means something on another machine.
#pragma once

#include <chrono>
#include <functional>

#include "app/cli/command.h"
#include "base/entropy/entropy.h"

namespace yukuai::bench_command {

// A clock that only goes forward, from any beginning.
using Stopwatch = std::function<std::chrono::nanoseconds()>;

// The group `bench`. entropy outlives it.
cli::Command Bench(Entropy& entropy, Stopwatch stopwatch);

}  // namespace yukuai::bench_command
