// SPDX-License-Identifier: Apache-2.0
// Passages applied under the real scene, over the real registers: what moves, what is known, and that nothing is half done.
#include "scenes/operation/operation.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"
#include "registers/ledger/invariants.h"
#include "registers/ledger/ledger.h"

namespace yukuai::operation {
namespace {

using journeys::Direction;
using journeys::Passage;

const Instant kMorning = *ParseRfc3339("2026-03-02T08:00:00+08:00");
constexpr std::string_view kScene = "metro-bus";

struct Accounts {
  int64_t balance = 0;
  int64_t receivable = 0;
  int64_t clearing = 0;
  friend bool operator==(const Accounts&, const Accounts&) = default;
};
void PrintTo(const Accounts& a, std::ostream* out) { *out << a.balance << " " << a.receivable << " " << a.clearing; }

class OperationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<storage::Migration> schema;
    for (const auto* one : {&journeys::kSchema, &ledger::kSchema, &audit::kSchema})
      schema.insert(schema.end(), one->begin(), one->end());
    auto scratch = storage::Scratch::Open(schema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
    person_ = PersonId::Make(kMorning, 5, entropy_);
    gate_ = TerminalId::Make(kMorning, 900, entropy_);
  }
  void TearDown() override { ExpectSound(); }

  storage::Database& database() { return scratch_->database(); }
  std::unique_ptr<storage::Reader> Read() { return database().Read().value(); }

  void Admit(int64_t fen) {
    const auto done = database().Transact([&](storage::Transaction& t) -> Result<void> {
      YUKUAI_TRY(ledger::OpenShardAccounts(t, person_.shard(), kMorning));
      YUKUAI_TRY(ledger::OpenPersonAccounts(t, person_, kMorning));
      if (fen == 0) return {};
      return Transfer(t, "opening", ledger::OpeningOf(person_.shard()), ledger::BalanceOf(person_), fen);
    });
    ASSERT_TRUE(done.ok());
  }
  Result<void> Transfer(storage::Transaction& t, std::string purpose, AccountId from, AccountId to, int64_t fen) {
    ledger::Transfer transfer;
    transfer.id = ledger::TransferFor(purpose, person_);
    transfer.from = from;
    transfer.to = to;
    transfer.amount = Money::Fen(fen);
    transfer.purpose = purpose;
    YUKUAI_TRY(ledger::PostOne(t, kMorning, transfer));
    return {};
  }

  // Each record shows another code, the one of its counter.
  Passage Make(uint64_t counter, Direction direction, std::string_view point, int minutes) const {
    Passage passage;
    passage.record = {gate_, counter};
    passage.person = person_;
    passage.scene = std::string(kScene);
    passage.at = kMorning.PlusSeconds(minutes * 60);
    passage.point = std::string(point);
    passage.direction = direction;
    passage.cap = Money::Fen(2000);
    passage.presentation = sm3::Hash(AsBytes(std::to_string(counter)));
    return passage;
  }
  Passage In(uint64_t counter, std::string_view point, int minutes) const {
    return Make(counter, Direction::kIn, point, minutes);
  }
  Passage Out(uint64_t counter, std::string_view point, int minutes) const {
    return Make(counter, Direction::kOut, point, minutes);
  }

  Result<Applied> ApplyTo(storage::Database& where, const Passage& passage, const Rider& rider) {
    Applied applied;
    YUKUAI_TRY(where.Transact([&](storage::Transaction& t) -> Result<void> {
      YUKUAI_ASSIGN(applied, passages_.Apply(t, passage, rider, passage.at.PlusSeconds(1)));
      return {};
    }));
    return applied;
  }
  // "applied 300": the outcome and the fen that moved. The books must be right after each.
  std::string Apply(const Passage& passage, const Rider& rider = {}) {
    const auto applied = ApplyTo(database(), passage, rider);
    if (!applied.ok()) return std::string(applied.error().reason.slug) + ": " + applied.error().detail;
    ExpectSound();
    return std::string(Slug(applied->outcome)) + " " + std::to_string(applied->charged.fen());
  }

