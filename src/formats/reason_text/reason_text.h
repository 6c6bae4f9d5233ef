// SPDX-License-Identifier: Apache-2.0
// What a refusal says to people: title and remedy in both languages, by slug. The table is made from api/reasons.toml when
// the program is built, so that server, gate and documents say the same.
#pragma once

#include <span>
#include <string_view>

namespace yukuai::reason_text {

struct ReasonText {
  std::string_view slug;
  std::string_view title_zh;
  std::string_view title_en;
  std::string_view next_zh;
  std::string_view next_en;
};

// Ascending by slug.
std::span<const ReasonText> All();
// Null when the catalogue does not know the slug.
const ReasonText* Find(std::string_view slug);

}  // namespace yukuai::reason_text
