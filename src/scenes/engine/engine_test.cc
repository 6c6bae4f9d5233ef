// SPDX-License-Identifier: Apache-2.0
#include "scenes/engine/engine.h"

#include <gtest/gtest.h>

#include <fstream>

namespace yukuai::engine {
namespace {

constexpr std::string_view kScene = R"(id = "test-line"
version = 1
since = 2026-03-01
title = { zh = "试验线", en = "Test line" }
order = "clause 1"
owner = "org:test"
operator = { id = "test", zh = "试验", en = "Test" }
clearing_group = 1
day_starts_hour = 4
rules = ["fare"]
carriers = ["code"]
modes = ["scan"]
assurance = "real_name"
discloses = ["concession_class"]
[offline]
allowed = true
list_age_max_hours = 24
stale = "refuse"
loss_max_fen = 2000
loss_total_max_fen = 200000
[fare]
table = "prices"
daily_cap_fen = 3000
same_station_free_minutes = 20
duplicate_seconds = 60
journey_max_minutes = 240
settle_after_hours = 24
[fare.concessions]
student = 50
[refusals]
scene_not_in_force = { zh = "甲", en = "a" }
carrier_not_accepted = { zh = "甲", en = "a" }
list_stale = { zh = "甲", en = "a" }
offline_limit_carrier = { zh = "甲", en = "a" }
offline_limit_terminal = { zh = "甲", en = "a" }
receivable_outstanding = { zh = "甲", en = "a" }
code_cap_too_low = { zh = "甲", en = "a" }
)";

constexpr std::string_view kTable = R"(incomplete_price_fen = 700
[[station]]
code = "A"
name = { zh = "甲", en = "Alpha" }
[[station]]
code = "B"
name = { zh = "乙", en = "Beta" }
[[segment]]
from = "A"
to = "B"
metres = 6000
[[band]]
up_to_metres = 6000
price_fen = 200
[[band]]
up_to_metres = 9000
price_fen = 300
[[band]]
price_fen = 400
)";

Folder Valid() {
  return {{"scene.toml", std::string(kScene)},
          {"tables/prices.toml", std::string(kTable)},
          {"README.md", "org:test, clause 1"},
          {"ride.trial", "clock 2026-03-01T08:00:00+08:00\n"}};
}

