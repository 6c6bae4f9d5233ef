// SPDX-License-Identifier: Apache-2.0
// Synthetic residents: number n of a seed is always the same person.
#pragma once

#include "base/entropy/entropy.h"
#include "formats/identifiers/document.h"
#include "registers/persons/persons.h"

namespace yukuai::city_command {

// Numbers begin with this region code; no place has it (GB/T 2260).
inline constexpr std::string_view kUnassignedRegion = "990000";

// entropy gives the next resident each time; `n` makes the number unique.
persons::NewPerson MakeResident(uint64_t n, SeededEntropy& entropy);

}  // namespace yukuai::city_command
