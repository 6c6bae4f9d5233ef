// SPDX-License-Identifier: Apache-2.0
// The ledger: double entry in whole fen. Money moves only by transfers, from one account to another of the same shard, so
// every shard sums to zero at every moment. A transfer has an id chosen by its maker and happens exactly once: repeating it
// gives the same outcome, the same id with another content is a conflict.
//
// A balance is the sum of an account's entries: what came in minus what went out. A person's balance never falls below zero; a
// receivable never rises above it and is what the person owes, negated (an uncovered ride moves from the receivable to the
// operator, paying it off moves from the balance to the receivable).
//
// Two steps where the end is not known yet: kHold reserves an amount; kPostHeld moves it or a part and releases the rest;
// kVoid and kExpire release it. Linked transfers happen together or not at all.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/ids/ids.h"
#include "base/money/money.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "platform/storage/storage.h"

namespace yukuai::ledger {

extern const std::vector<storage::Migration> kSchema;

// Refusals of a transfer, in order of precedence. Those up to kTransferConflict concern the transfer alone; a transfer known
// with the same content is told as already posted next; the others depend on the accounts.
inline constexpr Reason kAmountNotPositive{Kind::kMalformed, "amount_not_positive"};
inline constexpr Reason kAmountTooLarge{Kind::kMalformed, "amount_too_large"};
inline constexpr Reason kAccountSame{Kind::kMalformed, "account_same"};
inline constexpr Reason kTransferConflict{Kind::kConflict, "transfer_conflict"};
inline constexpr Reason kHoldUnknown{Kind::kNotFound, "hold_unknown"};
inline constexpr Reason kAccountUnknown{Kind::kNotFound, "account_unknown"};  // Also of Balance and Entries.
inline constexpr Reason kHoldSettled{Kind::kConflict, "hold_settled"};        // Posted, voided or expired before.
inline constexpr Reason kHoldExpired{Kind::kRefused, "hold_expired"};         // Its time has passed: only void and expire.
inline constexpr Reason kHoldNotExpired{Kind::kRefused, "hold_not_expired"};  // kExpire before its time.
inline constexpr Reason kHoldExceeded{Kind::kRefused, "hold_exceeded"};       // More than was held.
inline constexpr Reason kInsufficientFunds{Kind::kRefused, "insufficient_funds"};
inline constexpr Reason kReceivableExceeded{Kind::kRefused, "receivable_exceeded"};  // More than is owed.
inline constexpr Reason kLinkedRefused{Kind::kRefused, "linked_refused"};            // Another one of its chain was refused.
// A fault, not a refusal: what was written contradicts itself. The operation ends and is rolled back.
inline constexpr Reason kLedgerInvariant{Kind::kInternal, "ledger_invariant"};

inline constexpr Money kAmountMax = Money::Fen(100'000'000'000'000);  // 10^12 yuan; sums of a shard stay far from 2^63.
inline constexpr std::string_view kCurrency = "CNY";

enum class AccountKind : uint8_t {
  kBalance = 1,     // A person's money with us. Never below zero.
  kReceivable = 2,  // What a person owes, negated. Never above zero.
  kClearing = 3,    // An operator's in this shard, swept to the operator's home.
  kOpening = 4,     // The other side of balances that were there before the ledger.
  kInFlight = 5,    // Between shards: left one, not yet in the other.
};

// Accounts have computed ids: nothing looks them up.
AccountId BalanceOf(PersonId person);
AccountId ReceivableOf(PersonId person);
AccountId ClearingOf(std::string_view operator_id, Shard shard);  // operator_id as scenes name it: "metro".
AccountId OpeningOf(Shard shard);
AccountId InFlightOf(Shard shard);

// Opening an account that is open changes nothing and counts as no write.
Result<void> OpenPersonAccounts(storage::Transaction& transaction, PersonId person, Instant now);
Result<void> OpenClearingAccount(storage::Transaction& transaction, std::string_view operator_id, Shard shard, Instant now);
Result<void> OpenShardAccounts(storage::Transaction& transaction, Shard shard, Instant now);  // Opening and in flight.

// The id of the transfer that a thing gives rise to under a purpose: the thing happens once, so its transfer does. It takes
// the reference's time and shard.
TransferId TransferFor(std::string_view purpose, const ByteArray<16>& reference);
template <typename Tag>
TransferId TransferFor(std::string_view purpose, const Id<Tag>& reference) {
  return TransferFor(purpose, reference.bytes());
}

enum class TransferKind : uint8_t { kPost = 1, kHold = 2, kPostHeld = 3, kVoid = 4, kExpire = 5 };

struct Transfer {
  TransferId id;
  TransferKind kind = TransferKind::kPost;
  AccountId from;             // kPost, kHold.
  AccountId to;               // kPost, kHold.
  Money amount;               // kPost, kHold; kPostHeld: at most what was held. Zero for the others.
  TransferId held;            // kPostHeld, kVoid, kExpire: the hold.
  Instant expires_at;         // kHold: from then on it can no longer be posted.
  std::string purpose;        // A slug of 1..40 characters for the statement: "ride_fare", "opening".
  ByteArray<16> reference{};  // What it was for: a ride's id. Zeros when there is nothing.
  bool linked = false;        // Bound to the next one. The last of a chain, and so of a batch, is not.
};

struct Outcome {
  std::optional<Reason> refusal;  // Nothing: it is posted.
  bool already_posted = false;    // By an earlier batch or earlier in this one, with the same content.
  bool ok() const { return !refusal.has_value(); }
};

// Judges the transfers in their order, each after those before it, then writes those that stand: a refused one leaves no
// trace, and its id may be tried again. Nothing is written when all are refused, so an operation may still refuse then.
// All ids of a batch belong to one shard (a batch of several is a defect). Faults: kLedgerInvariant and storage's.
Result<std::vector<Outcome>> Post(storage::Transaction& transaction, Instant now, std::span<const Transfer> transfers);
// One transfer: the refusal as the fault.
Result<Outcome> PostOne(storage::Transaction& transaction, Instant now, const Transfer& transfer);

struct AccountState {
  AccountKind kind = AccountKind::kBalance;
  Money balance;
  Money held_out;  // Reserved by open holds.
  Money held_in;
  int64_t entries = 0;
  Money available() const { return balance - held_out; }
};
Result<AccountState> Balance(storage::Reader& reader, AccountId account);

struct Entry {
  int64_t sequence = 0;
  TransferId transfer;
  AccountId other;  // The account on the other side.
  Money amount;     // Signed: what came in.
  Money balance;    // After it.
  std::string purpose;
  ByteArray<16> reference{};
  Instant posted_at;
};
struct Page {
  int64_t before = INT64_MAX;  // Entries with a smaller sequence.
  int64_t count = 50;          // At most 1000.
};
Result<std::vector<Entry>> Entries(storage::Reader& reader, AccountId account, Page page);  // Newest first.

struct ShardSum {
  Shard shard = 0;
  int64_t accounts = 0;
  Money sum;  // Zero, or the ledger is broken.
};
Result<std::vector<ShardSum>> SumByShard(storage::Reader& reader);

}  // namespace yukuai::ledger
