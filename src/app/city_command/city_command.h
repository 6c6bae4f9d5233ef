// SPDX-License-Identifier: Apache-2.0
// `yukuai city generate`: a synthetic city to try everything on, the same for the same seed. Residents have numbers with valid
// check digits on a region code that is not assigned to any place, and names nobody chose.
// `yukuai ledger verify` and `yukuai terminal add|disable|enable`: an operator's look at the books, and the gates.
#pragma once

#include "app/cli/command.h"
#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::city_command {

inline constexpr Reason kCityNotDemo{Kind::kRefused, "city_not_demo"};  // The data folder is a real city's.

cli::Command City(const Clock& clock, Entropy& entropy);
cli::Command Ledger(const Clock& clock);
cli::Command Terminal(const Clock& clock, Entropy& entropy);

}  // namespace yukuai::city_command
