// SPDX-License-Identifier: Apache-2.0
#include "rules/fare/fare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/entropy/entropy.h"

namespace yukuai::fare {
namespace {

using decision::Decision;
using decision::Direction;
using decision::Event;

constexpr Direction kIn = Direction::kIn;
constexpr Direction kOut = Direction::kOut;
constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 3600;

// A ring A-B-C-D and a branch C-E: A to C is shorter over B (6.0 km) than over D (11.1 km); E is far away.
scene_file::Fare Network() {
  scene_file::Fare fare;
  fare.stations = {
      {"A", {"甲", "Alpha"}}, {"B", {"乙", "Beta"}}, {"C", {"丙", "Gamma"}}, {"D", {"丁", "Delta"}}, {"E", {"戊", "Epsilon"}}};
  fare.segments = {{0, 1, 2500}, {1, 2, 3500}, {2, 3, 5000}, {3, 0, 6100}, {2, 4, 20000}};
  fare.bands = {{6000, Money::Fen(200)}, {11000, Money::Fen(300)}, {17000, Money::Fen(400)}, {std::nullopt, Money::Fen(600)}};
  fare.incomplete_price = Money::Fen(700);
  fare.daily_cap = Money::Fen(1500);
  fare.same_station_free_minutes = 20;
  fare.duplicate_seconds = 60;
  fare.journey_max_minutes = 240;
  fare.settle_after_hours = 24;
  fare.concessions = {{"student", 50}, {"senior", 0}};
  return fare;
}

Rulebook Ready(const scene_file::Fare& fare = Network()) {
  Rulebook book(4);
  book.Add({2026, 1, 1}, *Rules::Make(fare));
  return book;
}

Instant At(std::string_view text) { return *ParseRfc3339("2026-03-01T" + std::string(text) + "+08:00"); }
const Instant kEight = At("08:00:00");

// The register of one person, as the caller of Decide keeps it: every passage that happened and what was charged.
struct Rider {
  const Rulebook& rules;
  Facts facts;
  std::map<std::string, std::string> recorded;  // Journey -> last fact.

