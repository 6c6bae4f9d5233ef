// SPDX-License-Identifier: Apache-2.0
// The documents a resident may hold, as (kind, number): parsed once, in one spelling, so that equal documents have equal
// bytes and a blind index finds them.
//
// Numbers are personal data: a Document has no text form for logs. Use MaskedNumber() (masking.h) for pages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::identifiers {

// In order of precedence.
inline constexpr Reason kDocumentKind{Kind::kMalformed, "document_kind"};
inline constexpr Reason kDocumentNumber{Kind::kMalformed, "document_number"};
inline constexpr Reason kDocumentBirthDate{Kind::kMalformed, "document_birth_date"};  // No date, or in the future.
inline constexpr Reason kDocumentCheckDigit{Kind::kMalformed, "document_check_digit"};

// Stored: numbers never change their meaning.
enum class DocumentKind : uint8_t {
  kCitizenId = 1,                // 居民身份证, GB 11643
  kHongKongResidencePermit = 2,  // 港澳居民居住证, numbers beginning 810000
  kMacaoResidencePermit = 3,     // 港澳居民居住证, 820000
  kTaiwanResidencePermit = 4,    // 台湾居民居住证, 830000
  kPermanentResidence = 5,       // 外国人永久居留身份证: 3 letters and 12 digits, or 18 digits beginning with 9
  kPassport = 6,                 // 5 to 17 letters and digits
};
std::string_view Slug(DocumentKind kind);  // "citizen_id", "hong_kong_residence_permit", …
std::optional<DocumentKind> DocumentKindFromSlug(std::string_view slug);

// The check digit of 17 digits after GB 11643 (ISO 7064 MOD 11-2): '0'..'9' or 'X'.
char CitizenIdCheckDigit(std::string_view seventeen_digits);

class Document {
 public:
  // Spaces around the number are dropped and letters made upper case, so a final x is good. `today`: no birth date is after it.
  // Faults: document_kind (unknown slug), document_number (form), document_birth_date, document_check_digit; the detail
  // never has the number.
  static Result<Document> Parse(std::string_view kind_slug, std::string_view number, CivilDate today);
  static Result<Document> Parse(DocumentKind kind, std::string_view number, CivilDate today);

  DocumentKind kind() const { return kind_; }
  const std::string& number() const { return number_; }
  // Of kinds whose numbers have one; nothing for passports and permanent residence cards of the older form.
  std::optional<CivilDate> birth_date() const { return birth_date_; }
  friend bool operator==(const Document&, const Document&) = default;

 private:
  Document(DocumentKind kind, std::string number) : kind_(kind), number_(std::move(number)) {}
  DocumentKind kind_;
  std::string number_;
  std::optional<CivilDate> birth_date_;
};

// Whole years on `today`; a year is complete on the birthday. Born on 29 February: on 1 March in common years.
int AgeOn(CivilDate birth, CivilDate today);

}  // namespace yukuai::identifiers