  std::string ApplyUnder(const engine::Engine& engine, const Passage& passage) {
    const Passages passages({engine, log_, entropy_});
    Applied applied;
    const auto done = database().Transact([&](storage::Transaction& t) -> Result<void> {
      YUKUAI_ASSIGN(applied, passages.Apply(t, passage, {}, passage.at));
      return {};
    });
    if (!done.ok()) return std::string(done.error().reason.slug) + ": " + done.error().detail;
    ExpectSound();
    return std::string(Slug(applied.outcome)) + " " + std::to_string(applied.charged.fen());
  }
  // The scene as it is, and a second version of it, which may count an unconfirmed passage otherwise.
  engine::Engine WithSecondVersion(std::string_view since, std::string_view unconfirmed) {
    namespace fs = std::filesystem;
    const fs::path scenes = scratch_->folder() / "scenes";
    const fs::path scene = scenes / kScene;
    fs::create_directories(scenes);
    fs::copy(fs::path(YUKUAI_SOURCE_DIR) / "scenes" / kScene, scene, fs::copy_options::recursive);
    fs::create_directories(scene / "earlier");
    fs::copy_file(scene / "scene.toml", scene / "earlier" / "1.toml");
    std::ifstream first(scene / "earlier" / "1.toml");
    std::string text(std::istreambuf_iterator<char>(first), {});
    const auto replace = [&text](std::string_view key, std::string_view value) {
      const size_t at = text.find("\n" + std::string(key)) + 1;
      text.replace(at, text.find('\n', at) - at, std::string(key) + " = " + std::string(value));
    };
    replace("version", "2");
    replace("since", since);
    if (!unconfirmed.empty()) replace("unconfirmed", unconfirmed);
    std::ofstream(scene / "scene.toml") << text;
    return engine::Engine::LoadAll(scenes).value();
  }

  // "applied 700": what a settling at that minute came to.
  std::string Settle(int minutes, const Rider& rider = {}, Instant oldest = kMorning) {
    Applied applied;
    const Instant now = kMorning.PlusSeconds(minutes * 60);
    const auto done = database().Transact([&](storage::Transaction& t) -> Result<void> {
      YUKUAI_ASSIGN(applied, passages_.SettleHalves(t, {person_, std::string(kScene), oldest}, rider, now));
      return {};
    });
    if (!done.ok()) return std::string(done.error().reason.slug) + ": " + done.error().detail;
    ExpectSound();
    return std::string(Slug(applied.outcome)) + " " + std::to_string(applied.charged.fen());
  }

  void ExpectSound() {
    const auto reader = Read();
    const auto ledger = ledger::VerifyAll(*reader);
    ASSERT_TRUE(ledger.ok());
    for (const ledger::Breach& breach : ledger->breaches) ADD_FAILURE() << breach.rule;
    const auto log = log_.VerifyAll(*reader);
    EXPECT_TRUE(log.ok()) << log.error().detail;
  }
  Accounts Books() {
    const auto reader = Read();
    const auto of = [&](AccountId account) {
      const auto state = ledger::Balance(*reader, account);
      return state.ok() ? state->balance.fen() : 0;
    };
    return {of(ledger::BalanceOf(person_)), of(ledger::ReceivableOf(person_)), of(ledger::ClearingOf("metro", person_.shard()))};
  }
  std::vector<journeys::Journey> Known() {
    return journeys::JourneysSince(*Read(), person_, kScene, kMorning.PlusSeconds(-86400)).value();
  }
  // "closed 300, open 0", by time.
  std::string Journeys() {
    std::string text;
    for (const auto& one : Known()) {
      if (!text.empty()) text += ", ";
      text += std::string(journeys::StateSlug(one.state)) + " " + std::to_string(one.charged.fen());
    }
    return text;
  }
  // The person's log, oldest first.
  std::string History() {
    std::string text;
    const auto items = *log_.History(*Read(), person_, {.size = 200});
    for (auto item = items.rbegin(); item != items.rend(); ++item) text += (text.empty() ? "" : ", ") + item->action;
    return text;
  }

