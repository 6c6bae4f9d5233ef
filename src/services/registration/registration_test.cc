// SPDX-License-Identifier: Apache-2.0
// Registering a resident: once, whole, and told in the resident's own history.
#include "services/registration/registration.h"

#include <gtest/gtest.h>

#include "base/entropy/entropy.h"
#include "crypto/p256/p256.h"
#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"
#include "registers/ledger/invariants.h"
#include "registers/ledger/ledger.h"

namespace yukuai::registration {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");
constexpr std::string_view kName = "欧阳修";

identifiers::Document DocumentOf(int sequence) {
  return identifiers::Document(identifiers::CitizenId::Make("500103", {1987, 6, 15}, sequence));
}
persons::Name NameOf(std::string_view text) { return *persons::Name::Parse(text); }

class RegistrationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<storage::Migration> schema = persons::kSchema;
    for (const auto* more : {&identity::kSchema, &audit::kSchema, &ledger::kSchema}) {
      schema.insert(schema.end(), more->begin(), more->end());
    }
    auto scratch = storage::Scratch::Open(schema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
    const Secret<ByteArray<32>> blind(entropy_.Take<32>());
    const Secret<ByteArray<32>> data(entropy_.Take<32>());
    persons_.emplace(persons::Keys{blind, data}, entropy_);
    log_.emplace(audit::Keys{Secret<ByteArray<32>>(entropy_.Take<32>()), sm2::PrivateKey::Generate(entropy_)}, entropy_);
    identity_.emplace(identity::Keys{blind, data}, identity::Limits(), identity::Identity::Parts{*persons_, *log_, entropy_});
    registration_.emplace(Registration::Parts{*persons_, *identity_, *log_});
    ASSERT_TRUE(scratch_->database()
                    .Transact([&](storage::Transaction& t) -> Result<void> {
                      YUKUAI_ASSIGN(const auto clerk, identity_->AddStaff(t, "王芳", p256::Generate(entropy_).public_key, kNow));
                      clerk_ = clerk.id;
                      return {};
                    })
                    .ok());
  }
  void TearDown() override {
    ASSERT_TRUE(log_->SealDurably(scratch_->database(), kNow).ok());
    const auto reader = *scratch_->database().Read();
    EXPECT_TRUE(log_->VerifyAll(*reader).ok());
    EXPECT_TRUE(ledger::VerifyAll(*reader)->breaches.empty());
  }

  Result<Registered> Register(int sequence, std::string_view name, Instant now = kNow) {
    return RegisterIn(scratch_->database(), sequence, name, now);
  }
  Result<Registered> RegisterIn(storage::Database& database, int sequence, std::string_view name, Instant now) {
    Result<Registered> outcome = Fault(storage::kStorageDefect);
    const auto done = database.Transact([&](storage::Transaction& t) -> Result<void> {
      outcome = registration_->Register(t, clerk_, DocumentOf(sequence), NameOf(name), now);
      return outcome.ok() ? Result<void>() : Result<void>(outcome.error());
    });
    if (!done.ok()) return done.error();
    return outcome;
  }
  // Oldest first.
  std::vector<std::string> HistoryOf(PersonId person) {
    std::vector<std::string> actions;
    const auto items = log_->History(**scratch_->database().Read(), person, {}).value();
    for (const audit::HistoryItem& item : items) {
      EXPECT_EQ(item.actor, audit::ActorStaff(clerk_));
      EXPECT_EQ(item.details, R"({"clerk":"王芳"})");
      actions.insert(actions.begin(), item.action);
    }
    return actions;
  }
  bool Knows(int sequence) { return persons_->FindId(**scratch_->database().Read(), DocumentOf(sequence))->has_value(); }

  SeededEntropy entropy_{12};
  std::unique_ptr<storage::Scratch> scratch_;
  std::optional<persons::Register> persons_;
  std::optional<audit::Log> log_;
  std::optional<identity::Identity> identity_;
  std::optional<Registration> registration_;
  StaffId clerk_;
};

TEST_F(RegistrationTest, MakesAPersonWithEmptyAccountsAndAHistory) {
  const auto registered = Register(1, kName);
  ASSERT_TRUE(registered.ok()) << registered.error().reason.slug;
  EXPECT_TRUE(registered->is_new);
  EXPECT_EQ(registered->registered_at, kNow);
  const auto reader = *scratch_->database().Read();
  const auto person = persons_->LoadByDocument(*reader, DocumentOf(1), kNow);
  ASSERT_TRUE(person.ok());
  EXPECT_EQ(person->id, registered->person);
  EXPECT_EQ(person->name.text(), kName);
  EXPECT_EQ(person->concession, persons::Concession::kOrdinary);
  EXPECT_EQ(ledger::Balance(*reader, ledger::BalanceOf(person->id))->balance, Money());
  EXPECT_EQ(ledger::Balance(*reader, ledger::ReceivableOf(person->id))->balance, Money());
  EXPECT_EQ(HistoryOf(person->id), std::vector<std::string>{"person_registered"});
}

TEST_F(RegistrationTest, ADocumentIsOnePerson) {
  const auto first = Register(1, "Anna Müller");
  const auto again = Register(1, "ANNA  Müller", kNow.PlusSeconds(60));
  ASSERT_TRUE(again.ok()) << again.error().reason.slug;
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->person, first->person);
  EXPECT_EQ(again->registered_at, kNow);
  EXPECT_EQ(HistoryOf(first->person), (std::vector<std::string>{"person_registered", "registration_repeated"}));
  EXPECT_NE(Register(2, "Anna Müller")->person, first->person);
}

TEST_F(RegistrationTest, AnotherNameUnderAKnownDocumentChangesNothing) {
  const auto first = Register(1, kName);
  EXPECT_EQ(Register(1, "欧阳询").error().reason, identity::kPersonNameDiffers);
  EXPECT_EQ(HistoryOf(first->person).size(), 1u);
}

TEST_F(RegistrationTest, OnlyAClerkRegisters) {
  const StaffId clerk = clerk_;
  clerk_ = StaffId(ByteArray<16>{9});
  EXPECT_EQ(Register(1, kName).error().reason, identity::kStaffUnknown);
  clerk_ = clerk;
  ASSERT_TRUE(
      scratch_->database().Transact([&](storage::Transaction& t) { return identity_->RevokeStaff(t, clerk_, kNow); }).ok());
  EXPECT_EQ(Register(1, kName).error().reason, identity::kStaffRevoked);
  EXPECT_FALSE(Knows(1));
}

TEST_F(RegistrationTest, AFaultAtAnyStatementLeavesNobody) {
  storage::FaultyDatabase faulty(scratch_->database());
  int statement = 1;
  for (;; ++statement) {
    faulty.Plan({.statement = statement});
    const auto registered = RegisterIn(faulty, 1, kName, kNow);
    if (registered.ok()) break;
    EXPECT_EQ(registered.error().reason, storage::kStorageUnavailable) << statement;
    ASSERT_FALSE(Knows(1)) << statement;
  }
  EXPECT_GT(statement, 8);
  EXPECT_TRUE(Knows(1));
}

}  // namespace
}  // namespace yukuai::registration