  Decision Happened(const Tap& tap) {
    facts.cap = tap.cap;
    Event event{.key = tap.key, .at = tap.at, .point = tap.point, .direction = tap.direction, .happened = true};
    Decision decision = *Decide(rules, facts, event);
    const bool known =
        std::any_of(facts.taps.begin(), facts.taps.end(), [&tap](const Tap& other) { return other.key == tap.key; });
    if (!known) facts.taps.push_back(tap);
    Apply(decision);
    return decision;
  }
  Decision Settle(Instant at) {
    Decision decision = *Decide(rules, facts, {.at = at});
    facts.settled_until = at;
    Apply(decision);
    return decision;
  }
  void Apply(const Decision& decision) {
    for (const auto& effect : decision.effects) {
      if (const auto* record = std::get_if<decision::Record>(&effect)) recorded[record->subject] = record->fact;
      if (const auto* charge = std::get_if<decision::Charge>(&effect)) Move(charge->subject, charge->amount, charge->total);
      if (const auto* refund = std::get_if<decision::Refund>(&effect)) Move(refund->subject, -refund->amount, refund->total);
    }
  }
  void Move(const std::string& subject, Money amount, Money total) {
    facts.charged.push_back({subject, amount});
    EXPECT_EQ(Paid(subject), total) << subject;
  }
  Money Paid(const std::string& subject) const {
    Money sum;
    for (const Charged& charged : facts.charged) {
      if (charged.subject == subject) sum = sum + charged.amount;
    }
    return sum;
  }
  Money PaidInAll() const {
    Money sum;
    for (const Charged& charged : facts.charged) sum = sum + charged.amount;
    return sum;
  }
};

Tap In(std::string point, Instant at, std::string key) { return {std::move(key), at, std::move(point), kIn, std::nullopt}; }
Tap Out(std::string point, Instant at, std::string key) { return {std::move(key), at, std::move(point), kOut, std::nullopt}; }

const decision::Charge* ChargeOf(const Decision& decision, std::string_view subject) {
  for (const auto& effect : decision.effects) {
    const auto* charge = std::get_if<decision::Charge>(&effect);
    if (charge != nullptr && charge->subject == subject) return charge;
  }
  return nullptr;
}

// One ride from `from` to `to` lasting `seconds`, by a rider of the class: its total and slugs.
struct Ride {
  std::string from;
  std::string to;
  int64_t seconds = 10 * kMinute;
  Concession concession = Concession::kOrdinary;
  std::optional<Money> cap_in = std::nullopt;
  std::optional<Money> cap_out = std::nullopt;
};
decision::Charge Priced(const Rulebook& rules, const Ride& ride) {
  Rider rider{rules, {}, {}};
  rider.facts.concession = ride.concession;
  Tap in = In(ride.from, kEight, "in");
  Tap out = Out(ride.to, kEight.PlusSeconds(ride.seconds), "out");
  in.cap = ride.cap_in;
  out.cap = ride.cap_out;
  rider.Happened(in);
  const Decision decision = rider.Happened(out);
  const decision::Charge* charge = ChargeOf(decision, "in");
  EXPECT_NE(charge, nullptr);
  if (charge == nullptr) return {};
  EXPECT_EQ(charge->amount, charge->total);
  Money sum;
  for (const auto& line : charge->lines) sum = sum + line.amount;
  EXPECT_EQ(sum, charge->total) << "the lines must sum to the total";
  return *charge;
}

// ---- Distance, bands, one ride --------------------------------------------------------------------------------------------

TEST(Fare, PriceIsByShortestTrackAndBandsIncludeTheirEnd) {
  const Rulebook book = Ready();
  const Rules& rules = *book.At(kEight);
  const struct {
    const char* from;
    const char* to;
    uint32_t metres;
    int64_t fen;
  } rows[] = {{"A", "B", 2500, 200}, {"A", "C", 6000, 200},  {"C", "A", 6000, 200}, {"A", "D", 6100, 300},
              {"B", "D", 8500, 300}, {"C", "E", 20000, 600}, {"A", "E", 26000, 600}};
  for (const auto& row : rows) {
    EXPECT_EQ(rules.Metres(*rules.StationAt(row.from), *rules.StationAt(row.to)), row.metres) << row.from << row.to;
    EXPECT_EQ(Priced(book, {row.from, row.to}).total.fen(), row.fen) << row.from << row.to;
  }
  EXPECT_EQ(rules.DistancePrice(6000).fen(), 200);
  EXPECT_EQ(rules.DistancePrice(6001).fen(), 300);
  EXPECT_EQ(rules.DistancePrice(17000).fen(), 400);
  EXPECT_EQ(rules.DistancePrice(17001).fen(), 600);
  EXPECT_EQ(rules.HighestPrice().fen(), 700);
}

TEST(Fare, ExplainsInBothLanguages) {
  const auto charge = Priced(Ready(), {"A", "D"});
  ASSERT_EQ(charge.lines.size(), 1u);
  EXPECT_EQ(charge.lines[0].slug, kLineDistance);
  EXPECT_EQ(charge.lines[0].detail_zh, "甲—丁，6.1 公里");
  EXPECT_EQ(charge.lines[0].detail_en, "Alpha to Delta, 6.1 km");
}

TEST(Fare, SameStationIsFreeWithinItsMinutesOnly) {
  const Rulebook rules = Ready();
  const auto last = Priced(rules, {"B", "B", 20 * kMinute});
  EXPECT_EQ(last.total, Money());
  EXPECT_EQ(last.lines.front().slug, kLineSameStationFree);
  const auto late = Priced(rules, {"B", "B", 20 * kMinute + 1});
  EXPECT_EQ(late.total.fen(), 200);
  EXPECT_EQ(late.lines.front().slug, kLineSameStation);
}

TEST(Fare, TooLongIsIncomplete) {
  const Rulebook rules = Ready();
  EXPECT_EQ(Priced(rules, {"A", "B", 240 * kMinute}).total.fen(), 200);
  const auto late = Priced(rules, {"A", "B", 240 * kMinute + 1});
  EXPECT_EQ(late.total.fen(), 700);
  EXPECT_EQ(late.lines.front().slug, kLineOverTime);
}

TEST(Fare, ConcessionTakesItsPercentAndRoundsForTheRider) {
  scene_file::Fare odd = Network();
  odd.bands[0].price = Money::Fen(201);
  const Rulebook rules = Ready(odd);
  EXPECT_EQ(Priced(rules, {"A", "B", kMinute * 10, Concession::kStudent}).total.fen(), 100);
  EXPECT_EQ(Priced(rules, {"A", "B", kMinute * 10, Concession::kSenior}).total.fen(), 0);
  EXPECT_EQ(Priced(rules, {"A", "B", kMinute * 10, Concession::kSoldier}).total.fen(), 201);  // Not in this table.
  const auto charge = Priced(rules, {"A", "B", kMinute * 10, Concession::kStudent});
  ASSERT_EQ(charge.lines.size(), 2u);
  EXPECT_EQ(charge.lines[1].slug, kLineConcession);
  EXPECT_EQ(charge.lines[1].amount.fen(), -101);
  EXPECT_EQ(charge.lines[1].detail_en, "Student concession: 50% of the fare");
}

TEST(Fare, NeverMoreThanTheLowerCapOfTheCodesShown) {
  const Rulebook rules = Ready();
  const auto at_cap = Priced(rules, {"A", "D", 600, Concession::kOrdinary, Money::Fen(300), Money::Fen(300)});
  EXPECT_EQ(at_cap.total.fen(), 300);
  EXPECT_EQ(at_cap.lines.size(), 1u);
  const auto below = Priced(rules, {"A", "D", 600, Concession::kOrdinary, Money::Fen(2000), Money::Fen(299)});
  EXPECT_EQ(below.total.fen(), 299);
  EXPECT_EQ(below.lines.back().slug, kLineCodeCap);
  EXPECT_EQ(Priced(rules, {"A", "D", 600, Concession::kOrdinary, Money::Fen(100), std::nullopt}).total.fen(), 100);
}

// ---- Journeys -------------------------------------------------------------------------------------------------------------

TEST(Fare, EntryOpensAndExitCloses) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  const Decision entry = rider.Happened(In("A", kEight, "1"));
  EXPECT_TRUE(entry.admitted());
  EXPECT_EQ(entry.charged(), Money());
  EXPECT_EQ(rider.recorded["1"], kJourneyOpen);
  const Decision exit = rider.Happened(Out("C", kEight.PlusSeconds(600), "2"));
  EXPECT_TRUE(exit.admitted());
  EXPECT_EQ(exit.charged().fen(), 200);
  EXPECT_EQ(rider.recorded["1"], kJourneyClosed);
  EXPECT_EQ(rider.recorded.size(), 1u);
}

TEST(Fare, FreeJourneyStillSaysWhy) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  const Decision exit = rider.Happened(Out("A", kEight.PlusSeconds(300), "2"));
  const auto* charge = ChargeOf(exit, "1");
  ASSERT_NE(charge, nullptr);
  EXPECT_EQ(charge->amount, Money());
  EXPECT_EQ(charge->lines.size(), 1u);
}