  SeededEntropy entropy_{20260302};
  engine::Engine engine_ = engine::Engine::LoadAll(YUKUAI_SOURCE_DIR "/scenes").value();
  audit::Log log_{{audit_proof::MapSecret(ByteArray<32>{7}), sm2::PrivateKey::Generate(entropy_)}, entropy_};
  Passages passages_{{engine_, log_, entropy_}};
  std::unique_ptr<storage::Scratch> scratch_;
  PersonId person_;
  TerminalId gate_;
};

TEST_F(OperationTest, EntryAndExitAreChargedTheTablesFareOnce) {
  Admit(2000);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(Journeys(), "open 0");
  EXPECT_EQ(Books(), (Accounts{2000, 0, 0}));
  EXPECT_EQ(Apply(Out(2, "CQB", 22)), "applied 300");
  EXPECT_EQ(Books(), (Accounts{1700, 0, 300}));
  EXPECT_EQ(History(), "entered, left, ride_charged");

  const auto known = Known();
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].state, journeys::State::kClosed);
  EXPECT_EQ(known[0].subject, In(1, "LJB", 0).record.Text());
  EXPECT_EQ(known[0].entry_at, std::optional(kMorning));
  EXPECT_EQ(known[0].entry_point, "LJB");
  EXPECT_EQ(known[0].exit_at, std::optional(kMorning.PlusSeconds(22 * 60)));
  EXPECT_EQ(known[0].exit_point, "CQB");
  EXPECT_EQ(known[0].rule_version, "metro-bus@1");
  EXPECT_EQ(known[0].owed, Money());
  EXPECT_NE(known[0].lines.find("10.4 km"), std::string::npos) << known[0].lines;

  // The same records again, in either order: known, and nothing moves.
  EXPECT_EQ(Apply(Out(2, "CQB", 22)), "known 0");
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "known 0");
  EXPECT_EQ(Books(), (Accounts{1700, 0, 300}));
  EXPECT_EQ(Journeys(), "closed 300");
  EXPECT_EQ(History(), "entered, left, ride_charged");
  ASSERT_TRUE(log_.SealDurably(database(), kMorning.PlusSeconds(3600)).ok());
}

TEST_F(OperationTest, AnExitThatArrivesFirstEndsWithTheSameCharge) {
  Admit(2000);
  EXPECT_EQ(Apply(Out(2, "CQB", 22)), "applied 0");
  EXPECT_EQ(Journeys(), "unpaired 0");
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 300");
  EXPECT_EQ(Books(), (Accounts{1700, 0, 300}));
  int closed = 0;
  for (const auto& one : Known()) {
    if (one.state == journeys::State::kWithdrawn) {
      EXPECT_EQ(one.charged, Money());
      continue;
    }
    ++closed;
    EXPECT_EQ(one.state, journeys::State::kClosed);
    EXPECT_EQ(one.charged, Money::Fen(300));
    EXPECT_EQ(one.entry_point, "LJB");
    EXPECT_EQ(one.exit_point, "CQB");
  }
  EXPECT_EQ(closed, 1);
}

TEST_F(OperationTest, NothingIsTakenFromAFrozenBalance) {
  Admit(2000);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(Apply(Out(2, "LLK", 10), {.frozen = true}), "applied 200");
  EXPECT_EQ(Books(), (Accounts{2000, -200, 200}));
  EXPECT_EQ(Known().at(0).owed, Money::Fen(200));
}

TEST_F(OperationTest, TheConcessionAndTheCodesCapCount) {
  Admit(2000);
  EXPECT_EQ(Apply(In(1, "LJB", 0), {.concession = fare::Concession::kStudent}), "applied 0");
  EXPECT_EQ(Apply(Out(2, "CQB", 22), {.concession = fare::Concession::kStudent}), "applied 150");
  EXPECT_EQ(Books(), (Accounts{1850, 0, 150}));
  Passage capped = In(3, "CQB", 60);
  capped.cap = Money::Fen(100);
  EXPECT_EQ(Apply(capped, {.concession = fare::Concession::kStudent}), "applied 0");
  EXPECT_EQ(Apply(Out(4, "LJB", 82), {.concession = fare::Concession::kStudent}), "applied 100");
}

TEST_F(OperationTest, AtTheSamePointAtOnceIsOnePresentation) {
  Admit(2000);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  Passage again = In(2, "LJB", 0);
  again.at = again.at.PlusSeconds(30);
  EXPECT_EQ(Apply(again), "repeated 0");
  EXPECT_EQ(Apply(Out(3, "CQB", 22)), "applied 300");
  EXPECT_EQ(Journeys(), "closed 300");
}

