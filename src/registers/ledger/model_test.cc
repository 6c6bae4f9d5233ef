// SPDX-License-Identifier: Apache-2.0
// The ledger against a model: the same random batches go to both, every outcome and every balance must agree. The model is
// slow and plain: it copies its whole world before each transfer and judges a world by its rules after the fact.
#include <gtest/gtest.h>

#include <map>

#include "base/entropy/entropy.h"
#include "platform/storage/scratch.h"
#include "registers/ledger/invariants.h"
#include "registers/ledger/ledger.h"

namespace yukuai::ledger {
namespace {

constexpr Shard kShard = 9;
constexpr int64_t kStart = 1'800'000'000;

class Model {
 public:
  void Open(AccountId account, AccountKind kind) { kinds_[account] = kind; }

  std::vector<std::string> Post(Instant now, const std::vector<Transfer>& batch) {
    std::vector<std::string> told;
    for (size_t first = 0; first < batch.size();) {
      size_t last = first;
      while (batch[last].linked) ++last;
      const World before = world_;
      std::string refusal;
      size_t refused_at = last + 1;
      for (size_t i = first; i <= last && refusal.empty(); ++i) {
        refusal = Refusal(now, batch[i]);
        if (!refusal.empty()) refused_at = i;
      }
      const World& judge = refusal.empty() ? world_ : before;
      for (size_t i = first; i <= last; ++i) {
        const bool known = before.transfers.contains(batch[i].id) || SeenEarlier(batch, first, i, refusal.empty());
        if (i == refused_at)
          told.push_back(refusal);
        else if (known && !refusal.empty() && !Same(judge.transfers.at(batch[i].id), batch[i]))
          told.push_back("transfer_conflict");
        else if (known)
          told.push_back("already");
        else
          told.push_back(refusal.empty() ? "posted" : "linked_refused");
      }
      if (!refusal.empty()) world_ = before;
      first = last + 1;
    }
    return told;
  }

  int64_t balance(AccountId account) { return world_.balances[account]; }
  int64_t held_out(AccountId account) {
    int64_t sum = 0;
    for (const auto& [id, hold] : world_.holds) sum += hold.from == account ? hold.amount.fen() : 0;
    return sum;
  }
  int64_t held_in(AccountId account) {
    int64_t sum = 0;
    for (const auto& [id, hold] : world_.holds) sum += hold.to == account ? hold.amount.fen() : 0;
    return sum;
  }

 private:
  struct World {
    std::map<AccountId, int64_t> balances;
    std::map<TransferId, Transfer> transfers;
    std::map<TransferId, Transfer> holds;  // Open ones.
  };

  static bool SeenEarlier(const std::vector<Transfer>& batch, size_t first, size_t i, bool stands) {
    for (size_t j = first; stands && j < i; ++j) {
      if (batch[j].id == batch[i].id) return true;
    }
    return false;
  }
  static bool Same(const Transfer& a, const Transfer& b) {
    return a.kind == b.kind && a.from == b.from && a.to == b.to && a.amount == b.amount && a.held == b.held &&
           a.expires_at == b.expires_at && a.purpose == b.purpose && a.reference == b.reference;
  }
  bool Broken(AccountId account) {
    const auto kind = kinds_.at(account);
    return (kind == AccountKind::kBalance && balance(account) - held_out(account) < 0) ||
           (kind == AccountKind::kReceivable && balance(account) + held_in(account) > 0);
  }

  // Empty when the transfer stands (and is done) or stood before; the world is as before otherwise.
  std::string Refusal(Instant now, const Transfer& transfer) {
    const bool settles = transfer.kind >= TransferKind::kPostHeld;
    const bool moves = transfer.kind <= TransferKind::kPostHeld;
    if (moves && transfer.amount.fen() <= 0) return "amount_not_positive";
    if (!settles && transfer.from == transfer.to) return "account_same";
    if (world_.transfers.contains(transfer.id))
      return Same(world_.transfers.at(transfer.id), transfer) ? "" : "transfer_conflict";
    const World before = world_;
    const std::string refusal = settles ? Settle(now, transfer) : Make(now, transfer);
    if (refusal.empty())
      world_.transfers[transfer.id] = transfer;
    else
      world_ = before;
    return refusal;
  }
  std::string Make(Instant now, const Transfer& transfer) {
    if (!kinds_.contains(transfer.from) || !kinds_.contains(transfer.to)) return "account_unknown";
    if (transfer.kind == TransferKind::kHold) {
      if (now >= transfer.expires_at) return "hold_expired";
      world_.holds[transfer.id] = transfer;
    } else {
      world_.balances[transfer.from] -= transfer.amount.fen();
      world_.balances[transfer.to] += transfer.amount.fen();
    }
    if (Broken(transfer.from)) return "insufficient_funds";
    if (Broken(transfer.to)) return "receivable_exceeded";
    return "";
  }
  std::string Settle(Instant now, const Transfer& transfer) {
    const auto made = world_.transfers.find(transfer.held);
    if (made == world_.transfers.end() || made->second.kind != TransferKind::kHold) return "hold_unknown";
    const Transfer hold = made->second;
    if (world_.holds.erase(hold.id) == 0) return "hold_settled";
    const bool over = now >= hold.expires_at;
    if (transfer.kind == TransferKind::kPostHeld && over) return "hold_expired";
    if (transfer.kind == TransferKind::kExpire && !over) return "hold_not_expired";
    if (transfer.amount > hold.amount) return "hold_exceeded";
    world_.balances[hold.from] -= transfer.amount.fen();
    world_.balances[hold.to] += transfer.amount.fen();
    return "";
  }

