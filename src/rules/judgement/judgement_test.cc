// SPDX-License-Identifier: Apache-2.0
#include "rules/judgement/judgement.h"

#include <gtest/gtest.h>

namespace yukuai::judgement {
namespace {

using decision::Carrier;
using decision::Direction;
using decision::Event;

const Instant kNoon = *ParseRfc3339("2026-03-01T12:00:00+08:00");

scene_file::SceneFile File() {
  scene_file::Fare fare;
  fare.stations = {{"A", {"甲", "Alpha"}}, {"B", {"乙", "Beta"}}};
  fare.segments = {{0, 1, 2500}};
  fare.bands = {{std::nullopt, Money::Fen(200)}};
  fare.incomplete_price = Money::Fen(500);
  fare.daily_cap = Money::Fen(1500);
  fare.journey_max_minutes = 240;
  fare.settle_after_hours = 24;
  fare.concessions = {{"senior", 0}};
  scene_file::Version version;
  version.number = 1;
  version.since = {2026, 3, 1};
  version.carriers = {scene_file::Carrier::kCode};
  version.offline = {true, 24, std::nullopt, Money::Fen(1000), Money::Fen(3000)};
  version.rules = {"fare"};
  version.fare = fare;
  return {"test-line", {"试验线", "Test line"}, 1, 4, {version}};
}

Event Entry() { return {.key = "", .at = kNoon, .point = "A", .direction = Direction::kIn}; }

std::string Answer(const scene_file::SceneFile& file, const Event& event, const Facts& facts) {
  const auto scene = Scene::Make(file);
  EXPECT_TRUE(scene.ok());
  const auto decision = Decide(*scene, event, facts);
  if (!decision.ok()) return "fault " + std::string(decision.error().reason.slug);
  if (decision->refusal() != nullptr) return std::string(decision->refusal()->reason.slug);
  return decision->admitted() ? "admitted" : "";
}

struct Offline {
  int64_t age_seconds = 0;
  int64_t carrier_fen = 0;
  int64_t total_fen = 0;
};
std::string Alone(const scene_file::SceneFile& file, const Offline& state,
                  fare::Concession concession = fare::Concession::kOrdinary) {
  Event event = Entry();
  event.offline = true;
  Facts facts;
  facts.fare.concession = concession;
  facts.terminal = TerminalState{state.age_seconds, Money::Fen(state.carrier_fen), Money::Fen(state.total_fen)};
  return Answer(file, event, facts);
}

TEST(Judgement, AdmitsAndNamesTheVersion) {
  const auto scene = Scene::Make(File());
  ASSERT_TRUE(scene.ok());
  const auto decision = Decide(*scene, Entry(), {});
  ASSERT_TRUE(decision.ok());
  EXPECT_TRUE(decision->admitted());
  EXPECT_EQ(decision->rule_version, "test-line@1");
}

TEST(Judgement, ListAgeHoldsToItsLastSecond) {
  EXPECT_EQ(Alone(File(), {.age_seconds = 24 * 3600}), "admitted");
  EXPECT_EQ(Alone(File(), {.age_seconds = 24 * 3600 + 1}), "list_stale");
}

TEST(Judgement, StaleListMayStillAdmitSmallSums) {
  scene_file::SceneFile file = File();
  file.versions[0].offline.stale_accept_below = Money::Fen(501);
  EXPECT_EQ(Alone(file, {.age_seconds = 1'000'000}), "admitted");
  file.versions[0].offline.stale_accept_below = Money::Fen(500);
  EXPECT_EQ(Alone(file, {.age_seconds = 1'000'000}), "list_stale");
  EXPECT_EQ(Alone(file, {.age_seconds = 1'000'000}, fare::Concession::kSenior), "admitted");
}

TEST(Judgement, UnsynchronisedSumsAreBounded) {
  EXPECT_EQ(Alone(File(), {.carrier_fen = 500, .total_fen = 2500}), "admitted");
  EXPECT_EQ(Alone(File(), {.carrier_fen = 501, .total_fen = 2500}), "offline_limit_carrier");
  EXPECT_EQ(Alone(File(), {.carrier_fen = 500, .total_fen = 2501}), "offline_limit_terminal");
}

TEST(Judgement, RefusalsFollowPrecedence) {
  // Everything is wrong at once; each row mends what the row before complained of.
  scene_file::SceneFile file = File();
  file.versions[0].offline.allowed = false;
  file.versions[0].since = {2026, 3, 2};
  Event event = Entry();
  event.carrier = Carrier::kCard;
  Facts facts;
  facts.fare.owes = true;
  facts.fare.cap = Money::Fen(1);
  facts.terminal = TerminalState{1'000'000, Money::Fen(501), Money::Fen(2501)};
  std::vector<std::string> seen;
  const auto look = [&] { seen.push_back(Answer(file, event, facts)); };
  look();
  file.versions[0].since = {2026, 3, 1};
  look();
  event.carrier = Carrier::kCode;
  look();
  file.versions[0].offline.allowed = true;
  look();
  facts.terminal->list_age_seconds = 0;
  look();
  facts.terminal->unsynchronised_of_carrier = Money();
  look();
  facts.terminal.reset();
  look();
  facts.fare.owes = false;
  look();
  facts.fare.cap.reset();
  look();
  std::vector<std::string> expected;
  for (const Reason& reason : Refusals({"fare"})) expected.emplace_back(reason.slug);
  expected.emplace_back("admitted");
  EXPECT_EQ(seen, expected);
}

TEST(Judgement, ReachableRefusalsDependOnWorkingOffline) {
  scene_file::Offline offline = File().versions[0].offline;
  const auto slugs = [&offline] {
    std::vector<std::string> all;
    for (const Reason& reason : RefusalsReachable({"fare"}, offline)) all.emplace_back(reason.slug);
    return all;
  };
  EXPECT_EQ(slugs(),
            (std::vector<std::string>{"scene_not_in_force", "carrier_not_accepted", "list_stale", "offline_limit_carrier",
                                      "offline_limit_terminal", "receivable_outstanding", "code_cap_too_low"}));
  offline.allowed = false;
  EXPECT_EQ(slugs(), (std::vector<std::string>{"scene_not_in_force", "carrier_not_accepted", "offline_not_allowed",
                                               "receivable_outstanding", "code_cap_too_low"}));
}

TEST(Judgement, ExitsAndWhatHappenedAreNeverRefused) {
  scene_file::SceneFile file = File();
  file.versions[0].offline.allowed = false;
  Facts facts;
  facts.fare.owes = true;
  facts.fare.cap = Money();
  facts.terminal = TerminalState{1'000'000, Money::Fen(5000), Money::Fen(5000)};
  Event exit = Entry();
  exit.direction = Direction::kOut;
  exit.carrier = Carrier::kPrintedCode;
  exit.offline = true;
  EXPECT_EQ(Answer(file, exit, facts), "admitted");
  Event happened = Entry();
  happened.carrier = Carrier::kPrintedCode;
  happened.happened = true;
  EXPECT_EQ(Answer(file, happened, facts), "admitted");
}

TEST(Judgement, VersionIsTheOneOfTheServiceDay) {
  scene_file::SceneFile file = File();
  scene_file::Version next = file.versions[0];
  next.number = 7;
  next.since = {2026, 6, 1};
  file.versions.push_back(next);
  const auto scene = Scene::Make(file);
  ASSERT_TRUE(scene.ok());
  const auto name = [&scene](std::string_view at) { return scene->VersionName(*ParseRfc3339(at)); };
  EXPECT_EQ(name("2026-03-01T03:59:59+08:00"), "test-line@0");
  EXPECT_EQ(name("2026-03-01T04:00:00+08:00"), "test-line@1");
  EXPECT_EQ(name("2026-06-01T03:59:59+08:00"), "test-line@1");
  EXPECT_EQ(name("2026-06-01T04:00:00+08:00"), "test-line@7");
  EXPECT_EQ(ToText(scene->ServiceDay(*ParseRfc3339("2026-06-01T03:59:59+08:00"))), "2026-05-31");
  EXPECT_EQ(scene->InForce(*ParseRfc3339("2026-02-01T00:00:00+08:00")), nullptr);
}

TEST(Judgement, BeforeTheFirstVersionAnEntryIsRefusedAndARecordFaults) {
  Event early = Entry();
  early.at = *ParseRfc3339("2026-02-28T12:00:00+08:00");
  EXPECT_EQ(Answer(File(), early, {}), "scene_not_in_force");
  early.happened = true;
  EXPECT_EQ(Answer(File(), early, {}), "fault scene_not_in_force");
}

TEST(Judgement, FaultsOfRuleSetsPassThrough) {
  Event event = Entry();
  event.point = "Z";
  EXPECT_EQ(Answer(File(), event, {}), "fault point_unknown");
}

TEST(Judgement, ExposureIsWhatTheEntryCanComeTo) {
  const auto scene = Scene::Make(File());
  ASSERT_TRUE(scene.ok());
  fare::Facts facts;
  EXPECT_EQ(Exposure(*scene, Entry(), facts).fen(), 500);
  facts.concession = fare::Concession::kSenior;
  EXPECT_EQ(Exposure(*scene, Entry(), facts).fen(), 0);
  Event exit = Entry();
  exit.direction = Direction::kOut;
  EXPECT_EQ(Exposure(*scene, exit, {}).fen(), 0);
}

TEST(Judgement, RulesThatDoNotExistOrContradictThemselvesAreRefused) {
  scene_file::SceneFile file = File();
  file.versions[0].rules = {"passage"};
  EXPECT_EQ(Scene::Make(file).error().reason, kRuleSetUnknown);
  file = File();
  file.versions[0].fare->segments.clear();
  EXPECT_EQ(Scene::Make(file).error().reason, fare::kFareRules);
}

TEST(Judgement, RulesReadFromABodyJudgeAlike) {
  const auto body = scene_file::Emit(File());
  const auto file = scene_file::Parse(body);
  ASSERT_TRUE(file.ok()) << file.error().detail;
  EXPECT_EQ(Answer(*file, Entry(), {}), "admitted");
}

}  // namespace
}  // namespace yukuai::judgement
