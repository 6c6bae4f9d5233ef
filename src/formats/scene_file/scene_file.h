// SPDX-License-Identifier: Apache-2.0
// The body of a rule file: one scene compiled for terminals, as canonical JSON. The loader of scenes writes it, server and
// terminals read it, and both judge by what they read, so there is one set of rules and not two.
//
// Canonical means: UTF-8, object keys ascending by byte, no white space, whole numbers only, strings escaped only where JSON
// demands it, optional keys absent when empty. Parse accepts exactly the bytes that Emit writes, so one scene has one body
// and its hash can be compared. The signed envelope around the body is docs/formats/terminal.md's.
//
// A body carries the version in force when it was compiled and every later one: a gate that was offline on the day a fare
// changed still changes it on that day.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/money/money.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::scene_file {

// In order of precedence.
inline constexpr Reason kSceneFileTooLarge{Kind::kMalformed, "scene_file_too_large"};
inline constexpr Reason kSceneFileSyntax{Kind::kMalformed, "scene_file_syntax"};  // Not JSON, or nested too deeply.
inline constexpr Reason kSceneFileContent{Kind::kMalformed,
                                          "scene_file_content"};  // A key missing, of a wrong kind, out of range.
inline constexpr Reason kSceneFileNotCanonical{Kind::kMalformed, "scene_file_not_canonical"};  // Also: unknown or repeated keys.

// Bounds of what a terminal must be able to hold.
inline constexpr size_t kBodyBytesMax = size_t{1} << 20;
inline constexpr size_t kVersionCountMax = 16;
inline constexpr size_t kStationCountMax = 512;
inline constexpr size_t kSegmentCountMax = 4096;
inline constexpr size_t kBandCountMax = 64;
inline constexpr size_t kRefusalCountMax = 64;
inline constexpr size_t kTextBytesMax = 300;
inline constexpr size_t kPointBytesMax = 64;  // As in a terminal's record.
inline constexpr int64_t kPriceFenMax = 1'000'000;

struct Text {
  std::string zh;
  std::string en;
  friend bool operator==(const Text&, const Text&) = default;
};

enum class Carrier : uint8_t { kCode = 1, kCard = 2, kPrintedCode = 3 };
std::string_view CarrierName(Carrier carrier);  // "code", "card", "printed_code"
std::optional<Carrier> CarrierNamed(std::string_view name);

// What a terminal may do without network.
struct Offline {
  bool allowed = false;
  int64_t list_age_max_hours = 0;
  // What happens when the lists are older: refused, or admitted while the most this passage can cost is below this.
  std::optional<Money> stale_accept_below;
  Money loss_max;        // Unsynchronised acceptances per carrier and terminal.
  Money loss_total_max;  // Unsynchronised acceptances per terminal.
  friend bool operator==(const Offline&, const Offline&) = default;
};

struct Station {
  std::string code;
  Text name;
  friend bool operator==(const Station&, const Station&) = default;
};
struct Segment {  // Track between two neighbouring stations, both ways; numbers are places in Fare::stations.
  uint16_t from = 0;
  uint16_t to = 0;
  uint32_t metres = 0;
  friend bool operator==(const Segment&, const Segment&) = default;
};
struct Band {
  std::optional<uint32_t> up_to_metres;  // Inclusive. Absent in the last band only: any distance.
  Money price;
  friend bool operator==(const Band&, const Band&) = default;
};

// The parameters of the rule set "fare".
struct Fare {
  std::vector<Station> stations;
  std::vector<Segment> segments;
  std::vector<Band> bands;
  Money incomplete_price;                      // A journey whose exit or entry is missing, or that lasted too long.
  Money daily_cap;                             // Of one service day.
  int64_t same_station_free_minutes = 0;       // In and out at one station within this: free.
  int64_t duplicate_seconds = 0;               // The same point and direction within this: one presentation.
  int64_t journey_max_minutes = 0;             // Longer than this: priced as incomplete.
  int64_t settle_after_hours = 0;              // A missing half is waited for so long.
  std::map<std::string, int64_t> concessions;  // Class -> percent of the price that it pays; classes not named pay all.
  friend bool operator==(const Fare&, const Fare&) = default;
};

struct Version {
  int64_t number = 0;  // Ascending; "<scene>@<number>" names the version in records and decisions.
  CivilDate since;     // The first service day that is judged by it.
  std::vector<Carrier> carriers;
  Offline offline;
  std::map<std::string, Text> refusals;  // Reason slug -> what the person is told to do.
  std::vector<std::string> rules;        // Rule sets in the order they are asked.
  std::optional<Fare> fare;              // Present exactly when `rules` names it.
  friend bool operator==(const Version&, const Version&) = default;
};

struct SceneFile {
  std::string id;
  Text title;
  int64_t clearing_group = 0;
  int64_t day_starts_hour = 0;    // A service day begins at this hour in UTC+8.
  std::vector<Version> versions;  // At least one; numbers ascend, `since` never descends.
  friend bool operator==(const SceneFile&, const SceneFile&) = default;
};

std::string Emit(const SceneFile& file);
// Checks shape and ranges. That the rules make sense together (a connected network) is for the rule sets to say.
Result<SceneFile> Parse(std::string_view body);

// Ranges that Parse holds each number to, shared with whoever writes scene files, so that nothing is compiled that no
// terminal would read.
struct Range {
  int64_t min;
  int64_t max;
  constexpr bool Holds(int64_t value) const { return value >= min && value <= max; }
};
inline constexpr Range kClearingGroupRange{1, 999};
inline constexpr Range kHourRange{0, 23};
inline constexpr Range kVersionRange{1, 1'000'000};
inline constexpr Range kListAgeHoursRange{1, 720};
inline constexpr Range kLossFenRange{0, 100'000'000};
inline constexpr Range kPriceFenRange{0, kPriceFenMax};
inline constexpr Range kMetresRange{1, 1'000'000};
inline constexpr Range kFreeMinutesRange{0, 240};
inline constexpr Range kDuplicateSecondsRange{0, 600};
inline constexpr Range kJourneyMinutesRange{1, 1440};
inline constexpr Range kSettleHoursRange{1, 168};
inline constexpr Range kPercentRange{0, 100};
bool IsSceneId(std::string_view text);  // a-z, 0-9 and '-', beginning with a letter, at most 32.
bool IsSlug(std::string_view text);     // a-z, 0-9 and '_', beginning with a letter, at most 64.
bool IsPoint(std::string_view text);    // Letters, digits, '-', '_', '.', at most kPointBytesMax.
bool IsText(const Text& text);          // Both languages, not empty, within kTextBytesMax, no control characters.

}  // namespace yukuai::scene_file
