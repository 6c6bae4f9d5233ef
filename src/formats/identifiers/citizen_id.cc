// SPDX-License-Identifier: Apache-2.0
// GB 11643, see citizen_id.h.
#include "formats/identifiers/citizen_id.h"

#include <algorithm>
#include <array>

namespace yukuai::identifiers {
namespace {

constexpr std::array<int, 17> kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
constexpr std::string_view kCheckDigits = "10X98765432";  // By the weighted sum mod 11.

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int Number(std::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

CivilDate BirthDate(std::string_view number) {
  return {Number(number.substr(6, 4)), Number(number.substr(10, 2)), Number(number.substr(12, 2))};
}

std::string Padded(int value, size_t width) {
  std::string digits = std::to_string(value);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

}  // namespace

char CitizenIdCheckDigit(std::string_view digits17) {
  YUKUAI_CHECK(digits17.size() == 17 && std::ranges::all_of(digits17, IsDigit));
  int sum = 0;
  for (size_t i = 0; i < digits17.size(); ++i) sum += kWeights[i] * (digits17[i] - '0');
  return kCheckDigits[static_cast<size_t>(sum % 11)];
}

Result<CitizenId> CitizenId::Parse(std::string_view text, CivilDate today) {
  if (text.size() != 18) return Fault(kCitizenIdLength);
  std::string number(text);
  if (number.back() == 'x') number.back() = 'X';
  const std::string_view digits = std::string_view(number).substr(0, 17);
  if (!std::ranges::all_of(digits, IsDigit)) return Fault(kCitizenIdDigits);
  if (!IsDigit(number.back()) && number.back() != 'X') return Fault(kCitizenIdDigits);
  const CivilDate birth = BirthDate(number);
  if (!IsValid(birth) || birth > today) return Fault(kCitizenIdBirthDate);
  if (number.back() != CitizenIdCheckDigit(digits)) return Fault(kCitizenIdCheckDigit);
  return CitizenId(std::move(number));
}

CitizenId CitizenId::Make(std::string_view region, CivilDate birth_date, int sequence) {
  YUKUAI_CHECK(region.size() == 6 && std::ranges::all_of(region, IsDigit));
  YUKUAI_CHECK(IsValid(birth_date) && sequence >= 0 && sequence <= 999);
  std::string number(region);
  number += Padded(birth_date.year, 4) + Padded(birth_date.month, 2) + Padded(birth_date.day, 2) + Padded(sequence, 3);
  number.push_back(CitizenIdCheckDigit(number));
  return CitizenId(std::move(number));
}

CivilDate CitizenId::birth_date() const { return BirthDate(number_); }

Sex CitizenId::sex() const { return (number_[16] - '0') % 2 == 1 ? Sex::kMale : Sex::kFemale; }

}  // namespace yukuai::identifiers