  std::map<AccountId, AccountKind> kinds_;
  World world_;
};

class Player {
 public:
  explicit Player(uint64_t seed) : entropy_(seed), scratch_(storage::Scratch::Open(kSchema).value()) {
    const Result<void> opened = scratch_->database().Transact([&](storage::Transaction& transaction) -> Result<void> {
      for (int i = 0; i < 3; ++i) {
        const PersonId person = PersonId::Make(now_, kShard, entropy_);
        YUKUAI_TRY(OpenPersonAccounts(transaction, person, now_));
        Know(BalanceOf(person), AccountKind::kBalance);
        Know(ReceivableOf(person), AccountKind::kReceivable);
      }
      YUKUAI_TRY(OpenClearingAccount(transaction, "metro", kShard, now_));
      YUKUAI_TRY(OpenShardAccounts(transaction, kShard, now_));
      Know(ClearingOf("metro", kShard), AccountKind::kClearing);
      Know(OpeningOf(kShard), AccountKind::kOpening);
      return {};
    });
    YUKUAI_CHECK(opened.ok());
  }

  void PlayBatch() {
    now_ = now_.PlusSeconds(static_cast<int64_t>(entropy_.Below(20)));
    std::vector<Transfer> batch;
    const size_t count = 1 + entropy_.Below(6);
    for (size_t i = 0; i < count; ++i) {
      batch.push_back(Next());
      batch.back().linked = i + 1 < count && entropy_.Below(3) == 0;
      history_.push_back(batch.back());
    }
    std::vector<std::string> told;
    const Result<void> done = scratch_->database().Transact([&](storage::Transaction& transaction) -> Result<void> {
      YUKUAI_ASSIGN(const auto outcomes, Post(transaction, now_, batch));
      for (const Outcome& outcome : outcomes) {
        told.push_back(outcome.refusal.has_value() ? std::string(outcome.refusal->slug)
                                                   : (outcome.already_posted ? "already" : "posted"));
        ++seen_[told.back()];
      }
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
    ASSERT_EQ(told, model_.Post(now_, batch));
    auto reader = scratch_->database().Read().value();
    for (const AccountId account : accounts_) {
      const AccountState state = Balance(*reader, account).value();
      ASSERT_EQ(state.balance.fen(), model_.balance(account));
      ASSERT_EQ(state.held_out.fen(), model_.held_out(account));
      ASSERT_EQ(state.held_in.fen(), model_.held_in(account));
    }
  }

  void Finish(std::map<std::string, int>& seen) {
    auto reader = scratch_->database().Read().value();
    const Verification verification = VerifyAll(*reader).value();
    for (const Breach& breach : verification.breaches) ADD_FAILURE() << breach.rule;
    for (const auto& [outcome, count] : seen_) seen[outcome] += count;
  }

 private:
  void Know(AccountId account, AccountKind kind) {
    accounts_.push_back(account);
    model_.Open(account, kind);
  }
  // Sometimes one that was never opened.
  AccountId AnyAccount() {
    if (entropy_.Below(40) == 0) return BalanceOf(PersonId::Make(now_, kShard, entropy_));
    return accounts_[entropy_.Below(accounts_.size())];
  }
  Transfer Next() {
    const uint64_t dice = entropy_.Below(100);
    if (dice < 12 && !history_.empty()) {
      Transfer again = history_[entropy_.Below(history_.size())];  // A repetition, sometimes with another content.
      if (entropy_.Below(3) == 0) again.reference[0] ^= 1;
      return again;
    }
    Transfer transfer;
    transfer.id = TransferId::Make(now_, kShard, entropy_);
    transfer.purpose = "model";
    transfer.amount = Money::Fen(static_cast<int64_t>(entropy_.Below(200)));
    if (dice < 65) {
      transfer.kind = dice < 45 ? TransferKind::kPost : TransferKind::kHold;
      transfer.from = AnyAccount();
      transfer.to = AnyAccount();
      if (transfer.kind == TransferKind::kHold) {
        transfer.expires_at = now_.PlusSeconds(static_cast<int64_t>(entropy_.Below(60)));
        holds_.push_back(transfer.id);
      }
      return transfer;
    }
    constexpr std::array<TransferKind, 3> kEnds = {TransferKind::kPostHeld, TransferKind::kVoid, TransferKind::kExpire};
    transfer.kind = kEnds[entropy_.Below(3)];
    if (transfer.kind != TransferKind::kPostHeld) transfer.amount = Money();
    const size_t recent = std::min<size_t>(holds_.size(), 6);
    transfer.held = recent == 0 || entropy_.Below(30) == 0 ? TransferId::Make(now_, kShard, entropy_)
                                                           : holds_[holds_.size() - 1 - entropy_.Below(recent)];
    return transfer;
  }

  SeededEntropy entropy_;
  Instant now_ = Instant::FromSeconds(kStart);
  std::unique_ptr<storage::Scratch> scratch_;
  Model model_;
  std::vector<AccountId> accounts_;
  std::vector<Transfer> history_;
  std::vector<TransferId> holds_;
  std::map<std::string, int> seen_;
};

TEST(LedgerModel, AgreesOnEveryOutcomeAndBalance) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Player player(seed);
    for (int batch = 0; batch < 100; ++batch) {
      player.PlayBatch();
      if (testing::Test::HasFatalFailure()) return;
    }
    player.Finish(seen);
  }
  // The dice reach every outcome, or agreement says little.
  for (const char* outcome : {"posted", "already", "amount_not_positive", "account_same", "transfer_conflict", "hold_unknown",
                              "account_unknown", "hold_settled", "hold_expired", "hold_not_expired", "hold_exceeded",
                              "insufficient_funds", "receivable_exceeded", "linked_refused"}) {
    EXPECT_GT(seen[outcome], 10) << outcome;
  }
}

}  // namespace
}  // namespace yukuai::ledger
