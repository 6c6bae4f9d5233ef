// SPDX-License-Identifier: Apache-2.0
#include "app/settings/settings.h"

#include <algorithm>
#include <functional>
#include <map>

#include "formats/toml_document/toml_document.h"

namespace yukuai::settings {
namespace {

using toml_document::Value;

// One key: how to take its value, or what to write instead.
using Take = std::function<std::optional<std::string>(const Value&)>;
using Table = std::map<std::string, Take>;

Take Text(std::string& target) {
  return [&target](const Value& node) -> std::optional<std::string> {
    const std::string* value = node.AsString();
    if (value == nullptr || value->empty()) return "write a text in quotes";
    target = *value;
    return std::nullopt;
  };
}

Take Digits(std::string& target, size_t count_min, size_t count_max) {
  return [&target, count_min, count_max](const Value& node) -> std::optional<std::string> {
    const std::string* value = node.AsString();
    const bool right = value != nullptr && value->size() >= count_min && value->size() <= count_max &&
                       std::ranges::all_of(*value, [](char c) { return c >= '0' && c <= '9'; });
    if (!right)
      return "write " + std::to_string(count_min) + (count_min == count_max ? "" : " to " + std::to_string(count_max)) +
             " digits in quotes";
    target = *value;
    return std::nullopt;
  };
}

std::optional<std::string> TakeNumber(const Value& node, int64_t low, int64_t high, int64_t& target) {
  const int64_t* value = node.AsInteger();
  if (value == nullptr || *value < low || *value > high)
    return "write a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  target = *value;
  return std::nullopt;
}

Take Number(int64_t& target, int64_t low, int64_t high) {
  return [&target, low, high](const Value& node) { return TakeNumber(node, low, high, target); };
}

Take Fen(Money& target, int64_t low, int64_t high) {
  return [&target, low, high](const Value& node) {
    int64_t fen = 0;
    auto wrong = TakeNumber(node, low, high, fen);
    if (!wrong) target = Money::Fen(fen);
    return wrong;
  };
}

template <typename Choice>
Take OneOf(Choice& target, std::map<std::string, Choice> choices) {
  return [&target, choices = std::move(choices)](const Value& node) -> std::optional<std::string> {
    const std::string* value = node.AsString();
    const auto choice = value != nullptr ? choices.find(*value) : choices.end();
    if (choice != choices.end()) {
      target = choice->second;
      return std::nullopt;
    }
    std::string names;
    for (const auto& [one, ignored] : choices) names += (names.empty() ? "write \"" : " or \"") + one + "\"";
    return names;
  };
}

// A name that SQL takes without quotes.
Take Name(std::string& target) {
  return [&target](const Value& node) -> std::optional<std::string> {
    const std::string* value = node.AsString();
    const bool right =
        value != nullptr && !value->empty() && value->size() <= 63 && value->front() >= 'a' && value->front() <= 'z' &&
        std::ranges::all_of(*value, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    if (!right) return "write a name of a-z, 0-9 and _";
    target = *value;
    return std::nullopt;
  };
}

Fault At(std::string_view name, const Value& node, const std::string& key, const std::string& remedy) {
  return Fault(kSettingsMalformed, std::string(name) + ":" + std::to_string(node.place.line) + ": " + key + ": " + remedy);
}

Result<void> TakeTable(std::string_view name, const std::string& prefix, const Value& node, const Table& known) {
  const toml_document::Table* table = node.AsTable();
  if (table == nullptr) return At(name, node, prefix, "write a table, [" + prefix + "]");
  for (const auto& [key, member] : *table) {
    const auto take = known.find(key);
    const std::string path = prefix + "." + key;
    if (take == known.end()) {
      std::string keys;
      for (const auto& [one, ignored] : known) keys += (keys.empty() ? "" : ", ") + one;
      return At(name, *member, path, "unknown key; known here: " + keys);
    }
    if (const auto wrong = take->second(*member)) return At(name, *member, path, *wrong);
  }
  return {};
}

Result<std::vector<ClearingGroup>> TakeGroups(std::string_view name, const Value& node) {
  const toml_document::Array* array = node.AsArray();
  if (array == nullptr || array->empty() || array->size() > 64) {
    return At(name, node, "clearing_group", "write 1 to 64 tables [[clearing_group]]");
  }
  std::vector<ClearingGroup> groups;
  for (const Value& one : *array) {
    ClearingGroup group;
    int64_t number = 0;
    YUKUAI_TRY(
        TakeTable(name, "clearing_group", one,
                  {{"number", Number(number, 1, 999)}, {"name_zh", Text(group.name_zh)}, {"name_en", Text(group.name_en)}}));
    if (number == 0) return At(name, one, "clearing_group.number", "write a whole number from 1 to 999");
    group.number = static_cast<uint16_t>(number);
    if (std::ranges::any_of(groups, [&](const ClearingGroup& other) { return other.number == group.number; })) {
      return At(name, one, "clearing_group.number", "each number once");
    }
    groups.push_back(group);
  }
  return groups;
}

}  // namespace

bool DifferOnlyInFiles(Settings now, const Settings& next) {
  now.server.tls_certificate = next.server.tls_certificate;
  now.server.tls_key = next.server.tls_key;
  now.paths.pages = next.paths.pages;
  return now == next;
}

Result<Settings> Parse(std::string_view toml_text, std::string_view name) {
  using Storage = Settings::Storage;
  Settings s;
  const std::map<std::string, Table> tables = {
      {"server",
       {{"address", Text(s.server.address)},
        {"port", Number(s.server.port, 0, 65535)},
        {"admin_address", Text(s.server.admin_address)},
        {"admin_port", Number(s.server.admin_port, 0, 65535)},
        {"url", Text(s.server.url)},
        {"tls_certificate", Text(s.server.tls_certificate)},
        {"tls_key", Text(s.server.tls_key)},
        {"threads", Number(s.server.threads, 1, 256)}}},
      {"city", {{"name_zh", Text(s.city.name_zh)}, {"name_en", Text(s.city.name_en)}}},
      {"issuer",
       {{"institution", Digits(s.issuer.institution, 8, 8)},
        {"issuer", Digits(s.issuer.issuer, 8, 8)},
        {"platform", Digits(s.issuer.platform, 8, 8)},
        {"root_index", Number(s.issuer.root_index, 0, 255)},
        {"card_prefix", Digits(s.issuer.card_prefix, 1, 12)},
        {"person_capacity", Number(s.issuer.person_capacity, 1024, 1LL << 40)},
        {"amount_cap_fen", Fen(s.issuer.amount_cap, 1, 0xFFFFFF)},
        {"validity_seconds", Number(s.issuer.validity_seconds, 10, 1200)},
        {"refresh_seconds", Number(s.issuer.refresh_seconds, 5, 600)},
        {"profile", Text(s.issuer.profile)}}},
      {"service_day",
       {{"ends_at_hour", Number(s.service_day.ends_at_hour, 0, 12)},
        {"longest_journey_hours", Number(s.service_day.longest_journey_hours, 1, 8)}}},
      {"paths", {{"scenes", Text(s.paths.scenes)}, {"pages", Text(s.paths.pages)}, {"seal_file", Text(s.paths.seal_file)}}},
      {"storage",
       {{"engine", OneOf<Storage::Engine>(s.storage.engine,
                                          {{"sqlite", Storage::Engine::kSqlite}, {"postgres", Storage::Engine::kPostgres}})},
        {"conninfo", Text(s.storage.conninfo)},
        {"schema", Name(s.storage.schema)},
        {"isolation", OneOf<Storage::Isolation>(s.storage.isolation, {{"read_committed", Storage::Isolation::kReadCommitted},
                                                                      {"serializable", Storage::Isolation::kSerializable}})},
        {"readers", Number(s.storage.readers, 2, 1000)},
        {"answer_ms", Number(s.storage.answer_ms, 0, 600'000)},
        {"wait_ms", Number(s.storage.wait_ms, 0, 600'000)}}},
  };
  const auto read = toml_document::Read(toml_text);
  if (const auto* problem = std::get_if<toml_document::Problem>(&read)) {
    return Fault(kSettingsMalformed, std::string(name) + ":" + std::to_string(problem->place.line) + ": " + problem->message);
  }
  for (const auto& [section, member] : std::get<toml_document::Table>(read)) {
    if (section == "clearing_group") {
      YUKUAI_ASSIGN(s.clearing_groups, TakeGroups(name, *member));
      continue;
    }
    const auto table = tables.find(section);
    if (table == tables.end()) {
      return At(name, *member, section,
                "unknown section; known: city, clearing_group, issuer, paths, server, service_day, storage");
    }
    YUKUAI_TRY(TakeTable(name, section, *member, table->second));
  }
  if (s.server.tls_certificate.empty() != s.server.tls_key.empty()) {
    return Fault(kSettingsMalformed,
                 std::string(name) + ": server.tls_certificate and server.tls_key belong together: write both or none");
  }
  if ((s.storage.engine == Storage::Engine::kPostgres) != !s.storage.conninfo.empty()) {
    return Fault(kSettingsMalformed,
                 std::string(name) + ": storage.engine = \"postgres\" and storage.conninfo belong together: write both or none");
  }
  if (s.issuer.refresh_seconds >= s.issuer.validity_seconds) {
    return Fault(kSettingsMalformed, std::string(name) + ": issuer.refresh_seconds must be less than issuer.validity_seconds");
  }
  return s;
}

}  // namespace yukuai::settings
