// SPDX-License-Identifier: Apache-2.0
// The door through which every document number enters, see document.h.
#include "formats/identifiers/document.h"

namespace yukuai::identifiers {

std::string_view KindText(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::kCitizenId: return "citizen_id";
  }
  YUKUAI_CHECK(false);
}

Document::Document(const CitizenId& id) : kind_(DocumentKind::kCitizenId), number_(id.number()), birth_date_(id.birth_date()) {}

Result<Document> Document::Parse(std::string_view kind, std::string_view number, CivilDate today) {
  if (kind != KindText(DocumentKind::kCitizenId)) return Fault(kDocumentKind);
  YUKUAI_ASSIGN(const CitizenId id, CitizenId::Parse(number, today));
  return Document(id);
}

}  // namespace yukuai::identifiers
