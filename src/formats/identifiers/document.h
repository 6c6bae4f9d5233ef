// SPDX-License-Identifier: Apache-2.0
// A document that names a natural person: a kind and its number. A Document has been parsed, so whoever holds one need not
// check it again. All kinds here have numbers of GB 11643's form, told apart by how they begin; a kind without a birth date in
// its number (a passport) joins the enumeration together with a place for the date.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/identifiers/citizen_id.h"

namespace yukuai::identifiers {

// In order of precedence; the number's own reasons follow.
inline constexpr Reason kDocumentKind{Kind::kMalformed, "document_kind"};
inline constexpr Reason kDocumentPrefix{Kind::kMalformed, "document_prefix"};  // A good number, of another kind.

// The values are stored: never renumber.
enum class DocumentKind : uint8_t {
  kCitizenId = 1,                // 居民身份证
  kHongKongResidencePermit = 2,  // 港澳居民居住证, 810000…
  kMacaoResidencePermit = 3,     // 港澳居民居住证, 820000…
  kTaiwanResidencePermit = 4,    // 台湾居民居住证, 830000…
  kPermanentResidence = 5,       // 外国人永久居留身份证 of the form with 18 digits, 9…
};

std::string_view KindText(DocumentKind kind);  // "citizen_id", "hong_kong_residence_permit", "macao_residence_permit",
                                               // "taiwan_residence_permit", "permanent_residence"
std::optional<DocumentKind> KindFromText(std::string_view text);
std::optional<DocumentKind> KindFromStored(uint8_t value);

class Document {
 public:
  // Faults: document_kind, those of the number, document_prefix.
  static Result<Document> Parse(std::string_view kind, std::string_view number, CivilDate today);
  static Result<Document> Parse(DocumentKind kind, std::string_view number, CivilDate today);
  explicit Document(const CitizenId& id);

  DocumentKind kind() const { return kind_; }
  const std::string& number() const { return number_; }  // Normalised. Never for a log.
  CivilDate birth_date() const { return birth_date_; }
  friend bool operator==(const Document&, const Document&) = default;

 private:
  Document(DocumentKind kind, const CitizenId& id);

  DocumentKind kind_;
  std::string number_;
  CivilDate birth_date_;
};

}  // namespace yukuai::identifiers