TEST(Fare, SecondEntryClosesTheFirstAsIncomplete) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  const Decision second = rider.Happened(In("C", kEight.PlusSeconds(kHour), "2"));
  EXPECT_TRUE(second.admitted());
  const auto* charge = ChargeOf(second, "1");
  ASSERT_NE(charge, nullptr);
  EXPECT_EQ(charge->total.fen(), 700);
  EXPECT_EQ(charge->lines.front().slug, kLineExitMissing);
  EXPECT_EQ(rider.recorded["1"], kJourneyIncomplete);
  EXPECT_EQ(rider.recorded["2"], kJourneyOpen);
}

TEST(Fare, LateExitRecordMendsAnIncompleteJourney) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  rider.Happened(In("C", kEight.PlusSeconds(kHour), "3"));
  EXPECT_EQ(rider.Paid("1").fen(), 700);
  const Decision late = rider.Happened(Out("C", kEight.PlusSeconds(600), "2"));
  EXPECT_EQ(late.charged().fen(), -500);
  EXPECT_EQ(rider.Paid("1").fen(), 200);
  EXPECT_EQ(rider.recorded["1"], kJourneyClosed);
}

TEST(Fare, ExitBeforeItsEntryWaitsAndBecomesPartOfIt) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  const Decision exit = rider.Happened(Out("C", kEight.PlusSeconds(600), "2"));
  EXPECT_TRUE(exit.admitted());
  EXPECT_EQ(exit.charged(), Money());
  EXPECT_EQ(rider.recorded["2"], kJourneyUnpaired);
  const Decision entry = rider.Happened(In("A", kEight, "1"));
  EXPECT_EQ(entry.charged().fen(), 200);
  EXPECT_EQ(rider.recorded["2"], kJourneyWithdrawn);
  EXPECT_EQ(rider.recorded["1"], kJourneyClosed);
}

