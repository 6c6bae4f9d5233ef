// SPDX-License-Identifier: Apache-2.0
#include "scenes/settling/settling.h"

#include <gtest/gtest.h>

#include "formats/identifiers/document.h"
#include "platform/audit/audit.h"
#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"
#include "registers/ledger/invariants.h"
#include "registers/ledger/ledger.h"

namespace yukuai::settling {
namespace {

const Instant kMorning = *ParseRfc3339("2026-03-02T08:00:00+08:00");
constexpr int64_t kDay = 86400;
constexpr storage::Sql kDamage{"test_damage_person",
                               "UPDATE person_attribute SET value_box = ? WHERE shard = ? AND person_id = ?"};

class SettlingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<storage::Migration> schema;
    for (const auto* one : {&persons::kSchema, &ledger::kSchema, &audit::kSchema, &journeys::kSchema})
      schema.insert(schema.end(), one->begin(), one->end());
    auto scratch = storage::Scratch::Open(schema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
    auto writer = storage::StartWriter(database(), clock_, {.owner = "test"});
    ASSERT_TRUE(writer.ok());
    writer_ = *std::move(writer);
    gate_ = TerminalId::Make(kMorning, 900, entropy_);
  }
  void TearDown() override {
    writer_.reset();
    const auto reader = Read();
    EXPECT_TRUE(ledger::VerifyAll(*reader)->breaches.empty());
    EXPECT_TRUE(log_.VerifyAll(*reader).ok());
  }

  storage::Database& database() { return scratch_->database(); }
  std::unique_ptr<storage::Reader> Read() { return database().Read().value(); }

