// SPDX-License-Identifier: Apache-2.0
#include "registers/journeys/journeys.h"

#include <gtest/gtest.h>

#include "platform/storage/scratch.h"

namespace yukuai::journeys {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");

class Journeys : public ::testing::Test {
 protected:
  void SetUp() override {
    auto scratch = storage::Scratch::Open(kSchema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = std::move(scratch).value();
    person_ = PersonId::Make(kNow, 77, entropy_);
    gate_a_ = TerminalId::Make(kNow, 1, entropy_);
    gate_b_ = TerminalId::Make(kNow, 2, entropy_);
  }
  Passage PassageAt(TerminalId terminal, uint64_t counter, int64_t minute, uint8_t presentation) {
    Passage passage;
    passage.record = {terminal, counter};
    passage.person = person_;
    passage.scene = "rail";
    passage.at = kNow.PlusSeconds(minute * 60);
    passage.point = "LJB";
    passage.direction = Direction::kIn;
    passage.cap = Money::Fen(2000);
    passage.presentation[0] = presentation;
    return passage;
  }
  void Transact(const std::function<Result<void>(storage::Transaction&)>& work) {
    const auto done = scratch_->database().Transact(work);
    ASSERT_TRUE(done.ok()) << done.error().reason.slug << " " << done.error().detail;
  }
  std::unique_ptr<storage::Reader> Read() { return std::move(scratch_->database().Read()).value(); }

  SeededEntropy entropy_{7};
  std::unique_ptr<storage::Scratch> scratch_;
  PersonId person_;
  TerminalId gate_a_;
  TerminalId gate_b_;
};

TEST(RecordKey, ReadsOnlyWhatItWrites) {
  SeededEntropy entropy(1);
  const RecordKey key{TerminalId::Make(kNow, 3, entropy), 17};
  EXPECT_EQ(RecordKey::Parse(key.Text()), key);
  for (const std::string& wrong :
       {std::string(), std::string("ter_:1"), key.terminal.Text(), key.terminal.Text() + ":", key.Text() + "x",
        key.terminal.Text() + ":-1", key.terminal.Text() + ":99999999999999999999"}) {
    EXPECT_FALSE(RecordKey::Parse(wrong)) << wrong;
  }
}

TEST_F(Journeys, APresentationCountsOnceInTheWholeCity) {
  const Passage first = PassageAt(gate_a_, 1, 0, 0xAA);
  const Passage again = first;
  const Passage elsewhere = PassageAt(gate_b_, 9, 1, 0xAA);
  const Passage other = PassageAt(gate_b_, 10, 2, 0xBB);
  Transact([&](storage::Transaction& t) -> Result<void> {
    EXPECT_EQ(FindPassage(t, first)->standing, Standing::kNew);
    return AddPassage(t, first);
  });
  const auto reader = Read();
  EXPECT_EQ(FindPassage(*reader, again)->standing, Standing::kKnown);
  EXPECT_EQ(FindPassage(*reader, elsewhere)->standing, Standing::kElsewhere);
  EXPECT_EQ(FindPassage(*reader, elsewhere)->first, first.record);
  EXPECT_EQ(FindPassage(*reader, other)->standing, Standing::kNew);
}

TEST_F(Journeys, ADisputedClaimIsKeptOnce) {
  const Passage claim = PassageAt(gate_b_, 9, 1, 0xAA);
  for (int i = 0; i < 2; ++i) {
    Transact([&](storage::Transaction& t) { return AddDisputed(t, claim, {gate_a_, 1}, kNow); });
  }
  const auto rows = Read()->Query({"count_disputed", "SELECT COUNT(*) FROM disputed_passage"}, {});
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ((*rows)[0][0].Int(), 1);
}

TEST_F(Journeys, PassagesComeByTimeAndSinceTheGivenMoment) {
  Transact([&](storage::Transaction& t) -> Result<void> {
    YUKUAI_TRY(AddPassage(t, PassageAt(gate_b_, 1, 30, 3)));
    YUKUAI_TRY(AddPassage(t, PassageAt(gate_a_, 1, 10, 1)));
    return AddPassage(t, PassageAt(gate_a_, 2, 20, 2));
  });
  const auto all = PassagesSince(*Read(), person_, "rail", kNow.PlusSeconds(1200));
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].record, (RecordKey{gate_a_, 2}));
  EXPECT_EQ((*all)[1].record, (RecordKey{gate_b_, 1}));
  EXPECT_EQ((*all)[0].cap, Money::Fen(2000));
  EXPECT_TRUE(PassagesSince(*Read(), person_, "bus", kNow)->empty());
}

TEST_F(Journeys, ThePassagesClassAndWhetherItWasConfirmedAreKept) {
  Passage with = PassageAt(gate_a_, 1, 10, 1);
  with.concession = 3;
  with.confirmed = false;
  Transact([&](storage::Transaction& t) -> Result<void> {
    YUKUAI_TRY(AddPassage(t, with));
    return AddPassage(t, PassageAt(gate_a_, 2, 20, 2));
  });
  const auto all = PassagesSince(*Read(), person_, "rail", kNow);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].concession, 3);
  EXPECT_EQ((*all)[1].concession, 0);
  EXPECT_FALSE((*all)[0].confirmed);
  EXPECT_TRUE((*all)[1].confirmed);
}