TEST(Fare, SettlingPricesTheMissingHalfAtItsHourAndOnce) {
  const Rulebook rules = Ready();
  for (const bool exit_missing : {true, false}) {
    Rider rider{rules, {}, {}};
    rider.Happened(exit_missing ? In("A", kEight, "1") : Out("A", kEight, "1"));
    EXPECT_EQ(rider.Settle(kEight.PlusSeconds(24 * kHour - 1)).effects.size(), 0u);
    const Decision settled = rider.Settle(kEight.PlusSeconds(24 * kHour));
    EXPECT_FALSE(settled.admitted());
    EXPECT_EQ(settled.charged().fen(), 700);
    EXPECT_EQ(ChargeOf(settled, "1")->lines.front().slug, exit_missing ? kLineExitMissing : kLineEntryMissing);
    EXPECT_EQ(rider.Settle(kEight.PlusSeconds(24 * kHour)).effects.size(), 0u);
    EXPECT_EQ(rider.Settle(kEight.PlusSeconds(48 * kHour)).effects.size(), 0u);
  }
}

TEST(Fare, EntryThatComesAfterSettlingMovesTheCharge) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(Out("C", kEight.PlusSeconds(600), "2"));
  rider.Settle(kEight.PlusSeconds(30 * kHour));
  EXPECT_EQ(rider.PaidInAll().fen(), 700);
  rider.Happened(In("A", kEight, "1"));
  EXPECT_EQ(rider.Paid("2"), Money());
  EXPECT_EQ(rider.Paid("1").fen(), 200);
}

TEST(Fare, ForgottenEntryDoesNotSwallowTomorrowsExit) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  rider.Happened(Out("C", kEight.PlusSeconds(24 * kHour + 1), "2"));
  EXPECT_EQ(rider.Paid("1").fen(), 700);
  EXPECT_EQ(rider.recorded["2"], kJourneyUnpaired);
}

// ---- Presented again ------------------------------------------------------------------------------------------------------

TEST(Fare, SamePointAndDirectionWithinTheWindowIsOnePresentation) {
  const Rulebook rules = Ready();
  for (const int64_t seconds : {0, 1, 60, 61}) {
    Rider rider{rules, {}, {}};
    rider.Happened(In("A", kEight, "1"));
    const Decision again = rider.Happened(In("A", kEight.PlusSeconds(seconds), "2"));
    if (seconds <= 60) {
      ASSERT_NE(again.repeat(), nullptr) << seconds;
      EXPECT_EQ(again.repeat()->subject, "1");
      EXPECT_EQ(again.effects.size(), 1u);
    } else {
      EXPECT_EQ(again.repeat(), nullptr);
      EXPECT_EQ(rider.Paid("1").fen(), 700);
    }
  }
}

TEST(Fare, WindowIsMeasuredFromTheFirstOfARow) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  EXPECT_NE(rider.Happened(In("A", kEight.PlusSeconds(50), "2")).repeat(), nullptr);
  EXPECT_EQ(rider.Happened(In("A", kEight.PlusSeconds(100), "3")).repeat(), nullptr);
}

TEST(Fare, OtherDirectionOrPointIsNoRepetition) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  EXPECT_EQ(rider.Happened(Out("A", kEight.PlusSeconds(10), "2")).repeat(), nullptr);
  EXPECT_EQ(rider.Happened(In("A", kEight.PlusSeconds(20), "3")).repeat(), nullptr);
  EXPECT_EQ(rider.Happened(In("B", kEight.PlusSeconds(30), "4")).repeat(), nullptr);
}

TEST(Fare, RepetitionIsAnsweredBeforeAnyRefusal) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  rider.facts.owes = true;
  const auto again = Decide(rules, rider.facts, {.key = "", .at = kEight.PlusSeconds(5), .point = "A", .direction = kIn});
  ASSERT_TRUE(again.ok());
  EXPECT_NE(again->repeat(), nullptr);
}

TEST(Fare, RecordThatArrivesTwiceChangesNothing) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  rider.Happened(Out("C", kEight.PlusSeconds(600), "2"));
  for (const Tap& tap : std::vector<Tap>(rider.facts.taps)) {
    EXPECT_EQ(rider.Happened(tap).charged(), Money());
    EXPECT_EQ(rider.Paid("1").fen(), 200);
    EXPECT_EQ(rider.recorded["1"], kJourneyClosed);
  }
}

TEST(Fare, AJourneyIsPricedByTheClassOfItsFirstPassageInWhateverOrderRecordsCome) {
  const Rulebook rules = Ready();
  Tap in = In("A", kEight, "1");
  in.concession = Concession::kStudent;
  Tap out = Out("C", kEight.PlusSeconds(600), "2");
  out.concession = Concession::kOrdinary;
  for (const bool exit_first : {false, true}) {
    Rider rider{rules, {}, {}};
    for (const Tap& tap : exit_first ? std::vector<Tap>{out, in} : std::vector<Tap>{in, out}) {
      rider.facts.concession = *tap.concession;  // Of the event, as its caller knows it.
      rider.Happened(tap);
    }
    EXPECT_EQ(rider.PaidInAll().fen(), 100) << exit_first;
  }
}

