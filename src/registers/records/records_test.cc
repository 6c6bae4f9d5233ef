// SPDX-License-Identifier: Apache-2.0
#include "registers/records/records.h"

#include <gtest/gtest.h>

#include "platform/storage/scratch.h"

namespace yukuai::records {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");

class Records : public ::testing::Test {
 protected:
  void SetUp() override {
    auto scratch = storage::Scratch::Open(kSchema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = std::move(scratch).value();
    gate_ = TerminalId::Make(kNow, 5, entropy_);
  }
  Result<void> Transact(const std::function<Result<void>(storage::Transaction&)>& work) {
    return scratch_->database().Transact(work);
  }
  std::unique_ptr<storage::Reader> Read() { return std::move(scratch_->database().Read()).value(); }
  void AddHeldRecord(uint64_t counter) {
    ASSERT_TRUE(Transact([&](storage::Transaction& t) -> Result<void> {
                  YUKUAI_TRY(Add(t, gate_, counter, Bytes{static_cast<uint8_t>(counter)}, kNow));
                  return AddHeld(t, gate_, counter);
                }).ok());
  }
  Result<void> Outcomes(uint64_t counter, Outcome outcome) {
    return Transact([&](storage::Transaction& t) { return Resolve(t, gate_, counter, outcome); });
  }

  SeededEntropy entropy_{7};
  std::unique_ptr<storage::Scratch> scratch_;
  TerminalId gate_;
};

TEST_F(Records, APassageIsReadyOnceItsOutcomeIsKnownAndUntilItIsDone) {
  for (uint64_t counter = 1; counter <= 4; ++counter) AddHeldRecord(counter);
  EXPECT_TRUE(Ready(*Read(), 10)->empty());
  EXPECT_TRUE(*IsHeld(*Read(), gate_, 1));
  ASSERT_TRUE(Outcomes(1, Outcome::kConfirmed).ok());
  ASSERT_TRUE(Outcomes(2, Outcome::kVoided).ok());
  ASSERT_TRUE(Outcomes(3, Outcome::kUnknown).ok());
  EXPECT_FALSE(*IsHeld(*Read(), gate_, 1));

  const auto ready = Ready(*Read(), 10);
  ASSERT_EQ(ready->size(), 2u);
  EXPECT_EQ((*ready)[0].counter, 1u);
  EXPECT_EQ((*ready)[0].outcome, Outcome::kConfirmed);
  EXPECT_EQ((*ready)[0].bytes, Bytes{1});
  EXPECT_EQ((*ready)[1].counter, 3u);
  EXPECT_EQ((*ready)[1].outcome, Outcome::kUnknown);
  EXPECT_EQ(*CountReady(*Read()), 2);
  EXPECT_EQ(Ready(*Read(), 1)->size(), 1u);
  EXPECT_EQ(Ready(*Read(), 10, (*ready)[0])->front().counter, 3u);
  EXPECT_TRUE(Ready(*Read(), 10, (*ready)[1])->empty());

  for (int again = 0; again < 2; ++again) {
    ASSERT_TRUE(Transact([&](storage::Transaction& t) { return MarkDone(t, gate_, 1, "charged"); }).ok());
  }
  EXPECT_EQ(*CountReady(*Read()), 1);
}

TEST_F(Records, AnOutcomeIsGivenOnce) {
  AddHeldRecord(1);
  ASSERT_TRUE(Outcomes(1, Outcome::kVoided).ok());
  const auto second = Outcomes(1, Outcome::kConfirmed);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, kHeldUnknown);
  EXPECT_EQ(Outcomes(9, Outcome::kConfirmed).error().reason, kHeldUnknown);
  EXPECT_TRUE(Ready(*Read(), 10)->empty());
}

TEST_F(Records, KeepsTheBytesAsReceived) {
  AddHeldRecord(3);
  EXPECT_EQ(*Find(*Read(), gate_, 3), std::optional<Bytes>(Bytes{3}));
  EXPECT_EQ(*Find(*Read(), gate_, 4), std::nullopt);
}

}  // namespace
}  // namespace yukuai::records