TEST_F(OperationTest, OnePresentationClaimedByTwoTerminalsIsDisputedAndChargedOnce) {
  Admit(2000);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(Apply(Out(2, "CQB", 22)), "applied 300");
  Passage copied = Out(1, "GYQ", 23);
  copied.record.terminal = TerminalId::Make(kMorning, 901, entropy_);
  copied.presentation = Out(2, "CQB", 22).presentation;
  EXPECT_EQ(Apply(copied), "disputed 0");
  EXPECT_EQ(Books(), (Accounts{1700, 0, 300}));
  EXPECT_EQ(Journeys(), "closed 300");
  EXPECT_EQ(History(), "entered, left, ride_charged, passage_disputed");
}

TEST_F(OperationTest, WhatTheSceneCannotJudgeMovesNothing) {
  Admit(2000);
  EXPECT_EQ(Apply(In(1, "NIL", 0)), "unjudged 0");
  Passage passage = In(2, "LJB", 0);
  passage.scene = "no-such-scene";
  EXPECT_EQ(Apply(passage), "unjudged 0");
  EXPECT_EQ(Apply(In(3, "LJB", -3 * 24 * 60)), "unjudged 0");  // Before the first version.
  EXPECT_EQ(Journeys(), "");
  EXPECT_EQ(History(), "");
}

TEST_F(OperationTest, WhatTheBalanceDoesNotCoverIsOwedWhole) {
  Admit(299);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(Apply(Out(2, "CQB", 22)), "applied 300");
  EXPECT_EQ(Books(), (Accounts{299, -300, 300}));
  EXPECT_EQ(Known()[0].owed, Money::Fen(300));
}

TEST_F(OperationTest, ALateRecordGivesBackWhatIsOwedFirst) {
  Admit(300);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(Apply(Out(4, "CQB", 40)), "applied 300");
  EXPECT_EQ(Books(), (Accounts{0, 0, 300}));
  // An entry in between: the first journey has no exit, the second ends at CQB.
  EXPECT_EQ(Apply(In(3, "GYQ", 20)), "applied 600");
  EXPECT_EQ(Books(), (Accounts{0, -600, 900}));
  EXPECT_EQ(Journeys(), "incomplete 700, closed 200");
  // The first one's exit: 2.00 instead of 7.00. Of the 5.00 that go back, 4.00 were owed and 1.00 was paid.
  EXPECT_EQ(Apply(Out(2, "LLK", 10)), "applied -500");
  EXPECT_EQ(Books(), (Accounts{100, -200, 400}));
  EXPECT_EQ(Journeys(), "closed 200, closed 200");
  EXPECT_EQ(History(), "entered, left, ride_charged, entered, ride_charged, ride_charged, left, ride_refunded");
}

// What was owed may have been paid off before it turns out that less was due: then it goes back to the balance.
TEST_F(OperationTest, WhatWasOwedAndPaidOffIsGivenBackToTheBalance) {
  Admit(0);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(Apply(In(3, "LLK", 60)), "applied 700");
  EXPECT_EQ(Books(), (Accounts{0, -700, 700}));
  ASSERT_TRUE(database()
                  .Transact([&](storage::Transaction& t) -> Result<void> {
                    const AccountId balance = ledger::BalanceOf(person_);
                    YUKUAI_TRY(Transfer(t, "top_up", ledger::OpeningOf(person_.shard()), balance, 600));
                    return Transfer(t, "owed_paid", balance, ledger::ReceivableOf(person_), 600);
                  })
                  .ok());
  EXPECT_EQ(Books(), (Accounts{0, -100, 700}));
  EXPECT_EQ(Apply(Out(2, "LLK", 30)), "applied -500");
  EXPECT_EQ(Books(), (Accounts{400, 0, 200}));
}

constexpr int kDay = 24 * 60;

TEST_F(OperationTest, AMissingExitIsSettledOnceWhenTheSceneHasWaited) {
  Admit(2000);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(Settle(kDay - 1), "known 0");
  EXPECT_EQ(Journeys(), "open 0");
  EXPECT_EQ(Settle(kDay), "applied 700");
  EXPECT_EQ(Journeys(), "incomplete 700");
  EXPECT_EQ(Books(), (Accounts{1300, 0, 700}));
  EXPECT_EQ(History(), "entered, ride_settled, ride_charged");
  EXPECT_EQ(Settle(kDay + 1), "known 0");
  EXPECT_EQ(Books(), (Accounts{1300, 0, 700}));
  // The exit's record comes days late: the journey is priced as what it was.
  EXPECT_EQ(Apply(Out(2, "CQB", 22)), "applied -400");
  EXPECT_EQ(Journeys(), "closed 300");
}

