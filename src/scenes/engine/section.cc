// SPDX-License-Identifier: Apache-2.0
#include "scenes/engine/section.h"

#include <algorithm>

namespace yukuai::engine {
namespace {

constexpr size_t kSuggestionDistanceMax = 3;
constexpr size_t kSuggestionBytesMax = 64;  // Nobody misspells a longer word into one of ours.

std::string Quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

// Letters to insert, remove or change to make one word of the other.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Suggestion(std::string_view written, const std::vector<std::string>& known) {
  const std::string* nearest = nullptr;
  size_t distance = kSuggestionDistanceMax + 1;
  for (const std::string& word : known) {
    if (written.size() > kSuggestionBytesMax) break;
    const size_t here = EditDistance(written, word);
    if (here < distance && here < word.size()) {
      distance = here;
      nearest = &word;
    }
  }
  if (nearest != nullptr) return "write " + Quoted(*nearest);
  if (known.empty()) return "remove it";
  std::string all;
  for (const std::string& word : known) all += (all.empty() ? "" : ", ") + Quoted(word);
  return known.size() == 1 ? "write " + all : "write one of " + all;
}

int Section::LineOf(std::string_view key) const {
  const auto found = table_->find(key);
  return found == table_->end() ? line_ : found->second.place.line;
}

const toml_document::Value* Section::Find(const std::string& key, std::string_view example, bool required) {
  asked_.insert(key);
  const auto found = table_->find(key);
  if (found != table_->end()) return &*found->second;
  if (required) {
    const std::string where = name_.empty() ? "" : " in " + name_;
    report_.Add(line_, "missing key " + Quoted(key) + where, "write " + Quoted(key + " = " + std::string(example)));
  }
  return nullptr;
}

void Section::WrongKind(const std::string& key, const toml_document::Value& value, std::string_view example) {
  report_.Add(value.place.line, Quoted(key) + " is " + std::string(value.KindName()),
              "write " + Quoted(key + " = " + std::string(example)));
}

std::string Section::Text(const std::string& key) {
  const auto* value = Find(key, "\"…\"", true);
  if (value == nullptr) return {};
  const std::string* text = value->AsString();
  if (text == nullptr || !scene_file::IsText({*text, *text})) {
    WrongKind(key, *value, "\"…\"");
    if (text != nullptr) report_.problems->back().message = Quoted(key) + " is empty, too long or has control characters";
    return {};
  }
  return *text;
}

std::string Section::OneOf(const std::string& key, const std::vector<std::string>& known) {
  std::string text = Text(key);
  if (text.empty() || std::find(known.begin(), known.end(), text) != known.end()) return text;
  report_.Add(LineOf(key), "unknown value " + Quoted(text) + " of " + Quoted(key), Suggestion(text, known));
  return {};
}

std::string Section::OptionalOneOf(const std::string& key, const std::vector<std::string>& known, const std::string& otherwise) {
  if (table_->contains(key)) return OneOf(key, known);
  asked_.insert(key);
  return otherwise;
}

std::optional<int64_t> Section::OptionalInteger(const std::string& key, scene_file::Range range) {
  const auto found = table_->find(key);
  if (found == table_->end()) {
    asked_.insert(key);
    return std::nullopt;
  }
  return Integer(key, range);
}

int64_t Section::Integer(const std::string& key, scene_file::Range range) {
  const std::string example = std::to_string(range.min) + ".." + std::to_string(range.max);
  const auto* value = Find(key, "<" + example + ">", true);
  if (value == nullptr) return range.min;
  const int64_t* number = value->AsInteger();
  if (number == nullptr) {
    WrongKind(key, *value, "<" + example + ">");
    return range.min;
  }
  if (range.Holds(*number)) return *number;
  report_.Add(value->place.line, Quoted(key) + " = " + std::to_string(*number) + " is out of range",
              "write a number in " + example);
  return std::clamp(*number, range.min, range.max);
}

bool Section::Boolean(const std::string& key) {
  const auto* value = Find(key, "true", true);
  if (value == nullptr) return false;
  if (const bool* boolean = value->AsBool()) return *boolean;
  WrongKind(key, *value, "true");
  return true;  // As in every example; a wrong guess would only add problems that are none.
}

CivilDate Section::Date(const std::string& key) {
  const auto* value = Find(key, "2026-03-01", true);
  if (value == nullptr) return {};
  if (const CivilDate* date = value->AsDate()) return *date;
  WrongKind(key, *value, "2026-03-01");
  return {};
}

scene_file::Text Section::Bilingual(const std::string& key) {
  constexpr std::string_view kExample = "{ zh = \"…\", en = \"…\" }";
  const auto* value = Find(key, kExample, true);
  if (value == nullptr) return {};
  const toml_document::Table* table = value->AsTable();
  if (table == nullptr) {
    WrongKind(key, *value, kExample);
    return {};
  }
  Section section(report_, *table, Quoted(key), value->place.line);
  scene_file::Text text{section.Text("zh"), section.Text("en")};
  section.Finish();
  return text;
}

std::vector<Item> Section::Words(const std::string& key, const std::vector<std::string>& known) {
  return ReadWords(key, known, true);
}

std::vector<Item> Section::OptionalWords(const std::string& key, const std::vector<std::string>& known) {
  return ReadWords(key, known, false);
}

std::vector<Item> Section::ReadWords(const std::string& key, const std::vector<std::string>& known, bool required) {
  const std::string example = "[\"" + (known.empty() ? std::string("…") : known.front()) + "\"]";
  const auto* value = Find(key, example, required);
  if (value == nullptr) return {};
  const toml_document::Array* array = value->AsArray();
  if (array == nullptr || (required && array->empty())) {
    WrongKind(key, *value, example);
    if (array != nullptr) report_.problems->back().message = Quoted(key) + " is empty";
    return {};
  }
  std::vector<Item> items;
  for (const toml_document::Value& element : *array) {
    const std::string* text = element.AsString();
    if (text == nullptr) {
      WrongKind(key, element, example);
    } else if (std::find(known.begin(), known.end(), *text) == known.end()) {
      report_.Add(element.place.line, "unknown value " + Quoted(*text) + " in " + Quoted(key), Suggestion(*text, known));
    } else if (std::any_of(items.begin(), items.end(), [&](const Item& item) { return item.text == *text; })) {
      report_.Add(element.place.line, Quoted(*text) + " twice in " + Quoted(key), "remove one");
    } else {
      items.push_back({*text, element.place.line});
    }
  }
  return items;
}

std::optional<Section> Section::OptionalTable(const std::string& key) {
  const auto* value = Find(key, "", false);
  if (value == nullptr) return std::nullopt;
  if (const toml_document::Table* table = value->AsTable()) return Section(report_, *table, "[" + key + "]", value->place.line);
  report_.Add(value->place.line, Quoted(key) + " is " + std::string(value->KindName()),
              "write " + Quoted("[" + key + "]") + " and its keys below");
  return std::nullopt;
}

std::optional<Section> Section::Table(const std::string& key) {
  if (!table_->contains(key)) {
    asked_.insert(key);
    report_.Add(line_, "missing section " + Quoted("[" + key + "]"), "write " + Quoted("[" + key + "]") + " and its keys below");
    return std::nullopt;
  }
  return OptionalTable(key);
}

std::vector<Section> Section::Tables(const std::string& key) {
  const std::string heading = Quoted("[[" + key + "]]");
  asked_.insert(key);
  const auto found = table_->find(key);
  const toml_document::Array* array = found == table_->end() ? nullptr : (*found->second).AsArray();
  if (array == nullptr || array->empty()) {
    report_.Add(LineOf(key), "no " + heading, "write " + heading + " and its keys below, once for each");
    return {};
  }
  std::vector<Section> sections;
  for (const toml_document::Value& element : *array) {
    if (const toml_document::Table* table = element.AsTable()) {
      sections.emplace_back(report_, *table, "[[" + key + "]]", element.place.line);
    } else {
      report_.Add(element.place.line, Quoted(key) + " holds " + std::string(element.KindName()), "write " + heading);
    }
  }
  return sections;
}

std::vector<Item> Section::Keys() const {
  std::vector<Item> keys;
  for (const auto& [key, member] : *table_) {
    keys.push_back({key, member.place.line});
    asked_.insert(key);
  }
  return keys;
}

void Section::Finish() {
  for (const auto& [key, member] : *table_) {
    if (asked_.contains(key)) continue;
    std::vector<std::string> known;
    for (const std::string& asked : asked_) {
      if (!table_->contains(asked)) known.push_back(asked);  // A key that is there already is not what was meant.
    }
    const std::string where = name_.empty() ? "" : " in " + name_;
    report_.Add(member.place.line, "unknown key " + Quoted(key) + where, Suggestion(key, known));
  }
}

}  // namespace yukuai::engine
