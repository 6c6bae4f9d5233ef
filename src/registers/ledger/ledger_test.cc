// SPDX-License-Identifier: Apache-2.0
#include "registers/ledger/ledger.h"

#include <gtest/gtest.h>

#include <set>

#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"
#include "registers/ledger/invariants.h"

namespace yukuai::ledger {
namespace {

constexpr Shard kShard = 517;
constexpr Instant kNow = Instant::FromSeconds(1'800'000'000);

class Ledger : public testing::Test {
 protected:
  void SetUp() override {
    scratch_ = storage::Scratch::Open(kSchema).value();
    ASSERT_TRUE(Do([&](storage::Transaction& transaction) -> Result<void> {
                  YUKUAI_TRY(OpenPersonAccounts(transaction, person_, kNow));
                  YUKUAI_TRY(OpenClearingAccount(transaction, "metro", kShard, kNow));
                  return OpenShardAccounts(transaction, kShard, kNow);
                }).ok());
  }
  Result<void> Do(const std::function<Result<void>(storage::Transaction&)>& work) { return scratch_->database().Transact(work); }

  std::vector<Outcome> PostAll(std::vector<Transfer> transfers, Instant now = kNow) {
    std::vector<Outcome> outcomes;
    const Result<void> done = Do([&](storage::Transaction& transaction) -> Result<void> {
      YUKUAI_ASSIGN(outcomes, Post(transaction, now, transfers));
      return {};
    });
    EXPECT_TRUE(done.ok()) << done.error().reason.slug << " " << done.error().detail;
    return outcomes;
  }
  Outcome PostOnly(Transfer transfer, Instant now = kNow) { return PostAll({std::move(transfer)}, now).at(0); }
  static std::string Told(const Outcome& outcome) {
    if (outcome.refusal.has_value()) return std::string(outcome.refusal->slug);
    return outcome.already_posted ? "already" : "posted";
  }
  int64_t Fen(AccountId account) { return Balance(*scratch_->database().Read().value(), account)->balance.fen(); }
  AccountState State(AccountId account) { return Balance(*scratch_->database().Read().value(), account).value(); }

  TransferId NewId() { return TransferId::Make(kNow, kShard, entropy_); }
  Transfer Move(AccountId from, AccountId to, int64_t fen) {
    Transfer transfer;
    transfer.id = NewId();
    transfer.from = from;
    transfer.to = to;
    transfer.amount = Money::Fen(fen);
    transfer.purpose = "test";
    return transfer;
  }
  Transfer Hold(AccountId from, AccountId to, int64_t fen, int64_t seconds = 60) {
    Transfer transfer = Move(from, to, fen);
    transfer.kind = TransferKind::kHold;
    transfer.expires_at = kNow.PlusSeconds(seconds);
    return transfer;
  }
  Transfer Settle(TransferKind kind, TransferId held, int64_t fen = 0) {
    Transfer transfer;
    transfer.id = NewId();
    transfer.kind = kind;
    transfer.held = held;
    transfer.amount = Money::Fen(fen);
    transfer.purpose = "test";
    return transfer;
  }
  void Give(int64_t fen) { ASSERT_TRUE(PostOnly(Move(opening_, balance_, fen)).ok()); }

  void ExpectSound() {
    auto reader = scratch_->database().Read().value();
    const Verification verification = VerifyAll(*reader).value();
    for (const Breach& breach : verification.breaches) ADD_FAILURE() << breach.rule << " " << ToHex(breach.id);
    const auto sums = SumByShard(*reader).value();
    for (const ShardSum& sum : sums) EXPECT_EQ(sum.sum, Money()) << sum.shard;
  }

  SeededEntropy entropy_{20260301};
  const PersonId person_ = PersonId::Make(kNow, kShard, entropy_);
  const AccountId balance_ = BalanceOf(person_);
  const AccountId receivable_ = ReceivableOf(person_);
  const AccountId metro_ = ClearingOf("metro", kShard);
  const AccountId opening_ = OpeningOf(kShard);
  std::unique_ptr<storage::Scratch> scratch_;
};

TEST_F(Ledger, AccountIdsAreComputedDistinctAndInTheirShard) {
  const std::set<AccountId> ids = {balance_, receivable_, metro_, opening_, InFlightOf(kShard), ClearingOf("bus", kShard)};
  EXPECT_EQ(ids.size(), 6u);
  for (const AccountId id : ids) EXPECT_EQ(id.shard(), kShard);
  EXPECT_EQ(BalanceOf(person_), balance_);
  for (Shard shard = 0; shard < kShardCount; ++shard) ASSERT_EQ(OpeningOf(shard).shard(), shard);
  const RideId ride = RideId::Make(kNow, kShard, entropy_);
  EXPECT_EQ(TransferFor("ride_fare", ride), TransferFor("ride_fare", ride));
  EXPECT_NE(TransferFor("ride_fare", ride), TransferFor("ride_refund", ride));
  EXPECT_EQ(TransferFor("ride_fare", ride).shard(), kShard);
}

TEST_F(Ledger, OpeningAnOpenAccountIsNoWrite) {
  Give(500);
  ASSERT_TRUE(Do([&](storage::Transaction& transaction) -> Result<void> {
                YUKUAI_TRY(OpenPersonAccounts(transaction, person_, kNow));
                YUKUAI_TRY(OpenShardAccounts(transaction, kShard, kNow));
                EXPECT_FALSE(transaction.has_written());
                return {};
              }).ok());
  EXPECT_EQ(Fen(balance_), 500);
}

TEST_F(Ledger, ARideMovesMoneyFromThePersonToTheOperator) {
  Give(5000);
  ASSERT_TRUE(PostOnly(Move(balance_, metro_, 300)).ok());
  EXPECT_EQ(Fen(balance_), 4700);
  EXPECT_EQ(Fen(metro_), 300);
  EXPECT_EQ(Fen(opening_), -5000);
  ExpectSound();
}

TEST_F(Ledger, ABalanceStopsAtZero) {
  Give(300);
  EXPECT_EQ(Told(PostOnly(Move(balance_, metro_, 301))), "insufficient_funds");
  EXPECT_EQ(Told(PostOnly(Move(balance_, metro_, 300))), "posted");
  EXPECT_EQ(Told(PostOnly(Move(balance_, metro_, 1))), "insufficient_funds");
  ExpectSound();
}

TEST_F(Ledger, AnUncoveredRideIsOwedAndPaidOffButNotMore) {
  ASSERT_TRUE(PostOnly(Move(receivable_, metro_, 300)).ok());
  EXPECT_EQ(Fen(receivable_), -300);
  Give(1000);
  EXPECT_EQ(Told(PostOnly(Move(balance_, receivable_, 301))), "receivable_exceeded");
  EXPECT_EQ(Told(PostOnly(Move(balance_, receivable_, 300))), "posted");
  EXPECT_EQ(Fen(receivable_), 0);
  ExpectSound();
}

TEST_F(Ledger, ATransferHappensOnce) {
  Give(1000);
  const Transfer transfer = Move(balance_, metro_, 300);
  EXPECT_EQ(Told(PostOnly(transfer)), "posted");
  EXPECT_EQ(Told(PostOnly(transfer, kNow.PlusSeconds(999))), "already");
  EXPECT_EQ(Fen(metro_), 300);
  const auto twice = Move(balance_, metro_, 200);
  const auto outcomes = PostAll({twice, twice});
  EXPECT_EQ(Told(outcomes[0]), "posted");
  EXPECT_EQ(Told(outcomes[1]), "already");
  EXPECT_EQ(Fen(metro_), 500);
  ExpectSound();
}

TEST_F(Ledger, OneIdWithAnotherContentIsAConflict) {
  Give(1000);
  const Transfer posted = Move(balance_, metro_, 300);
  const Transfer held = Hold(balance_, metro_, 100);
  ASSERT_TRUE(PostOnly(posted).ok());
  ASSERT_TRUE(PostOnly(held).ok());
  std::vector<std::pair<const char*, Transfer>> others;
  const auto other = [&](const char* what, const Transfer& base) -> Transfer& {
    others.emplace_back(what, base);
    return others.back().second;
  };
  other("amount", posted).amount = Money::Fen(299);
  other("from", posted).from = opening_;
  other("to", posted).to = receivable_;
  other("purpose", posted).purpose = "another";
  other("reference", posted).reference[3] = 1;
  other("kind", posted).kind = TransferKind::kHold;
  other("expiry", held).expires_at = kNow.PlusSeconds(61);
  for (const auto& [what, transfer] : others) EXPECT_EQ(Told(PostOnly(transfer)), "transfer_conflict") << what;
  ExpectSound();
}

TEST_F(Ledger, ARefusedTransferLeavesNoTraceAndMayBeTriedAgain) {
  const Transfer transfer = Move(balance_, metro_, 300);
  ASSERT_TRUE(Do([&](storage::Transaction& transaction) -> Result<void> {
                EXPECT_EQ(Told(Post(transaction, kNow, {&transfer, 1}).value()[0]), "insufficient_funds");
                EXPECT_FALSE(transaction.has_written());
                EXPECT_EQ(PostOne(transaction, kNow, transfer).error().reason, kInsufficientFunds);
                return {};
              }).ok());
  Give(300);
  EXPECT_EQ(Told(PostOnly(transfer)), "posted");
}

TEST_F(Ledger, EachTransferIsJudgedAfterThoseBeforeIt) {
  const auto outcomes = PostAll({Move(balance_, metro_, 300), Move(opening_, balance_, 400), Move(balance_, metro_, 300),
                                 Move(balance_, metro_, 101), Move(balance_, metro_, 100)});
  std::vector<std::string> told;
  for (const Outcome& outcome : outcomes) told.push_back(Told(outcome));
  EXPECT_EQ(told, (std::vector<std::string>{"insufficient_funds", "posted", "posted", "insufficient_funds", "posted"}));
  ExpectSound();
}

TEST_F(Ledger, LinkedTransfersHappenTogetherOrNotAtAll) {
  const auto chain = [&](std::vector<Transfer> transfers) {
    for (size_t i = 0; i + 1 < transfers.size(); ++i) transfers[i].linked = true;
    return transfers;
  };
  const auto told = [&](const std::vector<Transfer>& transfers) {
    std::vector<std::string> all;
    for (const Outcome& outcome : PostAll(transfers)) all.push_back(Told(outcome));
    return all;
  };
  using Texts = std::vector<std::string>;
  // The middle one fails: the first is undone, the last not judged, the single one after the chain stands.
  auto broken = chain({Move(opening_, balance_, 100), Move(balance_, metro_, 101), Move(opening_, balance_, 7)});
  broken.push_back(Move(opening_, balance_, 1));
  EXPECT_EQ(told(broken), (Texts{"linked_refused", "insufficient_funds", "linked_refused", "posted"}));
  EXPECT_EQ(Fen(balance_), 1);
  EXPECT_EQ(Fen(metro_), 0);

  const auto whole = chain({Move(opening_, balance_, 100), Move(balance_, metro_, 101)});
  EXPECT_EQ(told(whole), (Texts{"posted", "posted"}));
  EXPECT_EQ(told(whole), (Texts{"already", "already"}));

  // What was posted before stays so, whatever becomes of its chain.
  const auto later = chain({whole[0], Move(balance_, metro_, 1), whole[1]});
  EXPECT_EQ(told(later), (Texts{"already", "insufficient_funds", "already"}));
  ExpectSound();
}

TEST_F(Ledger, AHoldReservesUntilItIsSettled) {
  Give(1000);
  const Transfer hold = Hold(balance_, metro_, 800);
  EXPECT_EQ(Told(PostOnly(hold)), "posted");
  EXPECT_EQ(State(balance_).balance, Money::Fen(1000));
  EXPECT_EQ(State(balance_).available(), Money::Fen(200));
  EXPECT_EQ(State(metro_).held_in, Money::Fen(800));
  EXPECT_EQ(Told(PostOnly(Move(balance_, metro_, 201))), "insufficient_funds");
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kPostHeld, hold.id, 801))), "hold_exceeded");
  ExpectSound();

  // A part is moved, the rest is free again.
  const Transfer part = Settle(TransferKind::kPostHeld, hold.id, 500);
  EXPECT_EQ(Told(PostOnly(part)), "posted");
  EXPECT_EQ(Told(PostOnly(part)), "already");
  EXPECT_EQ(State(balance_).available(), Money::Fen(500));
  EXPECT_EQ(Fen(metro_), 500);
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kPostHeld, hold.id, 1))), "hold_settled");
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kVoid, hold.id))), "hold_settled");
  EXPECT_EQ(Told(PostOnly(hold)), "already");
  ExpectSound();
}