TEST_F(OperationTest, AMissingEntryIsSettledToo) {
  Admit(2000);
  EXPECT_EQ(Apply(Out(1, "CQB", 0)), "applied 0");
  EXPECT_EQ(Journeys(), "unpaired 0");
  EXPECT_EQ(Settle(kDay), "applied 700");
  EXPECT_EQ(Journeys(), "incomplete 700");
  // What was settled stays settled for whatever is judged later: it counts under the day's cap.
  EXPECT_EQ(Apply(In(2, "LJB", kDay + 60)), "applied 0");
  EXPECT_EQ(Journeys(), "incomplete 700, open 0");
}

TEST_F(OperationTest, SettlingTakesNothingFromAFrozenBalance) {
  Admit(2000);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(Settle(kDay, {.frozen = true}), "applied 700");
  EXPECT_EQ(Books(), (Accounts{2000, -700, 700}));
}

// The service day begins at four. A journey over that hour is whole, though its entry lies before what a later event asks for.
TEST_F(OperationTest, AWholeJourneyIsNotSettledAgainForHalfOfItLiesBeforeTheDay) {
  Admit(5000);
  constexpr int kFour = -4 * 60;
  EXPECT_EQ(Apply(In(1, "LJB", kFour + kDay - 10)), "applied 0");
  EXPECT_EQ(Apply(Out(2, "CQB", kFour + kDay + 10)), "applied 300");
  EXPECT_EQ(Apply(In(3, "LJB", 2 * kDay)), "applied 0");
  EXPECT_EQ(Settle(3 * kDay, {}, kMorning.PlusSeconds(2 * kDay * 60)), "applied 700");
  EXPECT_EQ(Books(), (Accounts{4000, 0, 1000}));
  EXPECT_EQ(Journeys(), "closed 300, incomplete 700");
}

TEST_F(OperationTest, TheClassAtTheTimeCountsInWhateverOrderRecordsCome) {
  Admit(2000);
  const Rider student{.concession = fare::Concession::kStudent};
  EXPECT_EQ(Apply(In(1, "LJB", 0), student), "applied 0");
  EXPECT_EQ(Apply(Out(2, "CQB", 22)), "applied 150");
  EXPECT_EQ(Apply(Out(4, "CQB", 82)), "applied 0");
  EXPECT_EQ(Apply(In(3, "LJB", 60), student), "applied 150");
}

TEST_F(OperationTest, EachJourneyNamesTheVersionThatPricedIt) {
  const engine::Engine engine = WithSecondVersion("2026-03-03", "");
  Admit(2000);
  // Of the last ride of the old rules the exit is missing; a passage under the new ones ends the waiting.
  EXPECT_EQ(ApplyUnder(engine, In(1, "LJB", 0)), "applied 0");
  EXPECT_EQ(ApplyUnder(engine, In(2, "LJB", kDay)), "applied 700");
  const auto known = Known();
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(known[0].state, journeys::State::kIncomplete);
  EXPECT_EQ(known[0].rule_version, "metro-bus@1");
  EXPECT_EQ(known[1].rule_version, "metro-bus@2");
}

TEST_F(OperationTest, TheSceneSaysWhetherAnUnconfirmedPassageCounts) {
  const engine::Engine engine = WithSecondVersion("2026-03-03", "\"void\"");
  Admit(2000);
  const auto unconfirmed = [](Passage passage) {
    passage.confirmed = false;
    return passage;
  };
  EXPECT_EQ(ApplyUnder(engine, unconfirmed(In(1, "LJB", 0))), "applied 0");
  EXPECT_EQ(ApplyUnder(engine, Out(2, "CQB", 22)), "applied 300");
  EXPECT_EQ(History(), "entered, left, ride_charged");
  EXPECT_EQ(log_.History(*Read(), person_, {})->back().details, "{\"point\":\"LJB\",\"confirmed\":false}");
  EXPECT_EQ(ApplyUnder(engine, unconfirmed(In(3, "LJB", kDay))), "unconfirmed 0");
  EXPECT_EQ(Journeys(), "closed 300");
}

