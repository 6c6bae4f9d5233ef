// SPDX-License-Identifier: Apache-2.0
// Any text gives a table, of values that know their kind and their line, or a problem; never anything else.
#include "base/result/check.h"
#include "formats/toml_document/toml_document.h"

namespace {

using yukuai::toml_document::Table;
using yukuai::toml_document::Value;

void Visit(const Value& value) {
  YUKUAI_CHECK(!value.KindName().empty());
  if (const auto* array = value.AsArray()) {
    for (const Value& element : *array) Visit(element);
  }
  if (const Table* table = value.AsTable()) {
    for (const auto& [key, member] : *table) {
      YUKUAI_CHECK(member.place.line > 0);
      Visit(*member);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = yukuai::toml_document::Read({reinterpret_cast<const char*>(data), size});
  if (const auto* problem = std::get_if<yukuai::toml_document::Problem>(&read)) YUKUAI_CHECK(!problem->message.empty());
  if (const auto* table = std::get_if<Table>(&read)) {
    for (const auto& [key, member] : *table) Visit(*member);
  }
  return 0;
}