TEST_F(Ledger, AHoldEndsAtItsSecond) {
  Give(1000);
  const Transfer first = Hold(balance_, metro_, 100, 60);
  const Transfer second = Hold(balance_, metro_, 200, 60);
  ASSERT_TRUE(PostOnly(first).ok());
  ASSERT_TRUE(PostOnly(second).ok());
  const Instant last = {kNow.PlusSeconds(60).us - 1};
  const Instant over = kNow.PlusSeconds(60);
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kExpire, first.id), last)), "hold_not_expired");
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kPostHeld, first.id, 100), over)), "hold_expired");
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kPostHeld, first.id, 100), last)), "posted");
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kExpire, second.id), over)), "posted");
  EXPECT_EQ(Told(PostOnly(Hold(balance_, metro_, 1, 60), over)), "hold_expired");
  const Transfer third = Hold(balance_, metro_, 900);
  EXPECT_EQ(Told(PostOnly(third)), "posted");
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kVoid, third.id), over)), "posted");
  EXPECT_EQ(State(balance_).held_out, Money());
  ExpectSound();
}

TEST_F(Ledger, AHoldMayBeMadeAndSettledInOneBatch) {
  Give(1000);
  const Transfer hold = Hold(balance_, metro_, 800);
  const auto outcomes = PostAll({hold, Settle(TransferKind::kVoid, hold.id), Move(balance_, metro_, 1000)});
  for (const Outcome& outcome : outcomes) EXPECT_EQ(Told(outcome), "posted");
  ExpectSound();
}