class OperationFaults : public OperationTest, public ::testing::WithParamInterface<int> {
 protected:
  // The passages of ALateRecordGivesBackWhatIsOwedFirst: nothing, a charge, charges to the receivable, a refund.
  std::vector<Passage> All() const { return {In(1, "LJB", 0), Out(4, "CQB", 40), In(3, "GYQ", 20), Out(2, "LLK", 10)}; }
  void ApplyBefore(size_t last) {
    const auto all = All();
    for (size_t i = 0; i < last; ++i) ASSERT_TRUE(ApplyTo(database(), all[i], {}).ok());
  }
  std::string Everything() {
    std::string text = Journeys() + " | " + History() + " | ";
    const auto passages = *journeys::PassagesSince(*Read(), person_, kScene, kMorning);
    for (const auto& one : passages) text += one.record.Text() + " ";
    const Accounts books = Books();
    return text + std::to_string(books.balance) + " " + std::to_string(books.receivable) + " " + std::to_string(books.clearing);
  }
};

TEST_P(OperationFaults, AFaultAtAnyStatementLeavesNothingHalfDone) {
  Admit(300);
  const auto last = static_cast<size_t>(GetParam());
  ApplyBefore(last);
  const Passage passage = All()[last];
  const std::string before = Everything();
  storage::FaultyDatabase faulty(database());
  int statement = 1;
  for (;; ++statement) {
    ASSERT_LT(statement, 500);
    faulty.Plan({.statement = statement});
    const auto applied = ApplyTo(faulty, passage, {});
    if (applied.ok()) {
      EXPECT_FALSE(faulty.struck());
      EXPECT_EQ(applied->outcome, Outcome::kApplied);
      break;
    }
    ASSERT_TRUE(faulty.struck());
    ASSERT_EQ(applied.error().reason, storage::kStorageUnavailable);
    ASSERT_EQ(Everything(), before) << "statement " << statement;
    ExpectSound();
  }
  EXPECT_GT(statement, 5);
  const std::string after = Everything();
  EXPECT_NE(after, before);
  EXPECT_EQ(Apply(passage), "known 0");
  EXPECT_EQ(Everything(), after);
}

TEST_P(OperationFaults, AnUnknownCommitConvergesWhenRunAgain) {
  Admit(300);
  const auto last = static_cast<size_t>(GetParam());
  ApplyBefore(last);
  const Passage passage = All()[last];
  const std::string before = Everything();
  storage::FaultyDatabase faulty(database());
  faulty.Plan({.commit = 1, .commit_lands = false});
  EXPECT_EQ(ApplyTo(faulty, passage, {}).error().reason, storage::kStorageOutcomeUnknown);
  EXPECT_EQ(Everything(), before);
  faulty.Plan({.commit = 1, .commit_lands = true});
  EXPECT_EQ(ApplyTo(faulty, passage, {}).error().reason, storage::kStorageOutcomeUnknown);
  const std::string after = Everything();
  EXPECT_NE(after, before);
  EXPECT_EQ(Apply(passage), "known 0");
  EXPECT_EQ(Everything(), after);
}

TEST_F(OperationTest, AFaultWhileSettlingLeavesNothingHalfDone) {
  Admit(300);
  EXPECT_EQ(Apply(In(1, "LJB", 0)), "applied 0");
  storage::FaultyDatabase faulty(database());
  const auto settle = [&] {
    return faulty.Transact([&](storage::Transaction& t) -> Result<void> {
      YUKUAI_TRY(passages_.SettleHalves(t, {person_, std::string(kScene), kMorning}, {}, kMorning.PlusSeconds(kDay * 60)));
      return {};
    });
  };
  int statement = 1;
  for (faulty.Plan({.statement = statement}); !settle().ok(); faulty.Plan({.statement = ++statement})) {
    ASSERT_LT(statement, 500);
    ASSERT_EQ(Journeys(), "open 0");
    ASSERT_EQ(Books(), (Accounts{300, 0, 0}));
    ExpectSound();
  }
  EXPECT_GT(statement, 5);
  EXPECT_EQ(Journeys(), "incomplete 700");
  EXPECT_EQ(Books(), (Accounts{300, -700, 700}));
}

INSTANTIATE_TEST_SUITE_P(EachPassage, OperationFaults, ::testing::Range(0, 4));

}  // namespace
}  // namespace yukuai::operation