TEST_F(Journeys, HalvesComeOldestFirstAndPageByPage) {
  const auto put = [&](int minute, State state, std::string_view scene) {
    Journey journey;
    journey.id = JourneyId::Make(kNow, person_.shard(), entropy_);
    journey.person = person_;
    journey.scene = std::string(scene);
    journey.subject = "ter_x:" + std::to_string(minute) + std::string(scene);
    journey.state = state;
    journey.began_at = kNow.PlusSeconds(minute * 60);
    journey.rule_version = "rail@1";
    journey.revision = 1;
    Transact([&](storage::Transaction& t) { return PutJourney(t, journey); });
  };
  put(3, State::kUnpaired, "rail");
  put(1, State::kOpen, "rail");
  put(2, State::kClosed, "rail");
  put(0, State::kIncomplete, "rail");
  put(4, State::kOpen, "rail");
  put(5, State::kOpen, "rail");
  put(1, State::kOpen, "bus");
  const auto minutes = [&](const std::optional<Half>& after, size_t count_max, std::optional<Half>* last) {
    std::vector<int64_t> found;
    const auto halves = Halves(*Read(), "rail", kNow.PlusSeconds(4 * 60), after, count_max).value();
    for (const Half& half : halves) {
      EXPECT_EQ(half.person, person_);
      found.push_back((half.began_at.seconds() - kNow.seconds()) / 60);
      *last = half;
    }
    return found;
  };
  std::optional<Half> last;
  EXPECT_EQ(minutes(std::nullopt, 2, &last), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(minutes(last, 2, &last), (std::vector<int64_t>{4}));
  EXPECT_EQ(minutes(last, 2, &last), (std::vector<int64_t>{}));
}

TEST_F(Journeys, SettlingNeverMovesBack) {
  EXPECT_EQ(*SettledUntil(*Read(), person_, "rail"), std::nullopt);
  for (const auto& [minute, expected] : {std::pair(10, 10), {5, 10}, {20, 20}}) {
    Transact([&](storage::Transaction& t) { return SetSettledUntil(t, person_, "rail", kNow.PlusSeconds(minute * 60)); });
    EXPECT_EQ(*SettledUntil(*Read(), person_, "rail"), kNow.PlusSeconds(expected * 60));
  }
  EXPECT_EQ(*SettledUntil(*Read(), person_, "bus"), std::nullopt);
}

TEST_F(Journeys, WholeJourneysBeginWhereNoneIsUnderWay) {
  Journey journey;
  journey.id = JourneyId::Make(kNow, person_.shard(), entropy_);
  journey.person = person_;
  journey.scene = "rail";
  journey.subject = "ter_x:1";
  journey.state = State::kClosed;
  journey.began_at = kNow.PlusSeconds(600);
  journey.exit_at = kNow.PlusSeconds(1200);
  journey.rule_version = "rail@1";
  journey.revision = 1;
  Transact([&](storage::Transaction& t) { return PutJourney(t, journey); });
  for (const auto& [asked, expected] : {std::pair(599, 599), {600, 600}, {601, 600}, {1200, 600}, {1201, 1201}}) {
    EXPECT_EQ(*WholeSince(*Read(), person_, "rail", kNow.PlusSeconds(asked)), kNow.PlusSeconds(expected)) << asked;
  }
  EXPECT_EQ(*WholeSince(*Read(), person_, "bus", kNow.PlusSeconds(700)), kNow.PlusSeconds(700));
}

TEST_F(Journeys, ChangesOnlyFromTheRevisionBefore) {
  Journey journey;
  journey.id = JourneyId::Make(kNow, person_.shard(), entropy_);
  journey.person = person_;
  journey.scene = "rail";
  journey.subject = "ter_x:1";
  journey.began_at = kNow;
  journey.entry_at = kNow;
  journey.entry_point = "LJB";
  journey.rule_version = "rail@1";
  journey.revision = 1;
  journey.updated_at = kNow;
  Transact([&](storage::Transaction& t) { return PutJourney(t, journey); });
  journey.state = State::kClosed;
  journey.charged = Money::Fen(300);
  journey.exit_at = kNow.PlusSeconds(60);
  journey.exit_point = "CQB";
  journey.revision = 2;
  Transact([&](storage::Transaction& t) { return PutJourney(t, journey); });
  const auto stale = scratch_->database().Transact([&](storage::Transaction& t) { return PutJourney(t, journey); });
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().reason, kJourneyChanged);
  const auto found = JourneysSince(*Read(), person_, "rail", kNow);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].charged.fen(), 300);
  EXPECT_EQ((*found)[0].exit_point, "CQB");
  EXPECT_EQ((*found)[0].state, State::kClosed);
}

TEST_F(Journeys, PagesGoFromNewToOldWithoutGapsOrWithdrawnOnes) {
  Transact([&](storage::Transaction& t) -> Result<void> {
    for (int i = 0; i < 7; ++i) {
      Journey journey;
      journey.id = JourneyId::Make(kNow.PlusSeconds(i), person_.shard(), entropy_);
      journey.person = person_;
      journey.scene = "rail";
      journey.subject = "ter_x:" + std::to_string(i);
      journey.state = i == 3 ? State::kWithdrawn : State::kClosed;
      journey.began_at = kNow.PlusSeconds(i / 2);  // Pairs share a time.
      journey.rule_version = "rail@1";
      journey.revision = 1;
      journey.updated_at = kNow;
      YUKUAI_TRY(PutJourney(t, journey));
    }
    return {};
  });
  std::vector<std::string> seen;
  std::optional<PageMark> mark;
  while (true) {
    const auto page = JourneyPage(*Read(), person_, mark, 2);
    ASSERT_TRUE(page.ok());
    if (page->empty()) break;
    for (const Journey& journey : *page) seen.push_back(journey.subject);
    mark = PageMark{page->back().began_at, page->back().id};
  }
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_EQ(seen.front(), "ter_x:6");
  EXPECT_EQ(seen.back(), "ter_x:0");
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "ter_x:3"), 0);
}

}  // namespace
}  // namespace yukuai::journeys
