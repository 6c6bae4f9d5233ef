// SPDX-License-Identifier: Apache-2.0
// toml++ stays in this file; built without exceptions, so that a bad text is a value and not a throw.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include "formats/toml_document/toml_document.h"

#include <toml++/toml.h>

namespace yukuai::toml_document {
namespace {

Place PlaceOf(const ::toml::source_region& region) {
  return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

// Copies the tree and remembers the first value of a kind that is refused. As deep as toml++ nests (256).
class Copying {
 public:
  const std::optional<Problem>& problem() const { return problem_; }

  Table CopyTable(const ::toml::table& in) {
    Table out;
    for (const auto& [key, node] : in) { out.emplace(std::string(key.str()), Member{PlaceOf(key.source()), {CopyValue(node)}}); }
    return out;
  }

 private:
  Value CopyValue(const ::toml::node& in) {
    Value out{PlaceOf(in.source()), false};
    if (const auto* table = in.as_table()) {
      out.content = CopyTable(*table);
    } else if (const auto* array = in.as_array()) {
      Array elements;
      for (const ::toml::node& element : *array) elements.push_back(CopyValue(element));
      out.content = std::move(elements);
    } else if (const auto* text = in.as_string()) {
      out.content = text->get();
    } else if (const auto* number = in.as_integer()) {
      out.content = number->get();
    } else if (const auto* boolean = in.as_boolean()) {
      out.content = boolean->get();
    } else if (const auto* date = in.as_date()) {
      CopyDate(date->get(), out);
    } else {
      Refuse(out.place, "floating numbers and times of day are not used here; write a whole number, a date or a text");
    }
    return out;
  }
  void CopyDate(const ::toml::date& in, Value& out) {
    const CivilDate date{in.year, in.month, in.day};
    if (!IsValid(date)) Refuse(out.place, "no such date");
    out.content = date;
  }
  void Refuse(Place place, std::string message) {
    if (!problem_) problem_ = Problem{place, std::move(message)};
  }

  std::optional<Problem> problem_;
};

}  // namespace

std::string_view Value::KindName() const {
  if (AsBool() != nullptr) return "true or false";
  if (AsInteger() != nullptr) return "a whole number";
  if (AsString() != nullptr) return "a text";
  if (AsDate() != nullptr) return "a date";
  if (AsArray() != nullptr) return "a list";
  return "a table";
}

std::variant<Table, Problem> Read(std::string_view text) {
  if (text.size() > kTextBytesMax) return Problem{{}, "larger than " + std::to_string(kTextBytesMax) + " bytes"};
  const ::toml::parse_result parsed = ::toml::parse(text);
  if (!parsed) { return Problem{PlaceOf(parsed.error().source()), std::string(parsed.error().description())}; }
  Copying copying;
  Table root = copying.CopyTable(parsed.table());
  if (copying.problem()) return *copying.problem();
  return root;
}

}  // namespace yukuai::toml_document