TEST(Fare, OwnPassageAmongTheFactsMakesNoDifference) {
  const Rulebook rules = Ready();
  Facts facts;
  facts.taps = {In("A", kEight, "1")};
  const Event exit{.key = "2", .at = kEight.PlusSeconds(600), .point = "C", .direction = kOut, .happened = true};
  const auto without = Decide(rules, facts, exit);
  facts.taps.push_back(Out("C", exit.at, "2"));
  const auto with = Decide(rules, facts, exit);
  ASSERT_TRUE(without.ok() && with.ok());
  EXPECT_EQ(without->charged().fen(), 200);
  EXPECT_EQ(with->charged().fen(), 200);
  EXPECT_EQ(with->effects.size(), without->effects.size());
}

TEST(Fare, JourneyCutByTheWindowIsNotCharged) {
  const Rulebook rules = Ready();
  // The entry was ten minutes before what was gathered; days pass until the next passage.
  Rider rider{rules, {}, {}};
  rider.facts.taps = {Out("C", kEight, "2")};
  const Decision entry = rider.Happened(In("A", kEight.PlusSeconds(30 * kHour), "3"));
  EXPECT_EQ(entry.charged(), Money());
  EXPECT_EQ(rider.Happened(Out("B", kEight.PlusSeconds(31 * kHour), "4")).charged().fen(), 200);
  rider.facts.settled_until = kEight.PlusSeconds(40 * kHour);  // By a settling that saw the whole journey.
  EXPECT_EQ(rider.Happened(In("A", kEight.PlusSeconds(50 * kHour), "5")).charged(), Money());
  EXPECT_EQ(rider.PaidInAll().fen(), 200);
}

// ---- Daily cap ------------------------------------------------------------------------------------------------------------

TEST(DailyCap, ChargesOnlyUpToTheCap) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  const int64_t expected[] = {600, 600, 300, 0};
  for (int i = 0; i < 4; ++i) {
    const Instant at = kEight.PlusSeconds(i * kHour);
    rider.Happened(In(i % 2 == 0 ? "A" : "E", at, "in" + std::to_string(i)));
    const Decision exit = rider.Happened(Out(i % 2 == 0 ? "E" : "A", at.PlusSeconds(1800), "out" + std::to_string(i)));
    EXPECT_EQ(exit.charged().fen(), expected[i]) << i;
    const auto* charge = ChargeOf(exit, "in" + std::to_string(i));
    ASSERT_NE(charge, nullptr);
    EXPECT_EQ(charge->lines.back().slug, i < 2 ? kLineDistance : kLineDailyCap);
  }
}

TEST(DailyCap, JourneyBelongsToTheServiceDayItBeganIn) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  const Instant four = At("04:00:00");
  const auto ride = [&rider](Instant at, const std::string& key) {
    rider.Happened(In("A", at, key));
    return rider.Happened(Out("E", at.PlusSeconds(1800), key + "x")).charged().fen();
  };
  EXPECT_EQ(ride(four.PlusSeconds(-10 * kHour), "1"), 600);
  EXPECT_EQ(ride(four.PlusSeconds(-9 * kHour), "2"), 600);
  EXPECT_EQ(ride(four.PlusSeconds(-1), "3"), 300);  // Began one second before the day ended.
  EXPECT_EQ(ride(four.PlusSeconds(kHour), "4"), 600);
}

TEST(DailyCap, ServiceDayTurnsAtItsHour) {
  const Rulebook rules = Ready();
  EXPECT_EQ(rules.ServiceDay(At("04:00:00")), DaysFromCivil({2026, 3, 1}));
  EXPECT_EQ(rules.ServiceDay(Instant{At("04:00:00").us - 1}), DaysFromCivil({2026, 2, 28}));
  const Window window = FactsWindow(rules, At("12:00:00"));
  EXPECT_EQ(ToRfc3339(window.from), "2026-02-28T04:00:00+08:00");
  EXPECT_EQ(ToRfc3339(window.to), "2026-03-03T04:00:00+08:00");
}

// ---- Versions ------------------------------------------------------------------------------------------------------------

