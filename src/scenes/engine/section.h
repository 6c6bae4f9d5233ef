// SPDX-License-Identifier: Apache-2.0
// Reads the keys of one TOML table into values, and collects what is wrong with file, line and what to write instead. Each
// reading function names a key that may be there; Finish reports all others. After a problem a harmless value is returned, so
// that a reader goes on and the author sees every problem at once.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/money/money.h"
#include "formats/scene_file/scene_file.h"
#include "formats/toml_document/toml_document.h"
#include "scenes/engine/engine.h"

namespace yukuai::engine {

// Where problems go; names the file they are in.
struct Report {
  std::string file;
  std::vector<Problem>* problems;
  void Add(int line, std::string message, std::string instead) const {
    problems->push_back({file, line, std::move(message), std::move(instead)});
  }
};

// The known word nearest to what was written, or all of them: "write `table`", "write one of `a`, `b`".
std::string Suggestion(std::string_view written, const std::vector<std::string>& known);

// A list's element with its line.
struct Item {
  std::string text;
  int line = 0;
};

class Section {
 public:
  // `name` as a person writes it ("[fare]"; empty for the root). The table must outlive the section.
  Section(Report report, const toml_document::Table& table, std::string name, int line)
      : report_(std::move(report)), table_(&table), name_(std::move(name)), line_(line) {}

  int LineOf(std::string_view key) const;  // Of the key if it is there, else of the section.
  const Report& report() const { return report_; }

  std::string Text(const std::string& key);  // Required, not empty.
  std::string OneOf(const std::string& key, const std::vector<std::string>& known);
  std::string OptionalOneOf(const std::string& key, const std::vector<std::string>& known, const std::string& otherwise);
  int64_t Integer(const std::string& key, scene_file::Range range);
  Money Price(const std::string& key, scene_file::Range range) { return Money::Fen(Integer(key, range)); }
  std::optional<int64_t> OptionalInteger(const std::string& key, scene_file::Range range);
  bool Boolean(const std::string& key);
  CivilDate Date(const std::string& key);
  scene_file::Text Bilingual(const std::string& key);                                      // { zh = "…", en = "…" }
  std::vector<Item> Words(const std::string& key, const std::vector<std::string>& known);  // At least one, none twice.
  std::vector<Item> OptionalWords(const std::string& key, const std::vector<std::string>& known);
  std::optional<Section> Table(const std::string& key);  // Required.
  std::optional<Section> OptionalTable(const std::string& key);
  std::vector<Section> Tables(const std::string& key);  // [[key]], at least one.
  std::vector<Item> Keys() const;                       // Of a table whose keys are names; marks them as known.
  void Finish();                                        // Reports keys nobody asked for.

 private:
  const toml_document::Value* Find(const std::string& key, std::string_view example, bool required);
  void WrongKind(const std::string& key, const toml_document::Value& value, std::string_view example);
  std::vector<Item> ReadWords(const std::string& key, const std::vector<std::string>& known, bool required);

  Report report_;
  const toml_document::Table* table_;
  std::string name_;
  int line_;
  mutable std::set<std::string, std::less<>> asked_;
};

}  // namespace yukuai::engine
