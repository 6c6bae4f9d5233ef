// SPDX-License-Identifier: Apache-2.0
// Posting a batch: load what it touches, judge in memory, write what stands. Judging finishes before the first write, so that
// a refusal never costs a rollback.
#include <algorithm>
#include <map>

#include "base/result/check.h"
#include "registers/ledger/invariants.h"
#include "registers/ledger/ledger.h"

namespace yukuai::ledger {
namespace {

using storage::Sql;

constexpr Sql kAccountLoad{"ledger_account_load",
                           "SELECT bound, balance_fen, held_out_fen, held_in_fen, entries FROM ledger_account"
                           " WHERE shard = ? AND account = ?"};
// The state that was judged must be the state that is changed.
constexpr Sql kAccountStore{"ledger_account_store",
                            "UPDATE ledger_account SET balance_fen = ?, held_out_fen = ?, held_in_fen = ?, entries = ?"
                            " WHERE shard = ? AND account = ? AND balance_fen = ? AND held_out_fen = ? AND held_in_fen = ?"
                            " AND entries = ?"};
constexpr Sql kTransferLoad{"ledger_transfer_load",
                            "SELECT kind, from_account, to_account, amount_fen, held, expires_at, state, purpose, reference"
                            " FROM ledger_transfer WHERE shard = ? AND transfer = ?"};
constexpr Sql kTransferInsert{"ledger_transfer_insert",
                              "INSERT INTO ledger_transfer (shard, transfer, kind, from_account, to_account, amount_fen, held,"
                              " expires_at, state, purpose, reference, posted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kHoldSettle{"ledger_hold_settle",
                          "UPDATE ledger_transfer SET state = ? WHERE shard = ? AND transfer = ? AND state = 1"};
constexpr Sql kEntryInsert{"ledger_entry_insert",
                           "INSERT INTO ledger_entry (shard, account, sequence, transfer, amount_fen, balance_fen)"
                           " VALUES (?, ?, ?, ?, ?, ?)"};

constexpr size_t kPurposeMax = 40;

enum class HoldState : uint8_t { kNone = 0, kOpen = 1, kPosted = 2, kVoided = 3, kExpired = 4 };

struct Account {
  int64_t bound = 0;  // 0 none, 1 never below zero, 2 never above zero.
  Money balance;
  Money held_out;
  Money held_in;
  int64_t entries = 0;
  friend bool operator==(const Account&, const Account&) = default;
};

// A transfer as the table knows it: for the kinds that settle a hold, `from` and `to` are the hold's.
struct Known {
  Transfer content;
  HoldState state = HoldState::kNone;
};

struct EntryRow {
  AccountId account;
  int64_t sequence = 0;
  TransferId transfer;
  Money amount;
  Money balance;
};

bool SettlesHold(TransferKind kind) {
  return kind == TransferKind::kPostHeld || kind == TransferKind::kVoid || kind == TransferKind::kExpire;
}

bool MovesMoney(TransferKind kind) { return kind == TransferKind::kPost || kind == TransferKind::kPostHeld; }

// Whether the known transfer is this one. What a caller does not say for its kind is not compared.
bool SameContent(const Transfer& known, const Transfer& asked) {
  if (known.kind != asked.kind || known.amount != asked.amount || known.purpose != asked.purpose ||
      known.reference != asked.reference) {
    return false;
  }
  if (SettlesHold(asked.kind)) return known.held == asked.held;
  return known.from == asked.from && known.to == asked.to &&
         (asked.kind != TransferKind::kHold || known.expires_at == asked.expires_at);
}

// A mistake of the calling code, not of any input: such a batch has no meaning.
void CheckShape(std::span<const Transfer> transfers) {
  const Shard shard = transfers.front().id.shard();
  for (const Transfer& transfer : transfers) {
    YUKUAI_CHECK(transfer.id.shard() == shard);
    YUKUAI_CHECK(!transfer.purpose.empty() && transfer.purpose.size() <= kPurposeMax);
    if (SettlesHold(transfer.kind)) {
      YUKUAI_CHECK(transfer.held.shard() == shard);
    } else {
      YUKUAI_CHECK(transfer.from.shard() == shard && transfer.to.shard() == shard);
    }
    YUKUAI_CHECK(transfer.kind == TransferKind::kPost || transfer.kind == TransferKind::kHold ||
                 transfer.kind == TransferKind::kPostHeld || transfer.amount == Money());
  }
  YUKUAI_CHECK(!transfers.back().linked);
}

std::optional<Reason> JudgeAlone(const Transfer& transfer) {
  if (MovesMoney(transfer.kind) || transfer.kind == TransferKind::kHold) {
    if (transfer.amount <= Money()) return kAmountNotPositive;
    if (transfer.amount > kAmountMax) return kAmountTooLarge;
  }
  if (!SettlesHold(transfer.kind) && transfer.from == transfer.to) return kAccountSame;
  return std::nullopt;
}

class Batch {
 public:
  Batch(storage::Transaction& transaction, Instant now, Shard shard) : transaction_(transaction), now_(now), shard_(shard) {}