TEST(Versions, JourneyIsPricedByTheVersionOfTheDayItBeganIn) {
  scene_file::Fare dearer = Network();
  dearer.bands[0].price = Money::Fen(250);
  dearer.stations.push_back({"F", {"己", "Zeta"}});
  dearer.segments.push_back({1, 5, 1000});
  Rulebook rules = Ready();
  rules.Add({2026, 3, 1}, *Rules::Make(dearer));
  const Instant turn = At("04:00:00");
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", turn.PlusSeconds(-600), "1"));
  rider.Happened(Out("B", turn.PlusSeconds(600), "2"));
  EXPECT_EQ(rider.Paid("1").fen(), 200);
  rider.Happened(In("A", turn.PlusSeconds(1200), "3"));
  rider.Happened(Out("B", turn.PlusSeconds(1800), "4"));
  EXPECT_EQ(rider.Paid("3").fen(), 250);
  EXPECT_EQ(rider.Paid("1").fen(), 200) << "yesterday's journey keeps yesterday's price";
  EXPECT_EQ(rider.Settle(turn.PlusSeconds(40 * kHour)).effects.size(), 0u);

  Rider early{rules, {}, {}};  // The new station has no distance in the old table.
  early.Happened(In("A", turn.PlusSeconds(-600), "1"));
  const Decision exit = early.Happened(Out("F", turn.PlusSeconds(600), "2"));
  EXPECT_EQ(exit.charged().fen(), 700);
  EXPECT_EQ(ChargeOf(exit, "1")->lines.front().slug, kLineStationUnknown);
}

TEST(Versions, OfTwoThatBeginTogetherTheLaterHolds) {
  scene_file::Fare mended = Network();
  mended.bands[0].price = Money::Fen(220);
  Rulebook rules = Ready();
  rules.Add({2026, 1, 1}, *Rules::Make(mended));
  EXPECT_EQ(Priced(rules, {"A", "B"}).total.fen(), 220);
}

TEST(Versions, BeforeTheFirstNoPointIsKnown) {
  const Rulebook rules = Ready();
  const Instant early = *ParseRfc3339("2026-01-01T03:59:59+08:00");
  EXPECT_EQ(rules.At(early), nullptr);
  EXPECT_NE(rules.At(early.PlusSeconds(1)), nullptr);
  EXPECT_EQ(Decide(rules, {}, {.at = early, .point = "A", .direction = kIn}).error().reason, kPointUnknown);
}

// ---- Refusals -------------------------------------------------------------------------------------------------------------

struct Asked {
  Direction direction = kIn;
  bool owes = false;
  std::optional<Money> cap = std::nullopt;
  bool offline = false;
  bool happened = false;
};
std::string_view Refusal(const Asked& asked) {
  Facts facts;
  facts.owes = asked.owes;
  facts.cap = asked.cap;
  const auto decision = Decide(Ready(), facts,
                               {.key = "",
                                .at = kEight,
                                .point = "A",
                                .direction = asked.direction,
                                .offline = asked.offline,
                                .happened = asked.happened});
  EXPECT_TRUE(decision.ok());
  if (decision->refusal() != nullptr) return decision->refusal()->reason.slug;
  EXPECT_TRUE(decision->admitted());
  return "";
}

TEST(Refusals, FollowPrecedenceAndSpareExitsAndWhatHappened) {
  const Money low = Money::Fen(699);
  const Money enough = Money::Fen(700);
  EXPECT_EQ(Refusal({}), "");
  EXPECT_EQ(Refusal({.owes = true}), kReceivableOutstanding.slug);
  EXPECT_EQ(Refusal({.cap = low}), kCodeCapTooLow.slug);
  EXPECT_EQ(Refusal({.cap = enough}), "");
  EXPECT_EQ(Refusal({.owes = true, .cap = low}), kReceivableOutstanding.slug);
  EXPECT_EQ(Refusal({.owes = true, .offline = true}), "");
  EXPECT_EQ(Refusal({.cap = low, .offline = true}), kCodeCapTooLow.slug);
  EXPECT_EQ(Refusal({.direction = kOut, .owes = true, .cap = low}), "");
  EXPECT_EQ(Refusal({.owes = true, .cap = low, .happened = true}), "");
  ASSERT_EQ(Refusals().size(), 2u);
  EXPECT_EQ(Refusals()[0], kReceivableOutstanding);
  EXPECT_EQ(Refusals()[1], kCodeCapTooLow);
}

