// SPDX-License-Identifier: Apache-2.0
// Any bytes as a document and as a name: first byte the kind, the rest the number or name. A document that is read reads back
// as itself; a masked text is never longer than the text, and hides all but two characters.
#include <cstdint>

#include "formats/identifiers/citizen_id.h"
#include "formats/identifiers/document.h"
#include "formats/identifiers/masking.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const CivilDate today{2026, 3, 1};
  if (const auto kind = identifiers::KindFromStored(data[0])) {
    YUKUAI_CHECK(identifiers::KindFromText(identifiers::KindText(*kind)) == kind);
    const auto document = identifiers::Document::Parse(identifiers::KindText(*kind), text, today);
    if (document.ok()) {
      YUKUAI_CHECK(*identifiers::Document::Parse(*kind, document->number(), today) == *document);
      const auto number = identifiers::CitizenId::Parse(text, today);
      YUKUAI_CHECK((identifiers::Document(*number) == *document) == (*kind == identifiers::DocumentKind::kCitizenId));
    }
  }
  YUKUAI_CHECK(identifiers::MaskedName(text).size() <= text.size() + 1);
  YUKUAI_CHECK(identifiers::MaskedNumber(text).size() == text.size());
  return 0;
}
