// SPDX-License-Identifier: Apache-2.0
// Names and numbers as pages show them when the whole is not needed.
//
// A character here is what a reader takes for one: a base with its combining marks and variation selectors, so masking never
// cuts a rare character (𠮷, U+20BB7) and never leaves a mark without its base (葛 with U+E0100 after it).
#pragma once

#include <string>
#include <string_view>

namespace yukuai::identifiers {

// First and last character stay, a star for each between; of two the last; of one none. The dot of minority names is a
// character like others, so the mask does not tell where the parts meet:
//   李 -> *   张三 -> *三   欧阳修 -> 欧*修   买买提·艾力 -> 买****力
// "*" for bytes that are no UTF-8.
std::string MaskedName(std::string_view name);

// The first three and the last character, a star for each between; shorter than eight: stars alone.
//   11010519491231002X -> 110**************X
// The last four are hidden because other services ask for them as a proof. For numbers in ASCII.
std::string MaskedNumber(std::string_view number);

}  // namespace yukuai::identifiers
