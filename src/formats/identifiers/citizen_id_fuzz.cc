// SPDX-License-Identifier: Apache-2.0
// Any text as a citizen's number: it is refused, or it reads back as itself.
#include <cstdint>

#include "formats/identifiers/citizen_id.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using yukuai::identifiers::CitizenId;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const yukuai::CivilDate today{2026, 3, 1};
  const auto id = CitizenId::Parse(text, today);
  if (!id.ok()) return 0;
  YUKUAI_CHECK(CitizenId::Parse(id->number(), today).ok());
  YUKUAI_CHECK(yukuai::IsValid(id->birth_date()));
  const int sequence = std::stoi(id->number().substr(14, 3));
  YUKUAI_CHECK(CitizenId::Make(id->number().substr(0, 6), id->birth_date(), sequence).number() == id->number());
  YUKUAI_CHECK((id->sex() == yukuai::identifiers::Sex::kMale) == (sequence % 2 == 1));
  return 0;
}
