// SPDX-License-Identifier: Apache-2.0
// What a ride costs.
//
// Fares are never added up event by event. From all passages known of one person the whole statement is computed anew —
// which passages make a journey, what each journey costs, where the daily cap bites — and the decision about one event is
// the difference between the statement and what has been charged so far. So records may arrive late and in any order: the
// last one to arrive leaves the same charges behind, and a record that arrives twice changes nothing.
//
// Passages become journeys in the order of their times: an entry opens one (and closes an open one as incomplete), an exit
// closes it; an exit without entry is an unpaired journey. A missing half is waited for; when it has been missing for
// `settle_after_hours`, by any later passage or by settling, the journey costs the table's incomplete price. A journey that
// lasted too long costs the same. Each journey is named by the key of its first passage, belongs to the service day of that
// passage, and is explained line by line: price, concession, cap of the code, daily cap.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/money/money.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/scene_file/scene_file.h"
#include "rules/decision/decision.h"

namespace yukuai::fare {

// Faults, in order of precedence: the event is not one this rule set can judge.
inline constexpr Reason kPointUnknown{Kind::kMalformed, "point_unknown"};
inline constexpr Reason kDirectionMissing{Kind::kMalformed, "direction_missing"};
// Refusals of an entry, in order of precedence. An exit is never refused: nobody is locked in.
inline constexpr Reason kReceivableOutstanding{Kind::kRefused, "receivable_outstanding"};
inline constexpr Reason kCodeCapTooLow{Kind::kRefused, "code_cap_too_low"};
// Rules that contradict themselves.
inline constexpr Reason kFareRules{Kind::kMalformed, "fare_rules"};

// Every refusal this rule set can give, in order of precedence.
std::vector<Reason> Refusals();

// Slugs of explanation lines.
inline constexpr std::string_view kLineDistance = "distance_band";
inline constexpr std::string_view kLineSameStation = "same_station";
inline constexpr std::string_view kLineSameStationFree = "same_station_free";
inline constexpr std::string_view kLineOverTime = "over_time";
inline constexpr std::string_view kLineExitMissing = "exit_missing";
inline constexpr std::string_view kLineEntryMissing = "entry_missing";
inline constexpr std::string_view kLineStationUnknown = "station_unknown";  // In the table of the day the journey began in.
inline constexpr std::string_view kLineConcession = "concession";
inline constexpr std::string_view kLineCodeCap = "code_cap";
inline constexpr std::string_view kLineDailyCap = "daily_cap";
inline constexpr std::string_view kLineWithdrawn = "withdrawn";  // Records that came late changed what the journey is.

// Facts recorded about a journey: Record{fact, subject = the journey, value = the key of its exit, or empty}.
inline constexpr std::string_view kJourneyOpen = "journey_open";              // Entered; subject is the entry.
inline constexpr std::string_view kJourneyClosed = "journey_closed";          // Entered and left.
inline constexpr std::string_view kJourneyIncomplete = "journey_incomplete";  // A half is missing for good, or left too late.
inline constexpr std::string_view kJourneyUnpaired = "journey_unpaired";      // Left without known entry; subject is the exit.
inline constexpr std::string_view kJourneyWithdrawn = "journey_withdrawn";    // Became part of another journey.

// Concession classes in the order of the code's account types (01 ordinary, 02 student, 03 senior, 04 test, 05 soldier).
enum class Concession : uint8_t { kOrdinary = 1, kStudent = 2, kSenior = 3, kTest = 4, kSoldier = 5 };
std::string_view ConcessionName(Concession concession);
std::optional<Concession> ConcessionNamed(std::string_view name);
std::optional<Concession> ConcessionOfAccountType(uint8_t account_type);

// A passage that took place.
struct Tap {
  std::string key;  // The record of it; unique.
  Instant at;
  std::string point;
  decision::Direction direction = decision::Direction::kNone;  // In or out.
  std::optional<Money> cap;                                    // The most the carrier allowed for one use (field 9 of a code).
  std::optional<Concession> concession = std::nullopt;         // The rider's then; where it is not known, that of the facts.
};

// What has been charged for one journey so far, net of refunds.
struct Charged {
  std::string subject;
  Money amount;
};

// What is known of the person. `taps` and `charged` hold whole journeys: every one that began inside FactsWindow of the
// event's time. Should the window cut one, nothing is charged for the half that shows: an exit that is the first passage of
// all may have its entry before, and is left unpaired until it is settled. A terminal alone knows none and leaves them empty.
struct Facts {
  // In any order; those that were answered with Repeat too. The event's own may be among them: it makes no difference.
  std::vector<Tap> taps;
  std::vector<Charged> charged;
  Concession concession = Concession::kOrdinary;  // At the time of the event. A journey is priced by that of its first passage.
  bool owes = false;                              // A receivable is outstanding.
  std::optional<Money> cap;                       // Of the carrier now presented.
  std::optional<Instant> settled_until;           // The time of the last settling, if there was one.
};

enum class State { kOpen, kClosed, kIncomplete, kUnpaired };

struct Journey {
  std::string subject;
  State state = State::kOpen;
  std::optional<Tap> entry;
  std::optional<Tap> exit;
  Money total;
  std::vector<decision::Explanation> lines;  // Sum to the total; empty while open or unpaired.
};

struct Statement {
  std::vector<Journey> journeys;  // By the time of their first passage.
  // Keys of passages that repeat another within the window, with the journey they belong to.
  std::vector<std::pair<std::string, std::string>> repeated;
};

// The rules of one scene version, made ready: distances between all stations are computed once.
class Rules {
 public:
  // Fault kFareRules with a detail: stations not all connected, bands that do not ascend, a segment that names no station.
  static Result<Rules> Make(const scene_file::Fare& fare);

