// SPDX-License-Identifier: Apache-2.0
// JSON in and out of a terminal's configuration. Boost.JSON stays in this file.
#include "formats/terminal_config/terminal_config.h"

#include <algorithm>
#include <boost/json.hpp>

namespace yukuai::terminal_config {
namespace {

namespace json = boost::json;

constexpr size_t kDepthMax = 4;  // A configuration nests three deep.

constexpr std::pair<Directions, std::string_view> kDirectionNames[] = {
    {Directions::kIn, "in"}, {Directions::kOut, "out"}, {Directions::kBoth, "both"}};

std::string MonthText(code::CertificateMonth month) {
  return std::to_string(month.year) + (month.month < 10 ? "-0" : "-") + std::to_string(month.month);
}

std::optional<code::CertificateMonth> MonthNamed(std::string_view text) {
  const auto date = ParseDate(std::string(text) + "-01");
  // The certificate's own field has two digits for the year, all of this century.
  if (!date || date->year < 2000 || date->year > 2099) return std::nullopt;
  return code::CertificateMonth{date->year, date->month};
}

// Remembers the first thing that does not fit and goes on with empty values, so that reading needs no check at each step.
class Reading {
 public:
  bool ok() const { return trouble_.empty(); }
  const std::string& trouble() const { return trouble_; }
  void Need(bool condition, std::string_view key) {
    if (!condition && ok()) trouble_ = key;
  }
  const json::object& Object(const json::value* value, std::string_view key) {
    const json::object* object = value == nullptr ? nullptr : value->if_object();
    Need(object != nullptr, key);
    return object == nullptr ? empty_object_ : *object;
  }
  const json::array& Array(const json::object& in, std::string_view key) {
    const json::value* value = in.if_contains(key);
    const json::array* array = value == nullptr ? nullptr : value->if_array();
    Need(array != nullptr, key);
    return array == nullptr ? empty_array_ : *array;
  }
  std::string String(const json::object& in, std::string_view key) {
    const json::value* value = in.if_contains(key);
    const json::string* text = value == nullptr ? nullptr : value->if_string();
    Need(text != nullptr, key);
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
  }
  int64_t Integer(const json::object& in, std::string_view key, scene_file::Range range) {
    const json::value* value = in.if_contains(key);
    const int64_t* number = value == nullptr ? nullptr : value->if_int64();
    const bool good = number != nullptr && range.Holds(*number);
    Need(good, key);
    return good ? *number : range.min;
  }
  sm2::CompressedKey Key(const json::object& in, std::string_view key) {
    const auto bytes = FromHex(String(in, key));
    const auto point = bytes ? sm2::PublicKey::Parse(*bytes) : std::nullopt;
    Need(point.has_value(), key);
    return point ? point->compressed() : sm2::CompressedKey{};
  }

 private:
  std::string trouble_;
  json::object empty_object_;
  json::array empty_array_;
};

RootKey ReadRootKey(Reading& reading, const json::object& in) {
  RootKey root;
  root.index = static_cast<uint8_t>(reading.Integer(in, "index", {0, 255}));
  root.key = reading.Key(in, "key");
  if (in.contains("expiry")) {
    root.expiry = MonthNamed(reading.String(in, "expiry"));
    reading.Need(root.expiry.has_value(), "expiry");
  }
  return root;
}

TerminalConfig ReadConfig(Reading& reading, const json::value& value) {
  TerminalConfig config;
  const json::object& in = reading.Object(&value, "config");
  const auto terminal = TerminalId::Parse(reading.String(in, "terminal"));
  reading.Need(terminal.has_value(), "terminal");
  config.terminal = terminal.value_or(TerminalId());
  const json::object& city = reading.Object(in.if_contains("city"), "city");
  config.city = {reading.String(city, "zh"), reading.String(city, "en")};
  reading.Need(scene_file::IsText(config.city), "city");
  for (const json::value& element : reading.Array(in, "root_keys")) {
    const RootKey root = ReadRootKey(reading, reading.Object(&element, "root_keys"));
    const bool ascends = config.root_keys.empty() || config.root_keys.back().index < root.index;
    reading.Need(ascends && config.root_keys.size() < kRootKeyCountMax, "root_keys");
    if (!reading.ok()) break;
    config.root_keys.push_back(root);
  }
  reading.Need(!config.root_keys.empty(), "root_keys");
  config.profile = reading.String(in, "profile");
  reading.Need(reading.ok() && code::ParseProfile(config.profile).ok(), "profile");
  config.list_key = reading.Key(in, "list_key");
  config.rules_key = reading.Key(in, "rules_key");
  config.clearing_group = static_cast<uint16_t>(reading.Integer(in, "clearing_group", scene_file::kClearingGroupRange));
  config.scene = reading.String(in, "scene");
  reading.Need(scene_file::IsSceneId(config.scene), "scene");
  config.point = reading.String(in, "point");
  reading.Need(scene_file::IsPoint(config.point), "point");
  const std::string directions = reading.String(in, "directions");
  const auto* named = std::ranges::find(kDirectionNames, directions, [](const auto& entry) { return entry.second; });
  reading.Need(named != std::end(kDirectionNames), "directions");
  if (named != std::end(kDirectionNames)) config.directions = named->first;
  config.clock_skew_seconds = reading.Integer(in, "clock_skew_seconds", kSkewSecondsRange);
  return config;
}

}  // namespace

std::string Emit(const TerminalConfig& config) {
  // Written with their keys ascending: Boost.JSON keeps the order of insertion.
  json::array roots;
  for (const RootKey& root : config.root_keys) {
    json::object out;
    if (root.expiry) out["expiry"] = MonthText(*root.expiry);
    out["index"] = root.index;
    out["key"] = ToHex(root.key);
    roots.push_back(std::move(out));
  }
  const auto* named = std::ranges::find(kDirectionNames, config.directions, [](const auto& entry) { return entry.first; });
  return json::serialize(json::object{{"city", json::object{{"en", config.city.en}, {"zh", config.city.zh}}},
                                      {"clearing_group", config.clearing_group},
                                      {"clock_skew_seconds", config.clock_skew_seconds},
                                      {"directions", json::string(named->second)},
                                      {"list_key", ToHex(config.list_key)},
                                      {"point", config.point},
                                      {"profile", config.profile},
                                      {"root_keys", std::move(roots)},
                                      {"rules_key", ToHex(config.rules_key)},
                                      {"scene", config.scene},
                                      {"terminal", config.terminal.Text()}});
}

Result<TerminalConfig> Parse(std::string_view body) {
  if (body.size() > kBodyBytesMax) return Fault(kConfigMalformed, "longer than a configuration may be");
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code error;
  const json::value value = json::parse(body, error, {}, options);
  if (error) return Fault(kConfigMalformed, error.message());
  Reading reading;
  TerminalConfig config = ReadConfig(reading, value);
  if (!reading.ok()) return Fault(kConfigMalformed, reading.trouble());
  if (Emit(config) != body) return Fault(kConfigNotCanonical);
  return config;
}

code::RootKeys MakeRoots(const TerminalConfig& config) {
  std::vector<code::RootKey> roots;
  for (const RootKey& root : config.root_keys) { roots.push_back({root.index, *sm2::PublicKey::Parse(root.key), root.expiry}); }
  return code::RootKeys::ByIndex(std::move(roots));
}

}  // namespace yukuai::terminal_config