  PersonId Admit(int sequence) {
    persons::Created created;
    const auto done = writer_->Run([&](storage::Transaction& t) -> Result<void> {
      const identifiers::Document document(identifiers::CitizenId::Make("500103", {1987, 6, 15}, sequence));
      YUKUAI_ASSIGN(
          created,
          persons_.Create(t, {document, *persons::Name::Parse("张三"), persons::Concession::kOrdinary, "counter"}, kMorning));
      YUKUAI_TRY(ledger::OpenShardAccounts(t, created.id.shard(), kMorning));
      return ledger::OpenPersonAccounts(t, created.id, kMorning);
    });
    EXPECT_TRUE(done.ok());
    return created.id;
  }
  void Enter(PersonId person, int64_t seconds) {
    journeys::Passage passage;
    passage.record = {gate_, ++counter_};
    passage.person = person;
    passage.scene = "metro-bus";
    passage.at = kMorning.PlusSeconds(seconds);
    passage.point = "LJB";
    passage.presentation = sm3::Hash(AsBytes(std::to_string(counter_)));
    const auto done = writer_->Run([&](storage::Transaction& t) -> Result<void> {
      YUKUAI_TRY(passages_.Apply(t, passage, {}, passage.at));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  Settling Make(storage::Writer& writer) {
    return Settling({database(), writer, persons_, engine_, passages_,
                     [this](PersonId person, const std::vector<JourneyId>& changed) {
                       EXPECT_EQ(changed.size(), 1u);
                       told_.push_back(person);
                     },
                     [this](const Fault& fault) { failures_.push_back(std::string(fault.reason.slug)); }});
  }
  int64_t OwedFen(PersonId person) { return -ledger::Balance(*Read(), ledger::ReceivableOf(person))->balance.fen(); }

  ManualClock clock_{kMorning};
  SeededEntropy entropy_{20260302};
  persons::Register persons_{persons::Keys{Secret(entropy_.Take<32>()), Secret(entropy_.Take<32>())}, entropy_};
  engine::Engine engine_ = engine::Engine::LoadAll(YUKUAI_SOURCE_DIR "/scenes").value();
  audit::Log log_{{audit_proof::MapSecret(ByteArray<32>{7}), sm2::PrivateKey::Generate(entropy_)}, entropy_};
  operation::Passages passages_{{engine_, log_, entropy_}};
  std::unique_ptr<storage::Scratch> scratch_;
  std::unique_ptr<storage::Writer> writer_;
  TerminalId gate_;
  uint64_t counter_ = 0;
  std::vector<PersonId> told_;
  std::vector<std::string> failures_;
};

TEST_F(SettlingTest, AMissingExitIsSettledOnceWhenTimeHasPassed) {
  const PersonId person = Admit(1);
  Enter(person, 0);
  Settling settling = Make(*writer_);
  EXPECT_EQ(settling.WorkOnce(kMorning.PlusSeconds(kDay - 1))->settled, 0u);
  EXPECT_EQ(OwedFen(person), 0);
  EXPECT_EQ(settling.WorkOnce(kMorning.PlusSeconds(kDay))->settled, 1u) << ::testing::PrintToString(failures_);
  EXPECT_EQ(OwedFen(person), 700);
  for (const int64_t later : {kDay, kDay + 60, 3 * kDay}) EXPECT_EQ(settling.WorkOnce(kMorning.PlusSeconds(later))->settled, 0u);
  EXPECT_EQ(OwedFen(person), 700);
  EXPECT_EQ(told_, std::vector<PersonId>{person});
}

TEST_F(SettlingTest, OnePassIsBoundedAndTheNextGoesOnBehindIt) {
  std::vector<PersonId> all;
  for (int i = 0; i < static_cast<int>(kPersonsMax) + 10; ++i) {
    all.push_back(Admit(i + 1));
    Enter(all.back(), i);
  }
  Settling settling = Make(*writer_);
  const Instant now = kMorning.PlusSeconds(2 * kDay);
  const auto first = settling.WorkOnce(now);
  EXPECT_EQ(first->settled, kPersonsMax);
  EXPECT_TRUE(first->more);
  const auto second = settling.WorkOnce(now);
  EXPECT_EQ(second->settled, 10u);
  EXPECT_FALSE(second->more);
  EXPECT_EQ(told_, all);
  for (const PersonId person : all) EXPECT_EQ(OwedFen(person), 700);
}

TEST_F(SettlingTest, ADamagedRecordIsPassedOverAndDoesNotStopTheOthers) {
  const PersonId damaged = Admit(1);
  const PersonId sound = Admit(2);
  Enter(damaged, 0);
  Enter(sound, 1);
  ASSERT_TRUE(writer_
                  ->Run([&](storage::Transaction& t) -> Result<void> {
                    YUKUAI_TRY(t.Execute(kDamage, {ToBytes("no box"), damaged.shard(), damaged}));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(Make(*writer_).WorkOnce(kMorning.PlusSeconds(kDay + 1))->settled, 1u);
  EXPECT_EQ(OwedFen(sound), 700);
  EXPECT_EQ(failures_, std::vector<std::string>{"person_unreadable"});
}

TEST_F(SettlingTest, ACommitOfUnknownOutcomeIsMadeUpForOnce) {
  const PersonId person = Admit(1);
  Enter(person, 0);
  const Instant now = kMorning.PlusSeconds(kDay);
  writer_.reset();
  for (const bool lands : {false, true}) {
    storage::FaultyDatabase faulty(database());
    auto writer = storage::StartWriter(faulty, clock_, {.owner = "test"});
    ASSERT_TRUE(writer.ok());
    faulty.Plan({.commit = 1, .commit_lands = lands});
    const auto pass = Make(**writer).WorkOnce(now);
    ASSERT_FALSE(pass.ok());
    EXPECT_EQ(pass.error().reason, storage::kStorageOutcomeUnknown);
    EXPECT_EQ(OwedFen(person), lands ? 700 : 0);
  }
  writer_ = storage::StartWriter(database(), clock_, {.owner = "test"}).value();
  EXPECT_EQ(Make(*writer_).WorkOnce(now)->settled, 0u);
  EXPECT_EQ(OwedFen(person), 700);
}

}  // namespace
}  // namespace yukuai::settling