  const scene_file::Fare& parameters() const { return fare_; }
  std::optional<size_t> StationAt(std::string_view code) const;
  uint32_t Metres(size_t from, size_t to) const { return metres_[from * fare_.stations.size() + to]; }
  Money DistancePrice(uint32_t metres) const;
  Money HighestPrice() const;  // The most that any journey can cost before concessions.
  int64_t PercentPaid(Concession concession) const;

 private:
  scene_file::Fare fare_;
  std::vector<uint32_t> metres_;
  std::vector<std::pair<std::string, size_t>> stations_by_code_;
};

// The rules of all versions. Each journey is priced by those in force on the service day it began in, whatever is in force
// when its records arrive. Immutable; any number of threads may use one.
class Rulebook {
 public:
  explicit Rulebook(int64_t day_starts_hour) : day_starts_hour_(day_starts_hour) {}
  void Add(CivilDate since, Rules rules);  // In ascending order of versions; of two that begin together the later holds.

  const Rules* At(Instant at) const;     // Null before the first.
  int64_t ServiceDay(Instant at) const;  // Days since 1970-01-01 of the date on which the service day began.
  Instant DayStart(int64_t service_day) const;

 private:
  int64_t day_starts_hour_;
  std::vector<std::pair<int64_t, Rules>> versions_;
};

// Journeys that began outside cannot change what this event costs: the service day of `at`, the one before (a journey may
// have begun in it) and the one after (its exit may lie there).
struct Window {
  Instant from;  // Inclusive.
  Instant to;    // Exclusive.
};
Window FactsWindow(const Rulebook& rules, Instant at);

// The most that a journey entered at `point` can come to for the class: what a terminal answers for until it synchronises.
// Nothing if the point is unknown.
std::optional<Money> HighestFrom(const Rules& rules, std::string_view point, Concession concession);

// Until when it is known what happened: what has been missing for `settle_after_hours` by then is incomplete.
struct Known {
  Instant passed{INT64_MIN};   // By passages or settling.
  Instant settled{INT64_MIN};  // By settling.
};

// Taps at points that were unknown in their time and taps without direction are left out.
Statement MakeStatement(const Rulebook& rules, std::vector<Tap> taps, Concession concession, const Known& known);

// Pure. Effects of an entry or exit: Admit, or Refuse (entries that have not happened only), or Repeat; then in order of the
// journeys' times Record, Charge and Refund for each journey that changed. An event without point settles: no Admit.
Result<decision::Decision> Decide(const Rulebook& rules, const Facts& facts, const decision::Event& event);

}  // namespace yukuai::fare
