// SPDX-License-Identifier: Apache-2.0
#include "formats/scene_file/scene_file.h"

#include <gtest/gtest.h>

namespace yukuai::scene_file {
namespace {

SceneFile Example() {
  Fare fare;
  fare.stations = {{"AAA", {"甲站", "Station A"}}, {"BBB", {"乙\"站\"", "Station B"}}};
  fare.segments = {{0, 1, 6000}};
  fare.bands = {{6000, Money::Fen(200)}, {std::nullopt, Money::Fen(300)}};
  fare.incomplete_price = Money::Fen(600);
  fare.daily_cap = Money::Fen(3000);
  fare.same_station_free_minutes = 20;
  fare.duplicate_seconds = 60;
  fare.journey_max_minutes = 240;
  fare.settle_after_hours = 24;
  fare.concessions = {{"student", 50}};
  Version version;
  version.number = 1;
  version.since = {2026, 3, 1};
  version.carriers = {Carrier::kCode, Carrier::kCard};
  version.offline = {true, 24, Money::Fen(500), Money::Fen(2000), Money::Fen(200000)};
  version.refusals = {{"list_stale", {"请到服务台", "Ask at the desk"}}};
  version.rules = {"fare"};
  version.fare = fare;
  Version later = version;
  later.number = 2;
  later.since = {2026, 6, 1};
  later.offline.stale_accept_below = std::nullopt;
  later.fare->bands.back().price = Money::Fen(400);
  return {"test-line", {"试验线", "Test line"}, 1, 4, {version, later}};
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(SceneFile, ReadsBackWhatItWrote) {
  const std::string body = Emit(Example());
  const auto read = Parse(body);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_EQ(*read, Example());
}

TEST(SceneFile, IsCanonicalJson) {
  SceneFile file = Example();
  file.versions.resize(1);
  EXPECT_EQ(Emit(file),
            "{\"clearing_group\":1,\"day_starts_hour\":4,\"id\":\"test-line\",\"title\":{\"en\":\"Test line\",\"zh\":\"试验线\"},"
            "\"versions\":[{\"carriers\":[\"code\",\"card\"],\"fare\":{\"bands\":[{\"price_fen\":200,\"up_to_metres\":6000},"
            "{\"price_fen\":300}],\"concessions\":{\"student\":50},\"daily_cap_fen\":3000,\"duplicate_seconds\":60,"
            "\"incomplete_price_fen\":600,\"journey_max_minutes\":240,\"same_station_free_minutes\":20,"
            "\"segments\":[{\"from\":0,\"metres\":6000,\"to\":1}],\"settle_after_hours\":24,"
            "\"stations\":[{\"code\":\"AAA\",\"en\":\"Station A\",\"zh\":\"甲站\"},"
            "{\"code\":\"BBB\",\"en\":\"Station B\",\"zh\":\"乙\\\"站\\\"\"}]},\"number\":1,"
            "\"offline\":{\"allowed\":true,\"list_age_max_hours\":24,\"loss_max_fen\":2000,\"loss_total_max_fen\":200000,"
            "\"stale_accept_below_fen\":500},\"refusals\":{\"list_stale\":{\"en\":\"Ask at the desk\",\"zh\":\"请到服务台\"}},"
            "\"rules\":[\"fare\"],\"since\":\"2026-03-01\"}]}");
}

struct Change {
  std::string_view from;
  std::string_view to;
  Reason expected;
};

TEST(SceneFile, RefusesEveryDeviation) {
  const std::string body = Emit(Example());
  const Change changes[] = {
      {"{\"clearing_group\"", "[\"clearing_group\"", kSceneFileSyntax},
      {"\"zh\":\"甲站\"", "\"zh\":\"\xFF\"", kSceneFileSyntax},
      {"\"number\":1", "\"number\":1.0", kSceneFileContent},
      {"\"number\":1", "\"number\":0", kSceneFileContent},
      {"\"number\":1", "\"number\":2", kSceneFileContent},  // The next one is 2 as well.
      {"\"since\":\"2026-03-01\"", "\"since\":\"2026-13-01\"", kSceneFileContent},
      {"\"since\":\"2026-03-01\"", "\"since\":\"2026-07-01\"", kSceneFileContent},  // After its successor.
      {"\"clearing_group\":1", "\"clearing_group\":1000", kSceneFileContent},
      {"\"day_starts_hour\":4", "\"day_starts_hour\":24", kSceneFileContent},
      {"\"id\":\"test-line\"", "\"id\":\"Test line\"", kSceneFileContent},
      {"[\"code\",\"card\"]", "[\"card\",\"code\"]", kSceneFileContent},
      {"[\"code\",\"card\"]", "[\"code\",\"code\"]", kSceneFileContent},
      {"[\"code\",\"card\"]", "[\"code\",\"watch\"]", kSceneFileContent},
      {"\"allowed\":true", "\"allowed\":1", kSceneFileContent},
      {"\"list_age_max_hours\":24,", "", kSceneFileContent},
      {"\"price_fen\":200", "\"price_fen\":-1", kSceneFileContent},
      {"\"price_fen\":200", "\"price_fen\":1000001", kSceneFileContent},
      {"\"price_fen\":200", "\"price_fen\":99999999999999999999", kSceneFileContent},
      {"\"up_to_metres\":6000", "\"up_to_metres\":0", kSceneFileContent},
      {"\"from\":0", "\"from\":2", kSceneFileContent},
      {"\"code\":\"AAA\"", "\"code\":\"A/A\"", kSceneFileContent},
      {"\"code\":\"AAA\"", "\"code\":\"\"", kSceneFileContent},
      {"\"en\":\"Station A\"", "\"en\":\"\"", kSceneFileContent},
      {"\"en\":\"Station A\"", "\"en\":\"\\u0007\"", kSceneFileContent},
      {"\"student\":50", "\"student\":101", kSceneFileContent},
      {"\"rules\":[\"fare\"]", "\"rules\":[]", kSceneFileContent},
      {"\"rules\":[\"fare\"]", "\"rules\":[7]", kSceneFileContent},
      {"\"number\":1", "\"number\": 1", kSceneFileNotCanonical},
      {"\"number\":1", "\"number\":1,\"number\":1", kSceneFileNotCanonical},
      {"\"number\":1", "\"number\":1,\"odd\":1", kSceneFileNotCanonical},
      {"\"id\":\"test-line\"", "\"id\":\"test\\u002dline\"", kSceneFileNotCanonical},
      {"\"from\":0,\"metres\":6000", "\"metres\":6000,\"from\":0", kSceneFileNotCanonical},
  };
  for (const Change& change : changes) {
    const auto read = Parse(Replaced(body, change.from, change.to));
    ASSERT_FALSE(read.ok()) << change.to;
    EXPECT_EQ(read.error().reason.slug, change.expected.slug) << change.to << ": " << read.error().detail;
  }
  EXPECT_EQ(Parse(body + " ").error().reason, kSceneFileNotCanonical);
  EXPECT_EQ(Parse("").error().reason, kSceneFileSyntax);
  EXPECT_EQ(Parse("7").error().reason, kSceneFileContent);
}

TEST(SceneFile, BoundsComeFirst) {
  EXPECT_EQ(Parse(std::string(kBodyBytesMax + 1, '[')).error().reason, kSceneFileTooLarge);
  EXPECT_EQ(Parse(std::string(kBodyBytesMax, '[')).error().reason, kSceneFileSyntax);
  SceneFile file = Example();
  while (file.versions.front().fare->stations.size() <= kStationCountMax) {
    file.versions.front().fare->stations.push_back({"CCC", {"丙", "C"}});
  }
  EXPECT_EQ(Parse(Emit(file)).error().reason, kSceneFileContent);
}

TEST(SceneFile, NamesOfCarriersReadBack) {
  for (const Carrier carrier : {Carrier::kCode, Carrier::kCard, Carrier::kPrintedCode}) {
    EXPECT_EQ(CarrierNamed(CarrierName(carrier)), carrier);
  }
  EXPECT_EQ(CarrierNamed("watch"), std::nullopt);
}

TEST(SceneFile, NamesAreNarrow) {
  EXPECT_TRUE(IsSceneId("a-1"));
  EXPECT_FALSE(IsSceneId("1a"));
  EXPECT_FALSE(IsSceneId("a_b"));
  EXPECT_FALSE(IsSceneId(std::string(33, 'a')));
  EXPECT_TRUE(IsSlug("a_1"));
  EXPECT_FALSE(IsSlug("a-1"));
  EXPECT_FALSE(IsSlug(""));
  EXPECT_TRUE(IsPoint(std::string(64, 'A')));
  EXPECT_FALSE(IsPoint(std::string(65, 'A')));
  EXPECT_FALSE(IsText({"甲", ""}));
  EXPECT_FALSE(IsText({"甲", std::string(301, 'a')}));
}

}  // namespace
}  // namespace yukuai::scene_file