  Result<void> Load(std::span<const Transfer> transfers);
  std::vector<Outcome> Judge(std::span<const Transfer> transfers);
  Result<void> Write();

 private:
  // What judging changes; copied at the start of a chain, to return to when the chain is refused.
  struct State {
    std::map<AccountId, Account> accounts;
    std::map<TransferId, Known> known;
    std::vector<TransferId> posted;   // New in this batch, in order.
    std::vector<TransferId> settled;  // Holds that this batch settled.
    std::vector<EntryRow> entries;
  };

  Result<void> LoadTransfer(TransferId id);
  Result<void> LoadAccount(AccountId id);
  void JudgeChain(std::span<const Transfer> chain, std::vector<Outcome>& outcomes);
  static std::optional<Outcome> AskKnown(const State& state, const Transfer& transfer);
  Outcome JudgeTransfer(const Transfer& transfer);
  std::optional<Reason> ApplyNew(const Transfer& transfer, Known& made);
  std::optional<Reason> ApplySettlement(const Transfer& transfer, Known& made);
  void Move(TransferId id, AccountId from, AccountId to, Money amount);
  Result<void> WriteTransfer(const Known& known);

  storage::Transaction& transaction_;
  const Instant now_;
  const Shard shard_;
  State state_;
  std::map<AccountId, Account> loaded_;  // As they stand in the table.
};

Result<void> Batch::LoadTransfer(TransferId id) {
  if (state_.known.contains(id)) return {};
  YUKUAI_ASSIGN(const auto row, transaction_.QueryOne(kTransferLoad, {shard_, id}));
  if (!row.has_value()) return {};
  Known known;
  known.content.id = id;
  known.content.kind = static_cast<TransferKind>(row->at(0).Int());
  known.content.from = AccountId(row->at(1).Array<16>());
  known.content.to = AccountId(row->at(2).Array<16>());
  known.content.amount = Money::Fen(row->at(3).Int());
  if (!row->at(4).is_null()) known.content.held = TransferId(row->at(4).Array<16>());
  if (!row->at(5).is_null()) known.content.expires_at = row->at(5).Time();
  known.state = static_cast<HoldState>(row->at(6).Int());
  known.content.purpose = row->at(7).Text();
  known.content.reference = row->at(8).Array<16>();
  state_.known.emplace(id, std::move(known));
  return {};
}

Result<void> Batch::LoadAccount(AccountId id) {
  if (state_.accounts.contains(id)) return {};
  YUKUAI_ASSIGN(const auto row, transaction_.QueryOne(kAccountLoad, {shard_, id}));
  if (!row.has_value()) return {};
  const Account account{row->at(0).Int(), Money::Fen(row->at(1).Int()), Money::Fen(row->at(2).Int()),
                        Money::Fen(row->at(3).Int()), row->at(4).Int()};
  state_.accounts.emplace(id, account);
  loaded_.emplace(id, account);
  return {};
}

Result<void> Batch::Load(std::span<const Transfer> transfers) {
  for (const Transfer& transfer : transfers) {
    YUKUAI_TRY(LoadTransfer(transfer.id));
    if (!SettlesHold(transfer.kind)) {
      YUKUAI_TRY(LoadAccount(transfer.from));
      YUKUAI_TRY(LoadAccount(transfer.to));
      continue;
    }
    YUKUAI_TRY(LoadTransfer(transfer.held));
    const auto hold = state_.known.find(transfer.held);
    if (hold == state_.known.end()) continue;  // Unknown, or made by this very batch, whose accounts are loaded with it.
    YUKUAI_TRY(LoadAccount(hold->second.content.from));
    YUKUAI_TRY(LoadAccount(hold->second.content.to));
  }
  return {};
}

std::vector<Outcome> Batch::Judge(std::span<const Transfer> transfers) {
  std::vector<Outcome> outcomes;
  outcomes.reserve(transfers.size());
  while (!transfers.empty()) {
    size_t count = 1;
    while (transfers[count - 1].linked) ++count;
    JudgeChain(transfers.first(count), outcomes);
    transfers = transfers.subspan(count);
  }
  return outcomes;
}

void Batch::JudgeChain(std::span<const Transfer> chain, std::vector<Outcome>& outcomes) {
  if (chain.size() == 1) {
    outcomes.push_back(JudgeTransfer(chain[0]));
    return;
  }
  State before = state_;
  const size_t first = outcomes.size();
  bool refused = false;
  for (const Transfer& transfer : chain) {
    // After a refusal the others are not judged: their own reasons would be guesses about a state that never was.
    outcomes.push_back(refused ? AskKnown(before, transfer).value_or(Outcome{kLinkedRefused, false}) : JudgeTransfer(transfer));
    refused = refused || !outcomes.back().ok();
  }
  if (!refused) return;
  state_ = std::move(before);
  for (size_t i = first; i < outcomes.size(); ++i) {
    const bool posted_by_this_chain = outcomes[i].ok() && !state_.known.contains(chain[i - first].id);
    if (posted_by_this_chain) outcomes[i] = {kLinkedRefused, false};
  }
}

// What is said of an id that has been posted: the same, or a conflict.
std::optional<Outcome> Batch::AskKnown(const State& state, const Transfer& transfer) {
  const auto known = state.known.find(transfer.id);
  if (known == state.known.end()) return std::nullopt;
  if (!SameContent(known->second.content, transfer)) return Outcome{kTransferConflict, false};
  return Outcome{std::nullopt, true};
}

Outcome Batch::JudgeTransfer(const Transfer& transfer) {
  if (const auto refusal = JudgeAlone(transfer)) return {refusal, false};
  if (const auto known = AskKnown(state_, transfer)) return *known;
  Known made{transfer, HoldState::kNone};
  const auto refusal = SettlesHold(transfer.kind) ? ApplySettlement(transfer, made) : ApplyNew(transfer, made);
  if (refusal.has_value()) return {refusal, false};
  state_.known.emplace(transfer.id, std::move(made));
  state_.posted.push_back(transfer.id);
  return {};
}

// kPost and kHold.
std::optional<Reason> Batch::ApplyNew(const Transfer& transfer, Known& made) {
  const auto from = state_.accounts.find(transfer.from);
  const auto to = state_.accounts.find(transfer.to);
  if (from == state_.accounts.end() || to == state_.accounts.end()) return kAccountUnknown;
  const bool holds = transfer.kind == TransferKind::kHold;
  if (holds && now_ >= transfer.expires_at) return kHoldExpired;
  Account& source = from->second;
  Account& target = to->second;
  if (source.bound == 1 && source.balance - source.held_out < transfer.amount) return kInsufficientFunds;
  if (target.bound == 2 && target.balance + target.held_in + transfer.amount > Money()) return kReceivableExceeded;
  if (holds) {
    source.held_out = source.held_out + transfer.amount;
    target.held_in = target.held_in + transfer.amount;
    made.state = HoldState::kOpen;
  } else {
    Move(transfer.id, transfer.from, transfer.to, transfer.amount);
  }
  return std::nullopt;
}

// kPostHeld, kVoid and kExpire. No bound is asked: the hold has reserved what they move.
std::optional<Reason> Batch::ApplySettlement(const Transfer& transfer, Known& made) {
  const auto found = state_.known.find(transfer.held);
  if (found == state_.known.end() || found->second.content.kind != TransferKind::kHold) return kHoldUnknown;
  Known& hold = found->second;
  const bool over = now_ >= hold.content.expires_at;
  if (hold.state != HoldState::kOpen) return kHoldSettled;
  if (transfer.kind == TransferKind::kPostHeld && over) return kHoldExpired;
  if (transfer.kind == TransferKind::kExpire && !over) return kHoldNotExpired;
  if (transfer.amount > hold.content.amount) return kHoldExceeded;

  made.content.from = hold.content.from;
  made.content.to = hold.content.to;
  Account& source = state_.accounts.at(hold.content.from);
  Account& target = state_.accounts.at(hold.content.to);
  source.held_out = source.held_out - hold.content.amount;
  target.held_in = target.held_in - hold.content.amount;
  if (transfer.kind == TransferKind::kPostHeld) {
    Move(transfer.id, hold.content.from, hold.content.to, transfer.amount);
    hold.state = HoldState::kPosted;
  } else {
    hold.state = transfer.kind == TransferKind::kVoid ? HoldState::kVoided : HoldState::kExpired;
  }
  state_.settled.push_back(transfer.held);
  return std::nullopt;
}

void Batch::Move(TransferId id, AccountId from, AccountId to, Money amount) {
  Account& source = state_.accounts.at(from);
  source.balance = source.balance - amount;
  state_.entries.push_back({from, ++source.entries, id, -amount, source.balance});
  Account& target = state_.accounts.at(to);
  target.balance = target.balance + amount;
  state_.entries.push_back({to, ++target.entries, id, amount, target.balance});
}

Result<void> Batch::WriteTransfer(const Known& known) {
  const Transfer& transfer = known.content;
  const bool settles = SettlesHold(transfer.kind);
  const bool holds = transfer.kind == TransferKind::kHold;
  YUKUAI_TRY(transaction_.Execute(
      kTransferInsert,
      {shard_, transfer.id, static_cast<int>(transfer.kind), transfer.from, transfer.to, transfer.amount.fen(),
       settles ? storage::Value(transfer.held) : storage::Value(), holds ? storage::Value(transfer.expires_at) : storage::Value(),
       static_cast<int>(known.state), transfer.purpose, transfer.reference, now_}));
  return {};
}

Result<void> Batch::Write() {
  if (state_.posted.empty()) return {};
  std::vector<AccountId> touched;
  for (const auto& [id, account] : state_.accounts) {
    if (account != loaded_.at(id)) touched.push_back(id);
  }
  YUKUAI_ASSIGN(const BatchWitness witness, BatchWitness::Before(transaction_, touched));
  for (const TransferId id : state_.posted) YUKUAI_TRY(WriteTransfer(state_.known.at(id)));
  for (const TransferId id : state_.settled) {
    // A hold made and settled by one batch was written with its last state.
    if (std::ranges::find(state_.posted, id) != state_.posted.end()) continue;
    const auto state = static_cast<int>(state_.known.at(id).state);
    YUKUAI_ASSIGN(const int64_t rows, transaction_.Execute(kHoldSettle, {state, shard_, id}));
    if (rows != 1) return Fault(kLedgerInvariant, "a hold changed while it was judged");
  }
  for (const EntryRow& entry : state_.entries) {
    YUKUAI_TRY(transaction_.Execute(
        kEntryInsert, {shard_, entry.account, entry.sequence, entry.transfer, entry.amount.fen(), entry.balance.fen()}));
  }
  for (const AccountId id : touched) {
    const Account& now = state_.accounts.at(id);
    const Account& was = loaded_.at(id);
    YUKUAI_ASSIGN(
        const int64_t rows,
        transaction_.Execute(kAccountStore, {now.balance.fen(), now.held_out.fen(), now.held_in.fen(), now.entries, shard_, id,
                                             was.balance.fen(), was.held_out.fen(), was.held_in.fen(), was.entries}));
    if (rows != 1) return Fault(kLedgerInvariant, "an account changed while it was judged");
  }
  return witness.After(transaction_);
}

}  // namespace

Result<std::vector<Outcome>> Post(storage::Transaction& transaction, Instant now, std::span<const Transfer> transfers) {
  if (transfers.empty()) return std::vector<Outcome>();
  CheckShape(transfers);
  Batch batch(transaction, now, transfers.front().id.shard());
  YUKUAI_TRY(batch.Load(transfers));
  std::vector<Outcome> outcomes = batch.Judge(transfers);
  YUKUAI_TRY(batch.Write());
  return outcomes;
}

Result<Outcome> PostOne(storage::Transaction& transaction, Instant now, const Transfer& transfer) {
  YUKUAI_ASSIGN(const std::vector<Outcome> outcomes, Post(transaction, now, {&transfer, 1}));
  if (!outcomes[0].ok()) return Fault(*outcomes[0].refusal);
  return outcomes[0];
}

}  // namespace yukuai::ledger
