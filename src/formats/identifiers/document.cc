// SPDX-License-Identifier: Apache-2.0
#include "formats/identifiers/document.h"

#include <algorithm>
#include <array>

#include "base/result/check.h"

namespace yukuai::identifiers {
namespace {

constexpr size_t kNumberBytesMax = 64;  // Of the input, before anything is looked at.

struct KindName {
  DocumentKind kind;
  std::string_view slug;
};
constexpr std::array<KindName, 6> kKindNames{{
    {DocumentKind::kCitizenId, "citizen_id"},
    {DocumentKind::kHongKongResidencePermit, "hong_kong_residence_permit"},
    {DocumentKind::kMacaoResidencePermit, "macao_residence_permit"},
    {DocumentKind::kTaiwanResidencePermit, "taiwan_residence_permit"},
    {DocumentKind::kPermanentResidence, "permanent_residence"},
    {DocumentKind::kPassport, "passport"},
}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool AreDigits(std::string_view text) { return std::ranges::all_of(text, IsDigit); }

std::string Normalised(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

int NumberIn(std::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

// Eighteen characters of GB 11643's form: 6 for the place, 8 for the day of birth, 3 for the order, 1 to check.
Result<CivilDate> CheckEighteen(std::string_view number, CivilDate today) {
  if (number.size() != 18 || !AreDigits(number.substr(0, 17)) || (!IsDigit(number[17]) && number[17] != 'X')) {
    return Fault(kDocumentNumber, "eighteen digits are expected");
  }
  const CivilDate birth{NumberIn(number.substr(6, 4)), NumberIn(number.substr(10, 2)), NumberIn(number.substr(12, 2))};
  if (!IsValid(birth) || birth > today) return Fault(kDocumentBirthDate);
  if (CitizenIdCheckDigit(number.substr(0, 17)) != number[17]) return Fault(kDocumentCheckDigit);
  return birth;
}

// What the place part of an eighteen-digit number must look like. Division codes change; the dated table of them is not
// needed to accept a number, so a citizen's is only kept apart from the prefixes of the other documents.
bool PlaceFits(DocumentKind kind, std::string_view number) {
  switch (kind) {
    case DocumentKind::kCitizenId: return number.front() >= '1' && number.front() <= '7';
    case DocumentKind::kHongKongResidencePermit: return number.starts_with("810000");
    case DocumentKind::kMacaoResidencePermit: return number.starts_with("820000");
    case DocumentKind::kTaiwanResidencePermit: return number.starts_with("830000");
    case DocumentKind::kPermanentResidence: return number.starts_with("9");
    case DocumentKind::kPassport: return true;
  }
  YUKUAI_CHECK(false);
  return false;
}

bool IsOldPermanentResidence(std::string_view number) {
  return number.size() == 15 && std::ranges::all_of(number.substr(0, 3), IsUpper) && AreDigits(number.substr(3));
}

bool IsPassportNumber(std::string_view number) {
  return number.size() >= 5 && number.size() <= 17 && std::ranges::all_of(number, [](char c) { return IsDigit(c) || IsUpper(c); });
}

}  // namespace

std::string_view Slug(DocumentKind kind) {
  for (const KindName& name : kKindNames) {
    if (name.kind == kind) return name.slug;
  }
  YUKUAI_CHECK(false);
  return {};
}

std::optional<DocumentKind> DocumentKindFromSlug(std::string_view slug) {
  for (const KindName& name : kKindNames) {
    if (name.slug == slug) return name.kind;
  }
  return std::nullopt;
}

char CitizenIdCheckDigit(std::string_view seventeen_digits) {
  constexpr std::array<int, 17> kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  YUKUAI_CHECK(seventeen_digits.size() == kWeights.size() && AreDigits(seventeen_digits));
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * (seventeen_digits[i] - '0');
  return std::string_view("10X98765432")[static_cast<size_t>(sum % 11)];
}

Result<Document> Document::Parse(std::string_view kind_slug, std::string_view number, CivilDate today) {
  const auto kind = DocumentKindFromSlug(kind_slug);
  if (!kind) return Fault(kDocumentKind);
  return Parse(*kind, number, today);
}

Result<Document> Document::Parse(DocumentKind kind, std::string_view number, CivilDate today) {
  if (number.size() > kNumberBytesMax) return Fault(kDocumentNumber, "too long");
  Document document(kind, Normalised(number));
  const bool old_form = kind == DocumentKind::kPermanentResidence && IsOldPermanentResidence(document.number_);
  if (kind == DocumentKind::kPassport || old_form) {
    if (!old_form && !IsPassportNumber(document.number_)) return Fault(kDocumentNumber, "5 to 17 letters and digits are expected");
    return document;
  }
  if (document.number_.empty() || !PlaceFits(kind, document.number_)) return Fault(kDocumentNumber, "the beginning is of another kind");
  YUKUAI_ASSIGN(document.birth_date_, CheckEighteen(document.number_, today));
  return document;
}

int AgeOn(CivilDate birth, CivilDate today) {
  const bool birthday_passed = today.month > birth.month || (today.month == birth.month && today.day >= birth.day);
  return today.year - birth.year - (birthday_passed ? 0 : 1);
}

}  // namespace yukuai::identifiers
