// SPDX-License-Identifier: Apache-2.0
// A document that names a natural person: a kind and its number. A Document has been parsed, so whoever holds one need not
// check it again. Further kinds (residence permits, permanent residence, passport) join the enumeration with their rules.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/identifiers/citizen_id.h"

namespace yukuai::identifiers {

// In order of precedence; the number's own reasons follow.
inline constexpr Reason kDocumentKind{Kind::kMalformed, "document_kind"};

// The values are stored: never renumber.
enum class DocumentKind : uint8_t { kCitizenId = 1 };

std::string_view KindText(DocumentKind kind);  // "citizen_id"

class Document {
 public:
  static Result<Document> Parse(std::string_view kind, std::string_view number, CivilDate today);
  explicit Document(const CitizenId& id);

  DocumentKind kind() const { return kind_; }
  const std::string& number() const { return number_; }  // Normalised. Never for a log.
  CivilDate birth_date() const { return birth_date_; }
  friend bool operator==(const Document&, const Document&) = default;

 private:
  DocumentKind kind_;
  std::string number_;
  CivilDate birth_date_;
};

}  // namespace yukuai::identifiers
