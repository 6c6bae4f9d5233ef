// SPDX-License-Identifier: Apache-2.0
// Names and numbers as pages show them when the whole is not needed, and names in one spelling for comparing.
//
// A character here is what a reader takes for one: a base with its combining marks and variation selectors, so masking never
// cuts a rare character (𠮷, U+20BB7) or leaves half of one (葛 with U+E0100).
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"

namespace yukuai::identifiers {

inline constexpr Reason kPersonName{Kind::kMalformed, "person_name"};

inline constexpr size_t kNameBytesMax = 200;

// The spelling in which names are stored and compared: no spaces around, one space between words, the separator of
// minority and translated names always "·" (U+00B7), whichever of • ‧ ∙ ・ ･ ⸱ ． or an ASCII point between Han characters
// was typed. Faults: person_name (empty, longer than 200 bytes, no UTF-8, control characters, invisible ones).
Result<std::string> NormaliseName(std::string_view name);

// First and last character with one star for each between; of two, the first; of one, none; of names with parts ("·" or
// spaces between), the first of each part:
//   张伟 -> 张*   欧阳小明 -> 欧**明   阿卜杜拉·买买提 -> 阿***·买**   JOHN SMITH -> J*** S****
// For bytes that are no UTF-8: "*".
std::string MaskedName(std::string_view name);

// The first three and the last character, stars between; shorter than eight: only stars. 500…………X -> "500**************X".
// The last four are not shown because other services ask for them as a proof.
std::string MaskedNumber(std::string_view number);

}  // namespace yukuai::identifiers