TEST(Refusals, RefusalStandsAlone) {
  const Rulebook rules = Ready();
  Rider rider{rules, {}, {}};
  rider.Happened(In("A", kEight, "1"));
  rider.facts.owes = true;
  const auto decision = Decide(rules, rider.facts, {.key = "", .at = kEight.PlusSeconds(kHour), .point = "B", .direction = kIn});
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->effects.size(), 1u);  // In particular the first journey is not priced by a refused entry.
}

TEST(Refusals, HighestFromBoundsWhatAnEntryCanCost) {
  const Rulebook book = Ready();
  const Rules& rules = *book.At(kEight);
  EXPECT_EQ(HighestFrom(rules, "A", Concession::kOrdinary)->fen(), 700);
  EXPECT_EQ(HighestFrom(rules, "A", Concession::kStudent)->fen(), 350);
  EXPECT_EQ(HighestFrom(rules, "A", Concession::kSenior)->fen(), 0);
  EXPECT_EQ(HighestFrom(rules, "Z", Concession::kOrdinary), std::nullopt);
}

TEST(Faults, FollowPrecedence) {
  const Rulebook rules = Ready();
  EXPECT_EQ(Decide(rules, {}, {.at = kEight, .point = "Z"}).error().reason, kPointUnknown);
  EXPECT_EQ(Decide(rules, {}, {.at = kEight, .point = "", .direction = kIn}).error().reason, kPointUnknown);
  EXPECT_EQ(Decide(rules, {}, {.at = kEight, .point = "A"}).error().reason, kDirectionMissing);
}

TEST(Rules, ContradictionsAreRefused) {
  const auto detail = [](const auto& change) {
    scene_file::Fare fare = Network();
    change(fare);
    const auto rules = Rules::Make(fare);
    EXPECT_FALSE(rules.ok());
    if (rules.ok()) return std::string();
    EXPECT_EQ(rules.error().reason, kFareRules);
    return rules.error().detail;
  };
  using F = scene_file::Fare;
  EXPECT_EQ(detail([](F& f) { f.stations.clear(); }), "number of stations");
  EXPECT_EQ(detail([](F& f) { f.bands.clear(); }), "there is no band");
  EXPECT_EQ(detail([](F& f) { f.bands.pop_back(); }), "the last band, and no other, is without limit");
  EXPECT_EQ(detail([](F& f) { f.bands[0].up_to_metres.reset(); }), "the last band, and no other, is without limit");
  EXPECT_EQ(detail([](F& f) { f.bands[1].up_to_metres = 6000; }), "bands do not ascend");
  EXPECT_EQ(detail([](F& f) { f.bands[1].price = Money::Fen(199); }), "a longer distance costs less");
  EXPECT_EQ(detail([](F& f) { f.segments.pop_back(); }), "no track leads to E");
  EXPECT_EQ(detail([](F& f) { f.segments[0].to = 9; }), "segment");
  EXPECT_EQ(detail([](F& f) { f.segments[0].to = 0; }), "segment");
  EXPECT_EQ(detail([](F& f) { f.segments[0].metres = 0; }), "length of a segment");
  EXPECT_EQ(detail([](F& f) { f.stations[1].code = "A"; }), "two stations have the code A");
  EXPECT_EQ(detail([](F& f) { f.concessions["pilot"] = 5; }), "no such concession class: pilot");
  EXPECT_EQ(detail([](F& f) { f.concessions["student"] = 101; }), "percent of student");
}

TEST(Concession, NamesAndAccountTypesReadBack) {
  for (uint8_t type = 1; type <= 5; ++type) {
    const auto concession = ConcessionOfAccountType(type);
    ASSERT_TRUE(concession);
    EXPECT_EQ(ConcessionNamed(ConcessionName(*concession)), concession);
  }
  EXPECT_EQ(ConcessionOfAccountType(0), std::nullopt);
  EXPECT_EQ(ConcessionOfAccountType(6), std::nullopt);
  EXPECT_EQ(ConcessionNamed("pilot"), std::nullopt);
}

// ---- Properties -----------------------------------------------------------------------------------------------------------

class FareProperties : public testing::TestWithParam<uint64_t> {};