void Replace(std::string& text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

std::vector<std::string> Problems(const Folder& folder) {
  const Loaded loaded = Load(folder, "test-line");
  EXPECT_NE(loaded.scene.has_value(), !loaded.problems.empty());
  std::vector<std::string> texts;
  for (const Problem& problem : loaded.problems) texts.push_back(problem.Text());
  return texts;
}

using Texts = std::vector<std::string>;
const Instant kNoon = *ParseRfc3339("2026-03-01T12:00:00+08:00");

TEST(Load, ReadsAWholeScene) {
  const Loaded loaded = Load(Valid(), "test-line");
  ASSERT_TRUE(loaded.scene.has_value()) << loaded.problems.front().Text();
  const Scene& scene = *loaded.scene;
  EXPECT_EQ(scene.about.title.en, "Test line");
  EXPECT_EQ(scene.about.owner, "org:test");
  EXPECT_EQ(scene.about.scene_operator.id, "test");
  EXPECT_EQ(scene.about.discloses, Texts{"concession_class"});
  EXPECT_EQ(scene.trials.size(), 1u);
  const scene_file::SceneFile& file = scene.judged.file();
  EXPECT_EQ(file.clearing_group, 1);
  ASSERT_EQ(file.versions.size(), 1u);
  EXPECT_EQ(file.versions[0].since, (CivilDate{2026, 3, 1}));
  EXPECT_EQ(file.versions[0].fare->stations.size(), 2u);
  EXPECT_EQ(file.versions[0].fare->concessions.at("student"), 50);
  EXPECT_EQ(file.versions[0].offline.stale_accept_below, std::nullopt);
}

struct Row {
  const char* file;
  const char* from;
  const char* to;
  const char* expected;
};

TEST(Load, NamesFileLineAndRemedy) {
  const Row rows[] = {
      {"scene.toml", "version = 1\n", "versoin = 1\n", "scene.toml:2: unknown key `versoin`; write `version`"},
      {"scene.toml", "since = 2026-03-01", "since = \"2026-03-01\"",
       "scene.toml:3: `since` is a text; write `since = 2026-03-01`"},
      {"scene.toml", "owner = \"org:test\"", "owner = \"\"",
       "scene.toml:6: `owner` is empty, too long or has control characters; write `owner = \"…\"`"},
      {"scene.toml", "clearing_group = 1\n", "clearing_group = 1000\n",
       "scene.toml:8: `clearing_group` = 1000 is out of range; write a number in 1..999"},
      {"scene.toml", "rules = [\"fare\"]", "rules = [\"fair\"]", "scene.toml:10: unknown value `fair` in `rules`; write `fare`"},
      {"scene.toml", "[\"code\"]", "[\"code\", \"code\"]", "scene.toml:11: `code` twice in `carriers`; remove one"},
      {"scene.toml", "[\"code\"]", "[]", "scene.toml:11: `carriers` is empty; write `carriers = [\"code\"]`"},
      {"scene.toml", "[\"code\"]", "[7]", "scene.toml:11: `carriers` is a whole number; write `carriers = [\"code\"]`"},
      {"scene.toml", "assurance = \"real_name\"", "assurance = \"realname\"",
       "scene.toml:13: unknown value `realname` of `assurance`; write `real_name`"},
      {"scene.toml", "[\"concession_class\"]", "[\"birthday\"]",
       "scene.toml:14: unknown value `birthday` in `discloses`; write `concession_class`"},
      {"scene.toml", "assurance = \"real_name\"", "unconfirmed = \"maybe\"\nassurance = \"real_name\"",
       "scene.toml:13: unknown value `maybe` of `unconfirmed`; write one of `counts`, `void`"},
      {"scene.toml", "allowed = true", "allowed = 1", "scene.toml:16: `allowed` is a whole number; write `allowed = true`"},
      {"scene.toml", "stale = \"refuse\"", "stale = \"accept\"",
       "scene.toml:18: unknown value `accept` of `stale`; write `refuse` or `accept_below_fen:500`"},
      {"scene.toml", "stale = \"refuse\"", "stale = \"accept_below_fen:9999999\"",
       "scene.toml:18: unknown value `accept_below_fen:9999999` of `stale`; write `refuse` or `accept_below_fen:500`"},
      {"scene.toml", "daily_cap_fen = 3000\n", "",
       "scene.toml:21: missing key `daily_cap_fen` in [fare]; write `daily_cap_fen = <0..1000000>`"},
      {"scene.toml", "daily_cap_fen = 3000", "daily_cap_fen = -1",
       "scene.toml:23: `daily_cap_fen` = -1 is out of range; write a number in 0..1000000"},
      {"scene.toml", "table = \"prices\"", "table = \"price\"",
       "scene.toml:22: there is no tables/price.toml; write `prices` or add the file"},
      {"scene.toml", "settle_after_hours = 24", "settle_after_hours = 3",
       "scene.toml:27: settled before the longest journey can have ended; write at least 4"},
      {"scene.toml", "student = 50", "students = 50", "scene.toml:29: unknown concession class `students`; write `student`"},
      {"scene.toml", "list_stale = {", "list_stail = {", "scene.toml:33: unknown reason `list_stail`; write `list_stale`"},
      {"scene.toml", "code_cap_too_low = { zh = \"甲\", en = \"a\" }\n", "",
       "scene.toml:30: no text for the refusal `code_cap_too_low`; write `code_cap_too_low = { zh = \"…\", en = \"…\" }`: what "
       "the person is to do"},
      {"scene.toml", "list_stale = { zh = \"甲\", en = \"a\" }", "list_stale = { zh = \"甲\" }",
       "scene.toml:33: missing key `en` in `list_stale`; write `en = \"…\"`"},
      {"scene.toml", "id = \"test-line\"", "id = \"other\"",
       "scene.toml: `id` is `other`, the folder `test-line`; give both one name"},
      {"tables/prices.toml", "metres = 6000\n[[band]]", "metres = 0\n[[band]]",
       "tables/prices.toml:11: `metres` = 0 is out of range; write a number in 1..1000000"},
      {"tables/prices.toml", "to = \"B\"", "to = \"BB\"",
       "tables/prices.toml:10: unknown value `BB` of `to`; write one of `A`, `B`"},
      {"tables/prices.toml", "to = \"B\"", "to = \"A\"",
       "tables/prices.toml:10: a segment from `A` to itself; name its other end"},
      {"tables/prices.toml", "code = \"B\"", "code = \"A\"",
       "tables/prices.toml:6: a second station with the code `A`; give each station a code of its own"},
      {"tables/prices.toml", "code = \"B\"", "code = \"B/1\"",
       "tables/prices.toml:6: `B/1` is no station code; write letters, digits, '-', '_' or '.', at most 64"},
      {"tables/prices.toml", "up_to_metres = 9000", "up_to_metres = 6000",
       "tables/prices.toml:16: bands do not ascend; write more than 6000"},
      {"tables/prices.toml", "up_to_metres = 9000\n", "",
       "tables/prices.toml:15: a band without end before the last; write `up_to_metres = <metres>`"},
      {"tables/prices.toml", "price_fen = 300", "price_fen = 199",
       "tables/prices.toml:17: a longer distance costs less; write at least 200"},
      {"tables/prices.toml", "[[band]]\nprice_fen = 400\n", "",
       "tables/prices.toml:16: the last band ends; remove `up_to_metres`: it holds for any distance"},
      {"tables/prices.toml", "incomplete_price_fen = 700", "incomplete_price_fen = 7.5",
       "tables/prices.toml:1: floating numbers and times of day are not used here; write a whole number, a date or a text; mend "
       "the TOML at this place"},
  };
  for (const Row& row : rows) {
    Folder folder = Valid();
    Replace(folder[row.file], row.from, row.to);
    const Texts problems = Problems(folder);
    ASSERT_FALSE(problems.empty()) << row.to;
    EXPECT_NE(std::find(problems.begin(), problems.end(), row.expected), problems.end())
        << "expected " << row.expected << "\nfirst is " << problems.front();
  }
}

TEST(Load, EachVersionSaysWhetherAnUnconfirmedPassageCounts) {
  const Loaded silent = Load(Valid(), "test-line");
  EXPECT_TRUE(silent.scene->CountsUnconfirmed(kNoon));
  Folder folder = Valid();
  folder["earlier/1.toml"] = folder["scene.toml"];
  std::string& newest = folder["scene.toml"];
  Replace(newest, "version = 1", "version = 2");
  Replace(newest, "since = 2026-03-01", "since = 2026-03-05");
  Replace(newest, "assurance", "unconfirmed = \"void\"\nassurance");
  const Loaded loaded = Load(folder, "test-line");
  ASSERT_TRUE(loaded.scene.has_value()) << loaded.problems.front().Text();
  EXPECT_TRUE(loaded.scene->CountsUnconfirmed(kNoon));
  EXPECT_FALSE(loaded.scene->CountsUnconfirmed(kNoon.PlusSeconds(10 * 86400)));
  EXPECT_TRUE(loaded.scene->CountsUnconfirmed(kNoon.PlusSeconds(-10 * 86400)));  // Before any version.
}

TEST(Load, ReportsEveryProblemAtOnce) {
  Folder folder = Valid();
  Replace(folder["scene.toml"], "clearing_group = 1", "clearing_group = 0");
  Replace(folder["scene.toml"], "allowed = true", "allowed = 1");
  Replace(folder["tables/prices.toml"], "price_fen = 400", "price_fen = 4000000");
  EXPECT_EQ(Problems(folder).size(), 3u);
}

TEST(Load, NetworkMustHangTogether) {
  Folder folder = Valid();
  folder["tables/prices.toml"] += "[[station]]\ncode = \"C\"\nname = { zh = \"丙\", en = \"Gamma\" }\n";
  EXPECT_EQ(Problems(folder), Texts{"tables/prices.toml: no track leads to C; mend the table so that every ride has a price"});
}

TEST(Load, FolderIsHeldToItsShape) {
  Folder folder = Valid();
  folder.erase("ride.trial");
  EXPECT_EQ(Problems(folder), Texts{"a scene without a trial; add a file <behaviour>.trial with a `clock` and what is expected"});
  folder = Valid();
  folder["README.md"] = "org:test";
  EXPECT_EQ(Problems(folder),
            Texts{"README.md: does not name `clause 1`; name owner and clause of the order as scene.toml does"});
  folder.erase("README.md");
  EXPECT_EQ(Problems(folder), Texts{"README.md: missing; write who owns the scene and which clause of the order asks for it"});
  folder = Valid();
  folder["notes.txt"] = "";
  EXPECT_EQ(Problems(folder).size(), 1u);
  folder = Valid();
  folder["tables/old.toml"] = folder["tables/prices.toml"];
  EXPECT_EQ(Problems(folder), Texts{"tables/old.toml: no version uses this table; name it in scene.toml or remove it"});
  EXPECT_EQ(Problems({}), Texts{"scene.toml: missing; a scene's folder has a scene.toml"});
}

Folder TwoVersions() {
  Folder folder = Valid();
  folder["earlier/1.toml"] = folder["scene.toml"];
  Replace(folder["scene.toml"], "version = 1", "version = 2");
  Replace(folder["scene.toml"], "since = 2026-03-01", "since = 2026-06-01");
  Replace(folder["scene.toml"], "daily_cap_fen = 3000", "daily_cap_fen = 2000");
  return folder;
}

TEST(Versions, AreInForceByServiceDay) {
  const Loaded loaded = Load(TwoVersions(), "test-line");
  ASSERT_TRUE(loaded.scene.has_value()) << loaded.problems.front().Text();
  const judgement::Scene& scene = loaded.scene->judged;
  EXPECT_EQ(scene.VersionName(*ParseRfc3339("2026-06-01T03:59:59+08:00")), "test-line@1");
  EXPECT_EQ(scene.VersionName(*ParseRfc3339("2026-06-01T04:00:00+08:00")), "test-line@2");
}

TEST(Versions, MustSucceedEachOther) {
  Folder folder = TwoVersions();
  Replace(folder["scene.toml"], "version = 2", "version = 1");
  EXPECT_EQ(Problems(folder), Texts{"scene.toml: `version` is not higher than earlier/1.toml; write `version = 2`"});
  folder = TwoVersions();
  Replace(folder["scene.toml"], "since = 2026-06-01", "since = 2026-02-01");
  EXPECT_EQ(Problems(folder), Texts{"scene.toml: begins before the version before it; write a later `since`"});
  folder = TwoVersions();
  folder["earlier/7.toml"] = folder["earlier/1.toml"];
  EXPECT_EQ(Problems(folder)[0], "earlier/7.toml: `version` is 1; write `version = 7`");
  folder = TwoVersions();
  folder["earlier/one.toml"] = folder["earlier/1.toml"];
  EXPECT_EQ(Problems(folder),
            Texts{"earlier/one.toml: an earlier version is named by its number; rename it to earlier/<version>.toml"});
  folder = TwoVersions();
  Replace(folder["earlier/1.toml"], "clearing_group = 1", "clearing_group = 2");
  EXPECT_EQ(Problems(folder),
            Texts{"earlier/1.toml: `clearing_group` is not what scene.toml has; write the same `clearing_group`"});
}

TEST(Versions, AreBoundedByWhatATerminalReads) {
  Folder folder = TwoVersions();
  std::string text = folder["earlier/1.toml"];
  for (int number = 2; number <= 16; ++number) {
    const std::string before = "version = " + std::to_string(number - 1) + "\n";
    Replace(text, before, "version = " + std::to_string(number) + "\n");
    folder["earlier/" + std::to_string(number) + ".toml"] = text;
  }
  Replace(folder["scene.toml"], "version = 2", "version = 17");
  EXPECT_EQ(Problems(folder), Texts{"scene.toml: scene_file_content versions: too many; keep fewer versions, stations or texts"});
  folder.erase("earlier/16.toml");
  EXPECT_EQ(Problems(folder), Texts{});
  Replace(folder["earlier/7.toml"], "since = 2026-03-01", "since = 2026-02-01");
  EXPECT_EQ(Problems(folder), Texts{"earlier/7.toml: begins before the version before it; write a later `since`"});
}

TEST(Compile, CarriesTheVersionInForceAndLaterOnes) {
  const Loaded loaded = Load(TwoVersions(), "test-line");
  ASSERT_TRUE(loaded.scene.has_value());
  const auto now = Compile(*loaded.scene, kNoon);
  ASSERT_TRUE(now.ok());
  EXPECT_EQ(now->version, 2);
  const auto file = scene_file::Parse(now->body);
  ASSERT_TRUE(file.ok()) << file.error().detail;
  EXPECT_EQ(file->versions.size(), 2u);
  const auto later = Compile(*loaded.scene, *ParseRfc3339("2026-06-01T04:00:00+08:00"));
  ASSERT_TRUE(later.ok());
  EXPECT_EQ(scene_file::Parse(later->body)->versions.size(), 1u);
  EXPECT_EQ(Compile(*loaded.scene, *ParseRfc3339("2026-03-01T03:59:59+08:00")).error().reason, kSceneNotYetInForce);
  for (const char* private_word : {"org:test", "clause 1", "concession_class"}) {
    EXPECT_EQ(now->body.find(private_word), std::string::npos) << "terminals have no use for " << private_word;
  }
}

TEST(Compile, TerminalJudgesAsTheServerDoes) {
  const Loaded loaded = Load(Valid(), "test-line");
  ASSERT_TRUE(loaded.scene.has_value());
  const auto terminal = judgement::Scene::Make(*scene_file::Parse(Compile(*loaded.scene, kNoon)->body));
  ASSERT_TRUE(terminal.ok());
  judgement::Facts facts;
  facts.fare.cap = Money::Fen(699);
  const decision::Event entry{.at = kNoon, .point = "A", .direction = decision::Direction::kIn, .offline = true};
  EXPECT_EQ(judgement::Decide(*terminal, entry, facts)->refusal()->reason, fare::kCodeCapTooLow);
  EXPECT_EQ(judgement::Decide(loaded.scene->judged, entry, facts)->refusal()->reason, fare::kCodeCapTooLow);
}

class EngineOnDisk : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(testing::TempDir()) /
            ("scenes-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(root_);
    Write(Valid());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void Write(const Folder& folder) {
    for (const auto& [path, text] : folder) {
      const auto file = root_ / "test-line" / path;
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file) << text;
    }
  }
  std::filesystem::path root_;
};