TEST_F(Ledger, HoldsIntoAReceivableDoNotPayMoreThanIsOwed) {
  Give(1000);
  ASSERT_TRUE(PostOnly(Move(receivable_, metro_, 300)).ok());
  ASSERT_TRUE(PostOnly(Hold(balance_, receivable_, 200)).ok());
  EXPECT_EQ(Told(PostOnly(Move(balance_, receivable_, 101))), "receivable_exceeded");
  EXPECT_EQ(Told(PostOnly(Move(balance_, receivable_, 100))), "posted");
  ExpectSound();
}

// Each transfer breaks its own rule and every later one it can break: the first rule speaks.
TEST_F(Ledger, RefusalsFollowPrecedence) {
  Give(100);
  const Transfer known = Move(balance_, metro_, 50);
  const Transfer hold = Hold(balance_, metro_, 50);
  ASSERT_TRUE(PostOnly(known).ok());
  ASSERT_TRUE(PostOnly(hold).ok());
  const AccountId nobody = BalanceOf(PersonId::Make(kNow, kShard, entropy_));
  const auto with_id = [](Transfer transfer, TransferId id) {
    transfer.id = id;
    return transfer;
  };
  struct Case {
    Reason reason;
    Transfer transfer;
  };
  const std::vector<Case> cases = {
      {kAmountNotPositive, with_id(Move(nobody, nobody, 0), known.id)},
      {kAmountNotPositive, Move(balance_, metro_, -1)},
      {kAmountNotPositive, Settle(TransferKind::kPostHeld, NewId(), 0)},
      {kAmountTooLarge, with_id(Move(nobody, nobody, kAmountMax.fen() + 1), known.id)},
      {kAccountSame, with_id(Move(nobody, nobody, 1), known.id)},
      {kTransferConflict, with_id(Move(nobody, metro_, 1), known.id)},
      {kTransferConflict, with_id(Settle(TransferKind::kVoid, NewId()), known.id)},
      {kHoldUnknown, Settle(TransferKind::kPostHeld, NewId(), 1)},
      {kHoldUnknown, Settle(TransferKind::kPostHeld, known.id, 1)},
      {kAccountUnknown, Hold(nobody, metro_, kAmountMax.fen(), -1)},
      {kAccountUnknown, Move(balance_, nobody, kAmountMax.fen())},
      {kHoldExpired, Hold(balance_, receivable_, kAmountMax.fen(), 0)},
      {kHoldNotExpired, Settle(TransferKind::kExpire, hold.id)},
      {kHoldExceeded, Settle(TransferKind::kPostHeld, hold.id, 51)},
      {kInsufficientFunds, Move(balance_, receivable_, 1)},
      {kReceivableExceeded, Move(opening_, receivable_, 1)},
  };
  for (size_t i = 0; i < cases.size(); ++i) { EXPECT_EQ(Told(PostOnly(cases[i].transfer)), cases[i].reason.slug) << i; }
  // Settled speaks before expired, expired before exceeded.
  const Instant over = kNow.PlusSeconds(60);
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kPostHeld, hold.id, 51), over)), "hold_expired");
  ASSERT_TRUE(PostOnly(Settle(TransferKind::kVoid, hold.id)).ok());
  EXPECT_EQ(Told(PostOnly(Settle(TransferKind::kPostHeld, hold.id, 51), over)), "hold_settled");
}

