// SPDX-License-Identifier: Apache-2.0
// A person's name as documents write it: Chinese characters (rare ones too), minority names with a middle dot, Latin letters.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"

namespace yukuai::persons {

// Not UTF-8, empty, longer than 64 characters, or with control or direction characters.
inline constexpr Reason kNameMalformed{Kind::kMalformed, "name_malformed"};

class Name {
 public:
  // Outer blanks go, inner ones become single spaces, every kind of middle dot becomes U+00B7.
  static Result<Name> Parse(std::string_view text);

  const std::string& text() const { return text_; }  // Never for a log.
  // First and last character stay, the rest are stars: 欧*修; of two characters the last: *三; one: *.
  std::string Masked() const;
  // The same person would write both: blanks and the case of Latin letters do not count. Time depends on lengths only.
  bool Matches(const Name& other) const;

 private:
  explicit Name(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace yukuai::persons