TEST_F(EngineOnDisk, LoadsAllScenesAndDecides) {
  const auto engine = Engine::LoadAll(root_);
  ASSERT_TRUE(engine.ok()) << engine.error().detail;
  EXPECT_EQ(engine->scenes().size(), 1u);
  ASSERT_NE(engine->Find("test-line"), nullptr);
  EXPECT_EQ(engine->Find("other"), nullptr);
  const decision::Event entry{.at = kNoon, .point = "A", .direction = decision::Direction::kIn};
  const auto decision = engine->Decide("test-line", entry, {});
  ASSERT_TRUE(decision.ok());
  EXPECT_TRUE(decision->admitted());
  EXPECT_EQ(engine->Decide("other", entry, {}).error().reason, kSceneUnknown);
}

TEST_F(EngineOnDisk, NamesTheFolderThatFails) {
  Folder folder = Valid();
  Replace(folder["scene.toml"], "version = 1\n", "versoin = 1\n");
  Write(folder);
  const auto engine = Engine::LoadAll(root_);
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.error().reason, kSceneInvalid);
  EXPECT_NE(engine.error().detail.find("test-line/scene.toml:"), std::string::npos) << engine.error().detail;
}

TEST_F(EngineOnDisk, LeavesOutHiddenFilesAndFailsOnMissingFolders) {
  std::ofstream(root_ / "test-line" / ".scene.toml.swp") << "x";
  std::filesystem::create_directories(root_ / ".hidden");
  std::filesystem::create_directories(root_ / "test-line" / ".hidden");
  std::ofstream(root_ / "test-line" / ".hidden" / "file") << "x";
  EXPECT_TRUE(Engine::LoadAll(root_).ok());
  EXPECT_EQ(Engine::LoadAll(root_ / "none").error().reason, kSceneUnreadable);
  EXPECT_EQ(ReadFolder(root_ / "none").error().reason, kSceneUnreadable);
}

}  // namespace
}  // namespace yukuai::engine
