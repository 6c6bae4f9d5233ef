// SPDX-License-Identifier: Apache-2.0
// A TOML text as a tree of values that know where they stood, so that whoever reads it can say line and column. Wraps
// toml++; nothing of it shows. Times and floating numbers are refused: no file of this project means one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time/time.h"

namespace yukuai::toml_document {

inline constexpr size_t kTextBytesMax = size_t{4} << 20;

struct Place {
  int line = 0;    // From 1; 0 when there is none.
  int column = 0;  // From 1, in characters.
};

struct Value;
struct Member {
  Place place;               // Of the key.
  std::vector<Value> value;  // Exactly one; a vector because a Value may hold Members.
  const Value& operator*() const { return value.front(); }
};
using Table = std::map<std::string, Member, std::less<>>;
using Array = std::vector<Value>;

struct Value {
  Place place;
  std::variant<bool, int64_t, std::string, CivilDate, Array, Table> content;

  const bool* AsBool() const { return std::get_if<bool>(&content); }
  const int64_t* AsInteger() const { return std::get_if<int64_t>(&content); }
  const std::string* AsString() const { return std::get_if<std::string>(&content); }
  const CivilDate* AsDate() const { return std::get_if<CivilDate>(&content); }
  const Array* AsArray() const { return std::get_if<Array>(&content); }
  const Table* AsTable() const { return std::get_if<Table>(&content); }
  std::string_view KindName() const;  // "a whole number", "a text" …: for messages.
};

struct Problem {
  Place place;
  std::string message;
};

// The root table, or the first problem.
std::variant<Table, Problem> Read(std::string_view text);

}  // namespace yukuai::toml_document