TEST_F(Ledger, EntriesArePagedNewestFirst) {
  Give(1000);
  Transfer fare = Move(balance_, metro_, 300);
  fare.purpose = "ride_fare";
  fare.reference = person_.bytes();
  ASSERT_TRUE(PostOnly(fare, kNow.PlusSeconds(5)).ok());
  ASSERT_TRUE(PostOnly(Move(balance_, metro_, 100)).ok());
  auto reader = scratch_->database().Read().value();
  const auto newest = Entries(*reader, balance_, {.count = 2}).value();
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].balance, Money::Fen(600));
  EXPECT_EQ(newest[1].sequence, 2);
  EXPECT_EQ(newest[1].transfer, fare.id);
  EXPECT_EQ(newest[1].other, metro_);
  EXPECT_EQ(newest[1].amount, Money::Fen(-300));
  EXPECT_EQ(newest[1].purpose, "ride_fare");
  EXPECT_EQ(newest[1].reference, person_.bytes());
  EXPECT_EQ(newest[1].posted_at, kNow.PlusSeconds(5));
  const auto oldest = Entries(*reader, balance_, {.before = 2}).value();
  ASSERT_EQ(oldest.size(), 1u);
  EXPECT_EQ(oldest[0].other, opening_);
  EXPECT_EQ(Balance(*reader, BalanceOf(PersonId())).error().reason, kAccountUnknown);
}

