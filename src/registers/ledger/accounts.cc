// SPDX-License-Identifier: Apache-2.0
// Computed ids, opening of accounts, and what is read from them.
#include <algorithm>
#include <cstdint>

#include "base/result/check.h"
#include "crypto/sm3/sm3.h"
#include "registers/ledger/ledger.h"

namespace yukuai::ledger {
namespace {

using storage::Sql;

constexpr Sql kAccountOpen{"ledger_account_open",
                           "INSERT INTO ledger_account (shard, account, kind, owner, currency, bound, balance_fen, held_out_fen,"
                           " held_in_fen, entries, opened_at) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?)"};
constexpr Sql kAccountState{"ledger_account_state",
                            "SELECT kind, balance_fen, held_out_fen, held_in_fen, entries FROM ledger_account"
                            " WHERE shard = ? AND account = ?"};
constexpr Sql kEntriesPage{"ledger_entries_page",
                           "SELECT e.sequence, e.transfer, e.amount_fen, e.balance_fen, t.from_account, t.to_account, t.purpose,"
                           " t.reference, t.posted_at FROM ledger_entry e JOIN ledger_transfer t"
                           " ON t.shard = e.shard AND t.transfer = e.transfer"
                           " WHERE e.shard = ? AND e.account = ? AND e.sequence < ? ORDER BY e.sequence DESC LIMIT ?"};
constexpr Sql kShardSums{
    "ledger_shard_sums",
    "SELECT shard, COUNT(*), CAST(SUM(balance_fen) AS BIGINT) FROM ledger_account GROUP BY shard ORDER BY shard"};

constexpr int64_t kPageMax = 1000;
constexpr std::string_view kCity = "city";  // The owner of a shard's own accounts.

// The first 52 bits, time and shard, are the origin's; the others are a hash. Ids with their origin's time stay together in
// the tables, and the shard needs no second thought.
ByteArray<16> DerivedId(const ByteArray<16>& origin, std::string_view label, ByteSpan owner) {
  const sm3::Digest digest = sm3::Hash({AsBytes("yukuai ledger "), AsBytes(label), ByteSpan(ByteArray<1>{0}), owner});
  ByteArray<16> id{};
  std::copy(origin.begin(), origin.begin() + 6, id.begin());
  id[6] = static_cast<uint8_t>((origin[6] & 0xF0) | (digest[6] & 0x0F));
  std::copy(digest.begin() + 7, digest.begin() + 16, id.begin() + 7);
  return id;
}

// Time zero in the given shard.
ByteArray<16> ShardOrigin(Shard shard) {
  YUKUAI_CHECK(shard < kShardCount);
  ByteArray<16> origin{};
  origin[5] = static_cast<uint8_t>(shard >> 4);
  origin[6] = static_cast<uint8_t>((shard & 0x0F) << 4);
  return origin;
}

int BoundOf(AccountKind kind) {
  switch (kind) {
    case AccountKind::kBalance: return 1;
    case AccountKind::kReceivable: return 2;
    case AccountKind::kClearing:
    case AccountKind::kOpening:
    case AccountKind::kInFlight: return 0;
  }
  YUKUAI_CHECK(false);
}

Result<void> Open(storage::Transaction& transaction, AccountId account, AccountKind kind, ByteSpan owner, Instant now) {
  YUKUAI_TRY(transaction.InsertIfAbsent(kAccountOpen, {account.shard(), account, static_cast<int>(kind),
                                                       Bytes(owner.begin(), owner.end()), kCurrency, BoundOf(kind), now}));
  return {};
}

}  // namespace

AccountId BalanceOf(PersonId person) { return AccountId(DerivedId(person.bytes(), "balance", person.bytes())); }

AccountId ReceivableOf(PersonId person) { return AccountId(DerivedId(person.bytes(), "receivable", person.bytes())); }

AccountId ClearingOf(std::string_view operator_id, Shard shard) {
  return AccountId(DerivedId(ShardOrigin(shard), "clearing", AsBytes(operator_id)));
}

AccountId OpeningOf(Shard shard) { return AccountId(DerivedId(ShardOrigin(shard), "opening", AsBytes(kCity))); }

AccountId InFlightOf(Shard shard) { return AccountId(DerivedId(ShardOrigin(shard), "in_flight", AsBytes(kCity))); }

TransferId TransferFor(std::string_view purpose, const ByteArray<16>& reference) {
  const std::string label = "transfer " + std::string(purpose);
  return TransferId(DerivedId(reference, label, reference));
}

Result<void> OpenPersonAccounts(storage::Transaction& transaction, PersonId person, Instant now) {
  YUKUAI_TRY(Open(transaction, BalanceOf(person), AccountKind::kBalance, person.bytes(), now));
  return Open(transaction, ReceivableOf(person), AccountKind::kReceivable, person.bytes(), now);
}

Result<void> OpenClearingAccount(storage::Transaction& transaction, std::string_view operator_id, Shard shard, Instant now) {
  YUKUAI_CHECK(!operator_id.empty());
  return Open(transaction, ClearingOf(operator_id, shard), AccountKind::kClearing, AsBytes(operator_id), now);
}

Result<void> OpenShardAccounts(storage::Transaction& transaction, Shard shard, Instant now) {
  YUKUAI_TRY(Open(transaction, OpeningOf(shard), AccountKind::kOpening, AsBytes(kCity), now));
  return Open(transaction, InFlightOf(shard), AccountKind::kInFlight, AsBytes(kCity), now);
}

Result<AccountState> Balance(storage::Reader& reader, AccountId account) {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kAccountState, {account.shard(), account}));
  if (!row.has_value()) return Fault(kAccountUnknown, account.Text());
  AccountState state;
  state.kind = static_cast<AccountKind>(row->at(0).Int());
  state.balance = Money::Fen(row->at(1).Int());
  state.held_out = Money::Fen(row->at(2).Int());
  state.held_in = Money::Fen(row->at(3).Int());
  state.entries = row->at(4).Int();
  return state;
}

Result<std::vector<Entry>> Entries(storage::Reader& reader, AccountId account, Page page) {
  const int64_t count = std::clamp<int64_t>(page.count, 1, kPageMax);
  YUKUAI_ASSIGN(const auto rows, reader.Query(kEntriesPage, {account.shard(), account, page.before, count}));
  std::vector<Entry> entries;
  entries.reserve(rows.size());
  for (const storage::Row& row : rows) {
    const AccountId from(row[4].Array<16>());
    const AccountId to(row[5].Array<16>());
    Entry entry;
    entry.sequence = row[0].Int();
    entry.transfer = TransferId(row[1].Array<16>());
    entry.other = from == account ? to : from;
    entry.amount = Money::Fen(row[2].Int());
    entry.balance = Money::Fen(row[3].Int());
    entry.purpose = row[6].Text();
    entry.reference = row[7].Array<16>();
    entry.posted_at = row[8].Time();
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<ShardSum>> SumByShard(storage::Reader& reader) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kShardSums, {}));
  std::vector<ShardSum> sums;
  sums.reserve(rows.size());
  for (const storage::Row& row : rows) {
    sums.push_back({static_cast<Shard>(row[0].Int()), row[1].Int(), Money::Fen(row[2].Int())});
  }
  return sums;
}

}  // namespace yukuai::ledger
