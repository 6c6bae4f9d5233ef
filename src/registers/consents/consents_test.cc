// SPDX-License-Identifier: Apache-2.0
// What the register of consents promises.
#include "registers/consents/consents.h"

#include <gtest/gtest.h>

#include "platform/storage/scratch.h"

namespace yukuai::consents {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");
const Instant kEnd = kNow.PlusSeconds(3600);

class Consents : public ::testing::Test {
 protected:
  void SetUp() override {
    auto scratch = storage::Scratch::Open(kSchema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
    person_ = PersonId::Make(kNow, 77, entropy_);
    other_ = PersonId::Make(kNow, 77, entropy_);
  }
  template <typename Work>
  auto Write(Work work) {
    decltype(work(std::declval<storage::Transaction&>())) answer = Fault(storage::kStorageDefect);
    const auto done = scratch_->database().Transact([&](storage::Transaction& transaction) -> Result<void> {
      answer = work(transaction);
      if (!answer) return Fault(answer.error());
      return {};
    });
    EXPECT_EQ(done.ok(), answer.ok());
    return answer;
  }
  Result<Consent> GrantTo(const Scope& scope, Instant end = kEnd) {
    return Write([&](auto& t) { return Grant(t, person_, scope, end, kNow, entropy_); });
  }
  Result<Consent> CheckAt(const Scope& scope, Instant now) { return Check(**scratch_->database().Read(), person_, scope, now); }

  SeededEntropy entropy_{5};
  std::unique_ptr<storage::Scratch> scratch_;
  PersonId person_;
  PersonId other_;
};

TEST_F(Consents, AllowExactlyWhatTheyName) {
  const Scope granted{"library", "membership", {"name", "adult"}};
  const Consent consent = *GrantTo(granted);
  EXPECT_EQ(CheckAt(granted, kNow)->id, consent.id);
  EXPECT_EQ(CheckAt({"library", "membership", {"adult"}}, kNow)->id, consent.id);
  EXPECT_EQ(CheckAt({"library", "membership", {"adult", "birth_date"}}, kNow).error().reason, kConsentMissing);
  EXPECT_EQ(CheckAt({"library", "research", {"adult"}}, kNow).error().reason, kConsentMissing);
  EXPECT_EQ(CheckAt({"museum", "membership", {"adult"}}, kNow).error().reason, kConsentMissing);
}

TEST_F(Consents, TwoDoNotAddUpToOne) {
  ASSERT_TRUE(GrantTo({"library", "membership", {"name"}}).ok());
  ASSERT_TRUE(GrantTo({"library", "membership", {"adult"}}).ok());
  EXPECT_EQ(CheckAt({"library", "membership", {"adult", "name"}}, kNow).error().reason, kConsentMissing);
}

TEST_F(Consents, HoldDuringTheirLastSecondAndNotInTheNext) {
  const Scope scope{"library", "membership", {"name"}};
  ASSERT_TRUE(GrantTo(scope).ok());
  EXPECT_TRUE(CheckAt(scope, kEnd).ok());
  EXPECT_TRUE(CheckAt(scope, {kEnd.us + 999'999}).ok());
  EXPECT_FALSE(CheckAt(scope, kEnd.PlusSeconds(1)).ok());
  EXPECT_FALSE(CheckAt(scope, {kNow.us - 1}).ok()) << "Not before they were given";
}

TEST_F(Consents, AreWithdrawnAtOnceAndByTheirPersonOnly) {
  const Scope scope{"library", "membership", {"name"}};
  const Consent consent = *GrantTo(scope);
  const auto withdraw = [&](PersonId person, ConsentId id, Instant at) {
    return Write([&](auto& t) { return Withdraw(t, person, id, at); });
  };
  EXPECT_EQ(withdraw(other_, consent.id, kNow).error().reason, kConsentUnknown);
  EXPECT_EQ(withdraw(person_, ConsentId::Make(kNow, 77, entropy_), kNow).error().reason, kConsentUnknown);
  EXPECT_TRUE(CheckAt(scope, kNow).ok());
  EXPECT_EQ(withdraw(person_, consent.id, kNow)->withdrawn_at, kNow);
  EXPECT_EQ(withdraw(person_, consent.id, kEnd)->withdrawn_at, kNow) << "The first time stays";
  EXPECT_EQ(CheckAt(scope, kNow).error().reason, kConsentMissing);
  const auto all = *All(**scratch_->database().Read(), person_);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].withdrawn_at, kNow);
  EXPECT_EQ(all[0].scope.fields, scope.fields);
}

TEST_F(Consents, RefuseWhatIsMalformedFirst) {
  std::set<std::string> many;
  for (int i = 0; i < 65; ++i) many.insert("field" + std::to_string(i));
  struct Row {
    Scope scope;
    Instant end;
    Reason reason;
  };
  for (const Row& row : {Row{{"", "membership", {"name"}}, kEnd, kConsentMalformed},
                         Row{{"library", "For Membership", {"name"}}, kEnd, kConsentMalformed},
                         Row{{"library", "membership", {}}, kEnd, kConsentMalformed},
                         Row{{"library", "membership", {"name name"}}, kEnd, kConsentMalformed},
                         Row{{"library", "membership", many}, kEnd, kConsentMalformed},
                         Row{{"", "membership", {"name"}}, {kNow.us - 1}, kConsentMalformed},
                         Row{{"library", "membership", {"name"}}, {kNow.us - 1}, kConsentTermWrong}}) {
    EXPECT_EQ(GrantTo(row.scope, row.end).error().reason, row.reason);
  }
  EXPECT_EQ(CheckAt({"library", "membership", {}}, kNow).error().reason, kConsentMalformed);
}

}  // namespace
}  // namespace yukuai::consents