// Each row tampers with the tables as a defect of posting would; both checkers must see it.
TEST_F(Ledger, TamperingIsSeen) {
  struct Case {
    const char* rule;
    const char* sql;
  };
  const std::vector<Case> cases = {
      {"shard_sum", "UPDATE ledger_account SET balance_fen = balance_fen + 1 WHERE kind = 3"},
      {"balance_differs_from_entries", "UPDATE ledger_account SET balance_fen = balance_fen + 1 WHERE kind = 3"},
      {"balance_differs_from_entries", "UPDATE ledger_account SET entries = entries + 1 WHERE kind = 3"},
      {"running_balance_differs", "UPDATE ledger_entry SET balance_fen = balance_fen + 1 WHERE sequence = 2"},
      {"entry_without_account", "DELETE FROM ledger_account WHERE kind = 3"},
      {"entry_without_transfer", "DELETE FROM ledger_transfer WHERE kind = 1"},
      {"transfer_unbalanced", "DELETE FROM ledger_entry WHERE sequence = 2"},
      {"transfer_unbalanced", "UPDATE ledger_transfer SET amount_fen = amount_fen + 1 WHERE kind = 1"},
      {"bound_broken", "UPDATE ledger_account SET balance_fen = -1 WHERE kind = 1"},
      {"bound_broken", "UPDATE ledger_account SET balance_fen = 1 WHERE kind = 2"},
      {"held_out_differs", "UPDATE ledger_account SET held_out_fen = held_out_fen - 1 WHERE kind = 1"},
      {"held_in_differs", "UPDATE ledger_account SET held_in_fen = held_in_fen - 1 WHERE kind = 3"},
      {"hold_settled_otherwise", "UPDATE ledger_transfer SET state = 4 WHERE state = 3"},
      {"hold_settled_otherwise", "UPDATE ledger_transfer SET state = 2 WHERE state = 1"},
  };
  Give(1000);
  ASSERT_TRUE(PostOnly(Move(balance_, metro_, 300)).ok());
  ASSERT_TRUE(PostOnly(Hold(balance_, metro_, 100)).ok());
  const Transfer voided = Hold(balance_, metro_, 50);
  ASSERT_TRUE(PostOnly(voided).ok());
  ASSERT_TRUE(PostOnly(Settle(TransferKind::kVoid, voided.id)).ok());
  ExpectSound();
  for (const Case& c : cases) {
    const Reason stop{Kind::kRefused, "test_stop"};
    const Result<void> done = Do([&](storage::Transaction& transaction) -> Result<void> {
      YUKUAI_TRY(transaction.Execute({"tamper", c.sql}, {}));
      std::set<std::string> rules;
      YUKUAI_ASSIGN(const Verification verification, VerifyAll(transaction));
      for (const Breach& breach : verification.breaches) rules.insert(breach.rule);
      EXPECT_TRUE(rules.contains(c.rule)) << c.rule << ": " << c.sql;
      return Fault(stop);
    });
    EXPECT_EQ(done.error().reason, stop) << done.error().detail;
  }
}

