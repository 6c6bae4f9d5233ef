// SPDX-License-Identifier: Apache-2.0
// The door through which every document number enters, see document.h.
#include "formats/identifiers/document.h"

#include <algorithm>
#include <array>

namespace yukuai::identifiers {
namespace {

struct KindRow {
  DocumentKind kind;
  std::string_view text;
  std::string_view prefix;  // Empty: none of the others'.
};
constexpr std::array<KindRow, 5> kKinds{{
    {DocumentKind::kCitizenId, "citizen_id", ""},
    {DocumentKind::kHongKongResidencePermit, "hong_kong_residence_permit", "810000"},
    {DocumentKind::kMacaoResidencePermit, "macao_residence_permit", "820000"},
    {DocumentKind::kTaiwanResidencePermit, "taiwan_residence_permit", "830000"},
    {DocumentKind::kPermanentResidence, "permanent_residence", "9"},
}};

const KindRow& RowOf(DocumentKind kind) {
  const auto row = std::ranges::find(kKinds, kind, &KindRow::kind);
  YUKUAI_CHECK(row != kKinds.end());
  return *row;
}

// Behind the 9 of a permanent residence stands the province that issued it, and no province is number 9x. So these numbers are
// nobody's: synthetic residents carry them as citizen numbers.
constexpr std::string_view kNobodys = "99";

// One person's number under two kinds would be two persons: the prefix must be the kind's own.
bool PrefixFits(DocumentKind kind, std::string_view number) {
  if (number.starts_with(kNobodys)) return kind == DocumentKind::kCitizenId;
  const std::string_view prefix = RowOf(kind).prefix;
  if (!prefix.empty()) return number.starts_with(prefix);
  return std::ranges::none_of(kKinds,
                              [number](const KindRow& row) { return !row.prefix.empty() && number.starts_with(row.prefix); });
}

}  // namespace

std::string_view KindText(DocumentKind kind) { return RowOf(kind).text; }

std::optional<DocumentKind> KindFromText(std::string_view text) {
  const auto row = std::ranges::find(kKinds, text, &KindRow::text);
  return row == kKinds.end() ? std::nullopt : std::optional(row->kind);
}

std::optional<DocumentKind> KindFromStored(uint8_t value) {
  const auto row =
      std::ranges::find_if(kKinds, [value](const KindRow& each) { return static_cast<uint8_t>(each.kind) == value; });
  return row == kKinds.end() ? std::nullopt : std::optional(row->kind);
}

Document::Document(const CitizenId& id) : Document(DocumentKind::kCitizenId, id) {}
Document::Document(DocumentKind kind, const CitizenId& id) : kind_(kind), number_(id.number()), birth_date_(id.birth_date()) {}

Result<Document> Document::Parse(std::string_view kind, std::string_view number, CivilDate today) {
  const auto known = KindFromText(kind);
  if (!known) return Fault(kDocumentKind);
  return Parse(*known, number, today);
}

Result<Document> Document::Parse(DocumentKind kind, std::string_view number, CivilDate today) {
  YUKUAI_ASSIGN(const CitizenId id, CitizenId::Parse(number, today));
  if (!PrefixFits(kind, id.number())) return Fault(kDocumentPrefix);
  return Document(kind, id);
}

}  // namespace yukuai::identifiers
