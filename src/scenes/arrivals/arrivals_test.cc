// SPDX-License-Identifier: Apache-2.0
// From a gate's records to the person's journeys and books, with real codes. The arrivals' own thread works beside each test;
// what is asked is only what holds whoever of the two did the work.
#include "scenes/arrivals/arrivals.h"

#include <gtest/gtest.h>

#include <atomic>

#include "formats/record/record.h"
#include "platform/storage/faulty.h"
#include "registers/ledger/invariants.h"
#include "services/codes/sample_issuer_test.h"

namespace yukuai::arrivals {
namespace {

using codes::SampleIssuer;

constexpr storage::Sql kSelectResult{"test_select_result",
                                     "SELECT result FROM held_passage WHERE shard = ? AND terminal = ? AND counter = ?"};
constexpr storage::Sql kReadyAgain{"test_ready_again",
                                   "UPDATE held_passage SET state = 2, result = NULL WHERE shard = ? AND terminal = ?"};

constexpr storage::Sql kDamage{"test_damage_person",
                               "UPDATE person_attribute SET value_box = ? WHERE shard = ? AND person_id = ?"};

class ArrivalsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<storage::Migration> schema;
    for (const auto* one : {&persons::kSchema, &terminals::kSchema, &ledger::kSchema, &audit::kSchema, &codes::kSchema,
                            &records::kSchema, &journeys::kSchema})
      schema.insert(schema.end(), one->begin(), one->end());
    auto scratch = storage::Scratch::Open(schema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
    resident_ = issuer_.Admit(database(), 1, Money::Fen(2000));
    gate_in_ = AddGate("LJB", terminals::Directions::kIn);
    gate_out_ = AddGate("CQB", terminals::Directions::kOut);
    ASSERT_EQ(issuer_.Ask(database(), issuer_.RequestOf(resident_), issuer_.now, &grant_), "made");
    faulty_ = std::make_unique<storage::FaultyDatabase>(database(), storage::AfterUnknown::kRunAgain);
    auto writer = storage::StartWriter(*faulty_, clock_, {.owner = "test"});
    ASSERT_TRUE(writer.ok());
    writer_ = *std::move(writer);
    Start(true);
  }
  void Start(bool own_thread) {
    arrivals_.reset();
    arrivals_ =
        std::make_unique<Arrivals>(Arrivals::Parts{database(), *writer_, clock_, issuer_.persons, issuer_.codes, passages_,
                                                   [this](PersonId person, const std::vector<JourneyId>& changed) {
                                                     EXPECT_EQ(person, resident_.id);
                                                     EXPECT_FALSE(changed.empty());
                                                     ++told_;
                                                   },
                                                   [this](const Fault& fault) {
                                                     if (has_damaged_ && fault.reason == persons::kPersonUnreadable) return;
                                                     ADD_FAILURE() << fault.reason.slug << ": " << fault.detail;
                                                   },
                                                   own_thread});
  }
  void TearDown() override {
    arrivals_.reset();
    const auto reader = Read();
    const auto ledger = ledger::VerifyAll(*reader);
    ASSERT_TRUE(ledger.ok());
    EXPECT_TRUE(ledger->breaches.empty());
    EXPECT_TRUE(issuer_.log.VerifyAll(*reader).ok());
  }

  storage::Database& database() { return scratch_->database(); }
  std::unique_ptr<storage::Reader> Read() { return database().Read().value(); }