TEST_F(Ledger, TheWitnessSeesWhatABatchDidWrong) {
  Give(1000);
  ASSERT_TRUE(PostOnly(Move(receivable_, metro_, 10)).ok());
  const Transfer next = Move(balance_, metro_, 300);
  const auto entry = [](AccountId account, int64_t sequence, int64_t amount_fen, int64_t balance_fen) {
    return storage::Parameters{account.shard(), account, sequence, account.bytes(), amount_fen, balance_fen};
  };
  const storage::Sql insert{"tamper",
                            "INSERT INTO ledger_entry (shard, account, sequence, transfer, amount_fen, balance_fen)"
                            " VALUES (?, ?, ?, ?, ?, ?)"};
  struct Case {
    const char* rule;
    std::string sql;
    storage::Parameters parameters;
  };
  const std::string set = "UPDATE ledger_account SET ";
  const std::vector<Case> cases = {
      {"entries_miscounted", set + "entries = entries + 1 WHERE account = ?", {balance_}},
      {"balance_differs_from_entries", set + "balance_fen = balance_fen + 1 WHERE account = ?", {balance_}},
      {"entries_have_a_gap", std::string(insert.text), entry(metro_, 5, 1, 1)},
      {"running_balance_differs", std::string(insert.text), entry(metro_, 3, 1, 999)},
      {"entries_miscounted", std::string(insert.text), entry(metro_, 3, 1, 311)},
      {"held_negative", set + "held_out_fen = -1 WHERE account = ?", {metro_}},
      {"below_zero", set + "held_out_fen = 701 WHERE account = ?", {balance_}},
      {"above_zero", set + "held_in_fen = 11 WHERE account = ?", {receivable_}},
      {"holds_do_not_pair", set + "held_out_fen = 1 WHERE account = ?", {balance_}},
      {"account_missing", "DELETE FROM ledger_account WHERE account = ?", {metro_}},
      // Both sides by themselves right, together not.
      {"changes_do_not_sum_to_zero",
       "UPDATE ledger_entry SET balance_fen = balance_fen + 1, amount_fen = amount_fen + 1 WHERE account = ? AND sequence = 2",
       {metro_}},
  };
  for (const Case& c : cases) {
    const Result<void> done = Do([&](storage::Transaction& transaction) -> Result<void> {
      YUKUAI_ASSIGN(const BatchWitness witness, BatchWitness::Before(transaction, {balance_, metro_, receivable_}));
      YUKUAI_TRY(PostOne(transaction, kNow, next));
      YUKUAI_TRY(witness.After(transaction));
      YUKUAI_TRY(transaction.Execute({"tamper", c.sql}, c.parameters));
      if (std::string_view(c.rule).starts_with("changes")) {
        YUKUAI_TRY(transaction.Execute({"tamper", set + "balance_fen = balance_fen + 1 WHERE account = ?"}, {metro_}));
      }
      return witness.After(transaction);
    });
    ASSERT_FALSE(done.ok()) << c.rule;
    EXPECT_EQ(done.error().reason, kLedgerInvariant) << c.rule;
    EXPECT_TRUE(done.error().detail.starts_with(c.rule)) << c.rule << " but " << done.error().detail;
  }
  EXPECT_EQ(Fen(metro_), 10);  // Every one of them was rolled back.
}

TEST_F(Ledger, WhicheverStatementFailsTheBatchIsWholeOrNotAtAll) {
  Give(1000);
  storage::FaultyDatabase faulty(scratch_->database());
  int faults = 0;
  for (int statement = 1;; ++statement) {
    const Transfer hold = Hold(balance_, metro_, 3);
    const std::vector<Transfer> batch = {Move(balance_, metro_, 1), hold, Settle(TransferKind::kPostHeld, hold.id, 2)};
    const int64_t before = Fen(metro_);
    faulty.Plan({.statement = statement});
    const Result<void> done = faulty.Transact([&](storage::Transaction& transaction) -> Result<void> {
      YUKUAI_TRY(Post(transaction, kNow, batch));
      return {};
    });
    EXPECT_EQ(done.ok(), !faulty.struck());
    EXPECT_EQ(Fen(metro_), done.ok() ? before + 3 : before) << statement;
    if (!faulty.struck()) break;
    ++faults;
  }
  EXPECT_GT(faults, 10);
  ExpectSound();
}

TEST_F(Ledger, ABatchOfTwoShardsIsADefect) {
  Transfer transfer = Move(balance_, metro_, 1);
  transfer.to = ClearingOf("metro", kShard + 1);
  EXPECT_DEATH(PostOnly(transfer), "invariant violated");
}

}  // namespace
}  // namespace yukuai::ledger
