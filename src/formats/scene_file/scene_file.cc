// SPDX-License-Identifier: Apache-2.0
// JSON in and out of a scene file. Boost.JSON stays in this file.
#include "formats/scene_file/scene_file.h"

#include <algorithm>
#include <boost/json.hpp>

namespace yukuai::scene_file {
namespace {

namespace json = boost::json;

constexpr size_t kDepthMax = 12;  // A scene file nests six deep.

// ---- Writing --------------------------------------------------------------------------------------------------------------

json::object FromText(const Text& text) { return {{"en", text.en}, {"zh", text.zh}}; }

json::object FromOffline(const Offline& offline) {
  json::object out{{"allowed", offline.allowed},
                   {"list_age_max_hours", offline.list_age_max_hours},
                   {"loss_max_fen", offline.loss_max.fen()},
                   {"loss_total_max_fen", offline.loss_total_max.fen()}};
  if (offline.stale_accept_below) out["stale_accept_below_fen"] = offline.stale_accept_below->fen();
  return out;
}

json::object FromFare(const Fare& fare) {
  json::array stations, segments, bands;
  for (const Station& station : fare.stations) {
    stations.push_back(json::object{{"code", station.code}, {"en", station.name.en}, {"zh", station.name.zh}});
  }
  for (const Segment& segment : fare.segments) {
    segments.push_back(json::object{{"from", segment.from}, {"metres", segment.metres}, {"to", segment.to}});
  }
  for (const Band& band : fare.bands) {
    json::object out{{"price_fen", band.price.fen()}};
    if (band.up_to_metres) out["up_to_metres"] = *band.up_to_metres;
    bands.push_back(std::move(out));
  }
  json::object concessions;
  for (const auto& [name, percent] : fare.concessions) concessions[name] = percent;
  return {{"bands", std::move(bands)},
          {"concessions", std::move(concessions)},
          {"daily_cap_fen", fare.daily_cap.fen()},
          {"duplicate_seconds", fare.duplicate_seconds},
          {"incomplete_price_fen", fare.incomplete_price.fen()},
          {"journey_max_minutes", fare.journey_max_minutes},
          {"same_station_free_minutes", fare.same_station_free_minutes},
          {"segments", std::move(segments)},
          {"settle_after_hours", fare.settle_after_hours},
          {"stations", std::move(stations)}};
}

json::object FromVersion(const Version& version) {
  json::array carriers, rules;
  for (const Carrier carrier : version.carriers) carriers.push_back(json::string(CarrierName(carrier)));
  for (const std::string& rule : version.rules) rules.push_back(json::string(rule));
  json::object refusals;
  for (const auto& [slug, text] : version.refusals) refusals[slug] = FromText(text);
  json::object out{{"carriers", std::move(carriers)}, {"number", version.number},  {"offline", FromOffline(version.offline)},
                   {"refusals", std::move(refusals)}, {"rules", std::move(rules)}, {"since", ToText(version.since)}};
  if (version.fare) out["fare"] = FromFare(*version.fare);
  return out;
}

json::value SortedKeys(const json::value& value) {
  if (const json::array* array = value.if_array()) {
    json::array out;
    for (const json::value& element : *array) out.push_back(SortedKeys(element));
    return out;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return value;
  std::vector<std::string_view> keys;
  for (const auto& member : *object) keys.emplace_back(member.key().data(), member.key().size());
  std::sort(keys.begin(), keys.end());
  json::object out;
  for (const std::string_view key : keys) out[key] = SortedKeys(*object->if_contains(key));
  return out;
}

// ---- Reading --------------------------------------------------------------------------------------------------------------

// Remembers the first thing that does not fit and goes on with empty values, so that reading needs no check at each step.
class Reading {
 public:
  bool ok() const { return detail_.empty(); }
  const std::string& detail() const { return detail_; }
  void Fail(std::string_view key, std::string_view what) {
    if (ok()) detail_ = std::string(key) + ": " + std::string(what);
  }
  void Need(bool condition, std::string_view key, std::string_view what) {
    if (!condition) Fail(key, what);
  }

  const json::value* Find(const json::object& in, std::string_view key) {
    const json::value* value = in.if_contains(key);
    if (value == nullptr) Fail(key, "missing");
    return value;
  }
  const json::object& Object(const json::value* value, std::string_view key) {
    const json::object* object = value == nullptr ? nullptr : value->if_object();
    if (object != nullptr) return *object;
    Fail(key, "not an object");
    return empty_object_;
  }
  const json::object& Object(const json::object& in, std::string_view key) { return Object(Find(in, key), key); }
  const json::array& Array(const json::object& in, std::string_view key, size_t count_max) {
    const json::value* value = Find(in, key);
    const json::array* array = value == nullptr ? nullptr : value->if_array();
    if (array == nullptr) {
      Fail(key, "not an array");
    } else if (array->size() > count_max) {
      Fail(key, "too many");
    } else {
      return *array;
    }
    return empty_array_;
  }
  int64_t Integer(const json::value& value, std::string_view key, Range range) {
    const int64_t* number = value.if_int64();
    if (number != nullptr && range.Holds(*number)) return *number;
    Fail(key, "not a whole number within its range");
    return range.min;
  }
  int64_t Integer(const json::object& in, std::string_view key, Range range) {
    const json::value* value = Find(in, key);
    return value == nullptr ? range.min : Integer(*value, key, range);
  }
  Money Price(const json::object& in, std::string_view key, Range range) { return Money::Fen(Integer(in, key, range)); }
  std::string String(const json::value* value, std::string_view key) {
    const json::string* string = value == nullptr ? nullptr : value->if_string();
    if (string != nullptr) return std::string(string->data(), string->size());
    Fail(key, "not a string");
    return {};
  }
  std::string String(const json::object& in, std::string_view key) { return String(Find(in, key), key); }
  bool Boolean(const json::object& in, std::string_view key) {
    const json::value* value = Find(in, key);
    const bool* boolean = value == nullptr ? nullptr : value->if_bool();
    if (boolean != nullptr) return *boolean;
    Fail(key, "not true or false");
    return false;
  }
  Text ReadText(const json::object& in, std::string_view key) {
    Text text{String(in, "zh"), String(in, "en")};
    Need(IsText(text), key, "not a text in both languages");
    return text;
  }

 private:
  std::string detail_;
  json::object empty_object_;
  json::array empty_array_;
};

Offline ReadOffline(Reading& reading, const json::object& in) {
  Offline offline;
  offline.allowed = reading.Boolean(in, "allowed");
  offline.list_age_max_hours = reading.Integer(in, "list_age_max_hours", kListAgeHoursRange);
  offline.loss_max = reading.Price(in, "loss_max_fen", kLossFenRange);
  offline.loss_total_max = reading.Price(in, "loss_total_max_fen", kLossFenRange);
  if (in.contains("stale_accept_below_fen")) {
    offline.stale_accept_below = reading.Price(in, "stale_accept_below_fen", kPriceFenRange);
  }
  return offline;
}

Band ReadBand(Reading& reading, const json::object& in) {
  Band band;
  band.price = reading.Price(in, "price_fen", kPriceFenRange);
  if (in.contains("up_to_metres")) {
    band.up_to_metres = static_cast<uint32_t>(reading.Integer(in, "up_to_metres", kMetresRange));
  }
  return band;
}

Fare ReadFare(Reading& reading, const json::object& in) {
  Fare fare;
  for (const json::value& element : reading.Array(in, "stations", kStationCountMax)) {
    const json::object& station = reading.Object(&element, "stations");
    fare.stations.push_back({reading.String(station, "code"), reading.ReadText(station, "stations")});
    reading.Need(IsPoint(fare.stations.back().code), "code", "not the name of a point");
  }
  reading.Need(!fare.stations.empty(), "stations", "none");
  const Range places{0, static_cast<int64_t>(fare.stations.size()) - 1};
  for (const json::value& element : reading.Array(in, "segments", kSegmentCountMax)) {
    const json::object& segment = reading.Object(&element, "segments");
    fare.segments.push_back({static_cast<uint16_t>(reading.Integer(segment, "from", places)),
                             static_cast<uint16_t>(reading.Integer(segment, "to", places)),
                             static_cast<uint32_t>(reading.Integer(segment, "metres", kMetresRange))});
  }
  for (const json::value& element : reading.Array(in, "bands", kBandCountMax)) {
    fare.bands.push_back(ReadBand(reading, reading.Object(&element, "bands")));
  }
  for (const auto& member : reading.Object(in, "concessions")) {
    const std::string name(member.key().data(), member.key().size());
    reading.Need(IsSlug(name), "concessions", "not the name of a class");
    fare.concessions[name] = reading.Integer(member.value(), "concessions", kPercentRange);
  }
  fare.daily_cap = reading.Price(in, "daily_cap_fen", kPriceFenRange);
  fare.incomplete_price = reading.Price(in, "incomplete_price_fen", kPriceFenRange);
  fare.duplicate_seconds = reading.Integer(in, "duplicate_seconds", kDuplicateSecondsRange);
  fare.journey_max_minutes = reading.Integer(in, "journey_max_minutes", kJourneyMinutesRange);
  fare.same_station_free_minutes = reading.Integer(in, "same_station_free_minutes", kFreeMinutesRange);
  fare.settle_after_hours = reading.Integer(in, "settle_after_hours", kSettleHoursRange);
  return fare;
}

Version ReadVersion(Reading& reading, const json::object& in) {
  Version version;
  version.number = reading.Integer(in, "number", kVersionRange);
  const auto since = ParseDate(reading.String(in, "since"));
  reading.Need(since.has_value(), "since", "not a date");
  version.since = since.value_or(CivilDate{});
  for (const json::value& element : reading.Array(in, "carriers", 3)) {
    const auto carrier = CarrierNamed(reading.String(&element, "carriers"));
    reading.Need(carrier && (version.carriers.empty() || version.carriers.back() < *carrier), "carriers", "unknown or repeated");
    version.carriers.push_back(carrier.value_or(Carrier::kCode));
  }
  version.offline = ReadOffline(reading, reading.Object(in, "offline"));
  const json::object& refusals = reading.Object(in, "refusals");
  reading.Need(refusals.size() <= kRefusalCountMax, "refusals", "too many");
  for (const auto& member : refusals) {
    const std::string slug(member.key().data(), member.key().size());
    reading.Need(IsSlug(slug), "refusals", "not a reason");
    version.refusals[slug] = reading.ReadText(reading.Object(&member.value(), "refusals"), "refusals");
  }
  for (const json::value& element : reading.Array(in, "rules", 10)) {
    version.rules.push_back(reading.String(&element, "rules"));
    reading.Need(IsSlug(version.rules.back()), "rules", "not the name of a rule set");
  }
  reading.Need(!version.rules.empty(), "rules", "none");
  const bool names_fare = std::find(version.rules.begin(), version.rules.end(), "fare") != version.rules.end();
  reading.Need(names_fare == in.contains("fare"), "fare", "must be there exactly when rules names it");
  if (in.contains("fare")) version.fare = ReadFare(reading, reading.Object(in, "fare"));
  return version;
}

SceneFile ReadScene(Reading& reading, const json::value& root) {
  SceneFile file;
  const json::object& in = reading.Object(&root, "scene file");
  file.id = reading.String(in, "id");
  reading.Need(IsSceneId(file.id), "id", "not the name of a scene");
  file.title = reading.ReadText(reading.Object(in, "title"), "title");
  file.clearing_group = reading.Integer(in, "clearing_group", kClearingGroupRange);
  file.day_starts_hour = reading.Integer(in, "day_starts_hour", kHourRange);
  for (const json::value& element : reading.Array(in, "versions", kVersionCountMax)) {
    Version version = ReadVersion(reading, reading.Object(&element, "versions"));
    if (!file.versions.empty()) {
      const Version& before = file.versions.back();
      reading.Need(before.number < version.number && before.since <= version.since, "versions", "do not ascend");
    }
    file.versions.push_back(std::move(version));
  }
  reading.Need(!file.versions.empty(), "versions", "none");
  return file;
}

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsName(std::string_view text, size_t size_max, char joint) {
  if (text.empty() || text.size() > size_max || !IsLower(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [joint](char c) { return IsLower(c) || IsDigit(c) || c == joint; });
}

bool IsOneText(const std::string& text) {
  if (text.empty() || text.size() > kTextBytesMax || !IsUtf8(text)) return false;
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::string_view CarrierName(Carrier carrier) {
  switch (carrier) {
    case Carrier::kCode: return "code";
    case Carrier::kCard: return "card";
    case Carrier::kPrintedCode: return "printed_code";
  }
  return "";
}

std::optional<Carrier> CarrierNamed(std::string_view name) {
  for (const Carrier carrier : {Carrier::kCode, Carrier::kCard, Carrier::kPrintedCode}) {
    if (CarrierName(carrier) == name) return carrier;
  }
  return std::nullopt;
}

bool IsSceneId(std::string_view text) { return IsName(text, 32, '-'); }

bool IsSlug(std::string_view text) { return IsName(text, 64, '_'); }

bool IsPoint(std::string_view text) {
  if (text.empty() || text.size() > kPointBytesMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  });
}

bool IsText(const Text& text) { return IsOneText(text.zh) && IsOneText(text.en); }

std::string Emit(const SceneFile& file) {
  json::array versions;
  for (const Version& version : file.versions) versions.push_back(FromVersion(version));
  const json::value root = json::object{{"clearing_group", file.clearing_group},
                                        {"day_starts_hour", file.day_starts_hour},
                                        {"id", file.id},
                                        {"title", FromText(file.title)},
                                        {"versions", std::move(versions)}};
  return json::serialize(SortedKeys(root));
}

Result<SceneFile> Parse(std::string_view body) {
  if (body.size() > kBodyBytesMax) return Fault(kSceneFileTooLarge);
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code error;
  const json::value root = json::parse(body, error, {}, options);
  if (error) return Fault(kSceneFileSyntax, error.message());
  Reading reading;
  SceneFile file = ReadScene(reading, root);
  if (!reading.ok()) return Fault(kSceneFileContent, reading.detail());
  if (Emit(file) != body) return Fault(kSceneFileNotCanonical);
  return file;
}

}  // namespace yukuai::scene_file