  struct Gate {
    TerminalId id;
    std::string point;
    record::Direction direction = record::Direction::kIn;
    uint64_t counter = 0;
    sm3::Digest previous{};
  };
  Gate AddGate(std::string point, terminals::Directions directions) {
    Gate gate;
    const auto done = database().Transact([&](storage::Transaction& t) -> Result<void> {
      YUKUAI_ASSIGN(const auto added, terminals::Add(t, {"metro-bus", point, directions, 1}, issuer_.now, issuer_.entropy));
      gate.id = added.id;
      return {};
    });
    YUKUAI_CHECK(done.ok());
    gate.point = std::move(point);
    gate.direction = directions == terminals::Directions::kIn ? record::Direction::kIn : record::Direction::kOut;
    return gate;
  }
  // A held record and its outcome, as an upload leaves them. Its counter.
  uint64_t Deliver(Gate& gate, int minutes, const Bytes& code, records::Outcome outcome = records::Outcome::kConfirmed) {
    record::Record record;
    record.terminal = gate.id;
    record.counter = ++gate.counter;
    record.previous = gate.previous;
    record.at = issuer_.now.PlusSeconds(minutes * 60);
    record.direction = gate.direction;
    record.point = gate.point;
    record.rule_file = "metro-bus@1";
    record.code = code;
    const Bytes bytes = record::Build(record, gate_key_).value();
    gate.previous = record::DigestOf(bytes);
    const auto done = writer_->Run([&](storage::Transaction& t) -> Result<void> {
      YUKUAI_TRY(records::Add(t, gate.id, record.counter, bytes, record.at));
      YUKUAI_TRY(records::AddHeld(t, gate.id, record.counter));
      return records::Resolve(t, gate.id, record.counter, outcome);
    });
    EXPECT_TRUE(done.ok());
    return record.counter;
  }
  Bytes Show(int minutes) const { return issuer_.Show(grant_, issuer_.now.PlusSeconds(minutes * 60)); }
  // Everything that is ready is done afterwards.
  void Work() {
    const auto done = arrivals_->WorkOnce();
    ASSERT_TRUE(done.ok()) << done.error().detail;
    ASSERT_EQ(*records::CountReady(*Read()), 0);
  }
  std::string ResultOf(const Gate& gate, uint64_t counter) {
    const auto row = *Read()->QueryOne(kSelectResult, {gate.id.shard(), gate.id, counter});
    return row && !(*row)[0].is_null() ? (*row)[0].Text() : "none";
  }
  int64_t BalanceFen() { return ledger::Balance(*Read(), ledger::BalanceOf(resident_.id))->balance.fen(); }
  size_t JourneyCount() { return journeys::JourneyPage(*Read(), resident_.id, std::nullopt, 50)->size(); }