std::vector<Tap> RandomTaps(SeededEntropy& entropy) {
  static constexpr const char* kPoints[] = {"A", "B", "C", "D", "E"};
  std::vector<Tap> taps;
  Instant at = At("05:00:00").PlusSeconds(static_cast<int64_t>(entropy.Below(20 * kHour)));
  const uint64_t count = 1 + entropy.Below(8);
  for (uint64_t i = 0; i < count; ++i) {
    Tap tap{"k" + std::to_string(i), at, kPoints[entropy.Below(5)], entropy.Below(2) == 0 ? kIn : kOut, std::nullopt};
    if (!taps.empty() && entropy.Below(6) == 0) {
      tap.point = taps.back().point;
      tap.direction = taps.back().direction;
    }
    if (entropy.Below(2) == 0) tap.cap = Money::Fen(static_cast<int64_t>(entropy.Below(900)));
    taps.push_back(std::move(tap));
    static constexpr int64_t kSteps[] = {0, 30, 61, 600, 5000, 15000, 90000};
    at = at.PlusSeconds(kSteps[entropy.Below(7)]);
  }
  return taps;
}

// What anybody can see of a rider's day: charged per journey, and how each journey ended.
std::pair<std::map<std::string, int64_t>, std::map<std::string, std::string>> Outcome(const Rider& rider) {
  std::map<std::string, int64_t> paid;
  for (const Charged& charged : rider.facts.charged) {
    const int64_t sum = rider.Paid(charged.subject).fen();
    if (sum != 0) paid[charged.subject] = sum;
  }
  auto recorded = rider.recorded;
  std::erase_if(recorded, [](const auto& entry) { return entry.second == kJourneyWithdrawn; });
  return {paid, recorded};
}

TEST_P(FareProperties, OrderOfArrivalDoesNotChangeWhatIsPaidInTheEnd) {
  SeededEntropy entropy(GetParam());
  const Rulebook rules = Ready();
  for (int round = 0; round < 60; ++round) {
    std::vector<Tap> taps = RandomTaps(entropy);
    const auto concession = static_cast<Concession>(1 + entropy.Below(5));
    Rider in_order{rules, {}, {}};
    in_order.facts.concession = concession;
    for (const Tap& tap : taps) in_order.Happened(tap);
    Rider shuffled{rules, {}, {}};
    shuffled.facts.concession = concession;
    for (size_t i = taps.size(); i > 1; --i) std::swap(taps[i - 1], taps[entropy.Below(i)]);
    for (const Tap& tap : taps) shuffled.Happened(tap);
    const Instant end = At("23:00:00").PlusSeconds(200 * kHour);
    for (const bool settled : {false, true}) {
      if (settled) {
        in_order.Settle(end);
        shuffled.Settle(end);
      }
      EXPECT_EQ(Outcome(in_order), Outcome(shuffled)) << "seed " << GetParam() << " round " << round << " settled " << settled;
    }
  }
}

TEST_P(FareProperties, NeverAboveTablePriceCapOfTheCodeOrDailyCap) {
  SeededEntropy entropy(GetParam());
  const Rulebook rules = Ready();
  for (int round = 0; round < 60; ++round) {
    const std::vector<Tap> taps = RandomTaps(entropy);
    Rider rider{rules, {}, {}};
    for (const Tap& tap : taps) rider.Happened(tap);
    rider.Settle(At("23:00:00").PlusSeconds(200 * kHour));
    std::map<int64_t, int64_t> paid_of_day;
    for (const Tap& tap : taps) {
      const int64_t paid = rider.Paid(tap.key).fen();
      EXPECT_GE(paid, 0);
      EXPECT_LE(paid, rules.At(kEight)->HighestPrice().fen());
      EXPECT_LE(paid, tap.cap.value_or(rules.At(kEight)->HighestPrice()).fen());
      paid_of_day[rules.ServiceDay(tap.at)] += paid;
    }
    for (const auto& [day, paid] : paid_of_day) {
      EXPECT_LE(paid, rules.At(kEight)->parameters().daily_cap.fen()) << "seed " << GetParam() << " round " << round;
    }
  }
}

TEST_P(FareProperties, RepeatingEverythingChangesNothing) {
  SeededEntropy entropy(GetParam());
  const Rulebook rules = Ready();
  for (int round = 0; round < 30; ++round) {
    const std::vector<Tap> taps = RandomTaps(entropy);
    Rider rider{rules, {}, {}};
    for (const Tap& tap : taps) rider.Happened(tap);
    const auto before = Outcome(rider);
    for (const Tap& tap : taps) {
      const Decision again = rider.Happened(tap);
      EXPECT_EQ(again.charged(), Money()) << "seed " << GetParam() << " round " << round;
    }
    EXPECT_EQ(Outcome(rider), before) << "seed " << GetParam() << " round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FareProperties, testing::Values(1u, 2u, 3u, 20260301u));

}  // namespace
}  // namespace yukuai::fare
