// SPDX-License-Identifier: Apache-2.0
// The number of the resident identity card (公民身份号码, GB 11643): 6 digits region, 8 digits birth date, 3 digits sequence
// (odd: male), 1 check character 0..9 or X.
//
//   11010519491231002X   region 110105, born 1949-12-31, sequence 002, check X
//
// The check character makes the sum over weight times digit ≡ 1 (mod 11), weights 2^(17 - i) mod 11 (ISO 7064 MOD 11-2): it
// finds every single wrong digit and every swap of two neighbours.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::identifiers {

// In order of precedence.
inline constexpr Reason kCitizenIdLength{Kind::kMalformed, "citizen_id_length"};         // Not 18 characters.
inline constexpr Reason kCitizenIdDigits{Kind::kMalformed, "citizen_id_digits"};         // Not 17 digits and a digit or X.
inline constexpr Reason kCitizenIdBirthDate{Kind::kMalformed, "citizen_id_birth_date"};  // No such day, or in the future.
inline constexpr Reason kCitizenIdCheckDigit{Kind::kMalformed, "citizen_id_check_digit"};

enum class Sex { kFemale, kMale };

// A number that has passed every check; the region is not looked up, because divisions come and go.
class CitizenId {
 public:
  // Accepts a lower-case x. `today` is the day in China: a birth on it is possible, after it is not.
  static Result<CitizenId> Parse(std::string_view text, CivilDate today);
  // For synthetic residents. The region is 6 digits, the date exists, sequence 0..999: YUKUAI_CHECKed.
  static CitizenId Make(std::string_view region, CivilDate birth_date, int sequence);

  const std::string& number() const { return number_; }  // 18 characters, X in upper case. Never for a log.
  CivilDate birth_date() const;
  Sex sex() const;

 private:
  explicit CitizenId(std::string number) : number_(std::move(number)) {}
  std::string number_;
};

char CitizenIdCheckDigit(std::string_view digits17);

}  // namespace yukuai::identifiers