  SampleIssuer issuer_;
  ManualClock clock_{issuer_.now.PlusSeconds(6 * 3600)};
  sm2::PrivateKey gate_key_ = sm2::PrivateKey::Generate(issuer_.entropy);
  engine::Engine engine_ = engine::Engine::LoadAll(YUKUAI_SOURCE_DIR "/scenes").value();
  operation::Passages passages_{{engine_, issuer_.log, issuer_.entropy}};
  std::unique_ptr<storage::Scratch> scratch_;
  std::unique_ptr<storage::FaultyDatabase> faulty_;  // What the writer writes to.
  std::unique_ptr<storage::Writer> writer_;
  SampleIssuer::Resident resident_;
  codes::Grant grant_;
  Gate gate_in_;
  Gate gate_out_;
  std::atomic<int> told_ = 0;
  std::atomic<bool> has_damaged_ = false;
  std::unique_ptr<Arrivals> arrivals_;
};

TEST_F(ArrivalsTest, APassageWhoseCommitIsUnknownIsAppliedAndToldOnce) {
  Start(false);  // No pass but ours: it must meet the planned fault.
  int minutes = 0;
  for (const bool lands : {false, true}) {
    SCOPED_TRACE(lands);
    const Bytes code = Show(minutes);
    const uint64_t in = Deliver(gate_in_, minutes, code);
    minutes += 60;
    faulty_->Plan({.commit = 1, .commit_lands = lands});
    const int told = told_;
    Work();
    EXPECT_TRUE(faulty_->struck());
    EXPECT_EQ(ResultOf(gate_in_, in), "applied");
    EXPECT_EQ(told_, told + 1);
  }
}

TEST_F(ArrivalsTest, CarriesPassagesToThePersonOnce) {
  const uint64_t in = Deliver(gate_in_, 0, Show(0));
  const uint64_t out = Deliver(gate_out_, 22, Show(22));
  Work();
  EXPECT_EQ(ResultOf(gate_in_, in), "applied");
  EXPECT_EQ(ResultOf(gate_out_, out), "applied");
  EXPECT_EQ(BalanceFen(), 1700);
  const auto rides = *journeys::JourneyPage(*Read(), resident_.id, std::nullopt, 50);
  ASSERT_GE(rides.size(), 1u);
  EXPECT_EQ(rides.back().charged, Money::Fen(300));
  const int told = told_;
  EXPECT_EQ(told, 2);

  EXPECT_EQ(*arrivals_->WorkOnce(), 0u);
  EXPECT_EQ(BalanceFen(), 1700);
  EXPECT_EQ(told_, told);
}

// As after a crash between the two commits: applied, and not marked.
TEST_F(ArrivalsTest, WhatWasAppliedAndNotMarkedIsKnown) {
  const uint64_t in = Deliver(gate_in_, 0, Show(0));
  const uint64_t out = Deliver(gate_out_, 22, Show(22));
  Work();
  for (const Gate* gate : {&gate_in_, &gate_out_}) {
    ASSERT_TRUE(writer_
                    ->Run([&](storage::Transaction& t) -> Result<void> {
                      YUKUAI_TRY(t.Execute(kReadyAgain, {gate->id.shard(), gate->id}));
                      return {};
                    })
                    .ok());
  }
  const size_t journeys = JourneyCount();
  Work();
  EXPECT_EQ(ResultOf(gate_in_, in), "known");
  EXPECT_EQ(ResultOf(gate_out_, out), "known");
  EXPECT_EQ(BalanceFen(), 1700);
  EXPECT_EQ(JourneyCount(), journeys);
  EXPECT_EQ(told_, 2);
}

TEST_F(ArrivalsTest, ARecordWhoseCodeIsNotGoodIsMarkedWithTheReason) {
  Bytes broken = Show(0);
  broken.back() ^= 1;
  const uint64_t forged = Deliver(gate_in_, 0, broken);
  const uint64_t expired = Deliver(gate_in_, 30, Show(1));
  const uint64_t nobodys = Deliver(gate_in_, 31, issuer_.city.Code(code::SampleCity::kNow + 31 * 60));
  const uint64_t good = Deliver(gate_in_, 32, Show(32));
  Work();
  EXPECT_EQ(ResultOf(gate_in_, forged), "user_signature");
  EXPECT_EQ(ResultOf(gate_in_, expired), "code_expired");
  EXPECT_EQ(ResultOf(gate_in_, nobodys), "person_unknown");
  EXPECT_EQ(ResultOf(gate_in_, good), "applied");
  EXPECT_EQ(BalanceFen(), 2000);
  EXPECT_EQ(JourneyCount(), 1u);
  EXPECT_EQ(told_, 1);
}

TEST_F(ArrivalsTest, ARecordThatCannotBeReadIsMarked) {
  ASSERT_TRUE(writer_
                  ->Run([&](storage::Transaction& t) -> Result<void> {
                    YUKUAI_TRY(records::Add(t, gate_in_.id, 1, ToBytes("no record"), issuer_.now));
                    YUKUAI_TRY(records::AddHeld(t, gate_in_.id, 1));
                    return records::Resolve(t, gate_in_.id, 1, records::Outcome::kConfirmed);
                  })
                  .ok());
  Work();
  EXPECT_EQ(ResultOf(gate_in_, 1), "record_malformed");
}

TEST_F(ArrivalsTest, AnUnknownOutcomeCountsAsPassedAndAVoidedOneDoesNot) {
  const uint64_t in = Deliver(gate_in_, 0, Show(0), records::Outcome::kUnknown);
  const uint64_t voided = Deliver(gate_out_, 10, Show(10), records::Outcome::kVoided);
  const uint64_t out = Deliver(gate_out_, 22, Show(22), records::Outcome::kUnknown);
  Work();
  EXPECT_EQ(ResultOf(gate_in_, in), "applied");
  EXPECT_EQ(ResultOf(gate_out_, voided), "none");
  EXPECT_EQ(ResultOf(gate_out_, out), "applied");
  EXPECT_EQ(BalanceFen(), 1700);
}

TEST_F(ArrivalsTest, OneShowingAtTwoGatesIsDisputed) {
  const Bytes shown = Show(0);
  const uint64_t in = Deliver(gate_in_, 0, shown);
  Work();
  Gate other = AddGate("GYQ", terminals::Directions::kIn);
  const uint64_t copied = Deliver(other, 1, shown);
  Work();
  EXPECT_EQ(ResultOf(gate_in_, in), "applied");
  EXPECT_EQ(ResultOf(other, copied), "disputed");
  EXPECT_EQ(JourneyCount(), 1u);
}

TEST_F(ArrivalsTest, APassageThatCannotBeAppliedKeepsBackNoOther) {
  has_damaged_ = true;
  const auto damaged = issuer_.Admit(database(), 2, Money::Fen(2000));
  codes::Grant other;
  ASSERT_EQ(issuer_.Ask(database(), issuer_.RequestOf(damaged), issuer_.now, &other), "made");
  ASSERT_TRUE(writer_
                  ->Run([&](storage::Transaction& t) -> Result<void> {
                    YUKUAI_TRY(t.Execute(kDamage, {ToBytes("no box"), damaged.id.shard(), damaged.id}));
                    return {};
                  })
                  .ok());
  const uint64_t first = Deliver(gate_in_, 0, issuer_.Show(other, issuer_.now));
  const uint64_t second = Deliver(gate_in_, 1, Show(1));
  const uint64_t third = Deliver(gate_out_, 22, Show(22));
  ASSERT_TRUE(arrivals_->WorkOnce().ok());
  EXPECT_EQ(ResultOf(gate_in_, first), "none");
  EXPECT_EQ(ResultOf(gate_in_, second), "applied");
  EXPECT_EQ(ResultOf(gate_out_, third), "applied");
  EXPECT_EQ(BalanceFen(), 1700);
  EXPECT_EQ(*records::CountReady(*Read()), 1);
}

TEST_F(ArrivalsTest, TheClassAtTheTimeOfThePassageCounts) {
  // Known before the records arrive: a student until ten minutes after the entry, and from an hour later a soldier, who rides
  // free.
  const auto record = [&](persons::Concession concession, int minutes) {
    ASSERT_TRUE(writer_
                    ->Run([&](storage::Transaction& t) {
                      return issuer_.persons.RecordConcession(t, resident_.id, concession, "school",
                                                              issuer_.now.PlusSeconds(minutes * 60), clock_.Now());
                    })
                    .ok());
    clock_.Advance(1);
  };
  record(persons::Concession::kStudent, 0);
  record(persons::Concession::kOrdinary, 10);
  record(persons::Concession::kSoldier, 70);
  clock_.Advance(2 * 3600);
  Deliver(gate_in_, 0, Show(0));
  Deliver(gate_out_, 22, Show(22));
  Work();
  EXPECT_EQ(BalanceFen(), 1850);
  Deliver(gate_in_, 30, Show(30));
  Deliver(gate_out_, 52, Show(52));
  Work();
  EXPECT_EQ(BalanceFen(), 1550);
}

TEST_F(ArrivalsTest, ARideThatIsOwedEndsTheMakingOfGrants) {
  const auto poor = issuer_.Admit(database(), 2, Money::Fen(299));
  resident_ = poor;
  ASSERT_EQ(issuer_.Ask(database(), issuer_.RequestOf(poor), issuer_.now, &grant_), "made");
  Deliver(gate_in_, 0, Show(0));
  Deliver(gate_out_, 22, Show(22));
  Work();
  EXPECT_EQ(BalanceFen(), 299);
  EXPECT_EQ(ledger::Balance(*Read(), ledger::ReceivableOf(poor.id))->balance, Money::Fen(-300));
  EXPECT_EQ(issuer_.Ask(database(), issuer_.RequestOf(poor), clock_.Now()), "receivable_outstanding");
}

}  // namespace
}  // namespace yukuai::arrivals
