// SPDX-License-Identifier: Apache-2.0
// Reads what posting wrote, with statements and arithmetic of its own.
#include "registers/ledger/invariants.h"

#include <array>

namespace yukuai::ledger {
namespace {

using storage::Row;
using storage::Sql;

constexpr Sql kLook{
    "ledger_witness_look",
    "SELECT bound, balance_fen, held_out_fen, held_in_fen, entries FROM ledger_account WHERE shard = ? AND account = ?"};
constexpr Sql kFollow{"ledger_witness_follow",
                      "SELECT sequence, transfer, amount_fen, balance_fen FROM ledger_entry"
                      " WHERE shard = ? AND account = ? AND sequence >= ? ORDER BY sequence"};

Fault Broken(const char* rule, AccountId account) { return Fault(kLedgerInvariant, std::string(rule) + " " + account.Text()); }

}  // namespace

Result<BatchWitness::Seen> BatchWitness::Look(storage::Reader& reader, AccountId account) {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kLook, {account.shard(), account}));
  if (!row.has_value()) return Broken("account_missing", account);
  return Seen{row->at(0).Int(), row->at(1).Int(), row->at(2).Int(), row->at(3).Int(), row->at(4).Int()};
}

Result<BatchWitness> BatchWitness::Before(storage::Reader& reader, const std::vector<AccountId>& accounts) {
  BatchWitness witness;
  for (const AccountId account : accounts) {
    YUKUAI_ASSIGN(const Seen seen, Look(reader, account));
    witness.before_.emplace(account, seen);
  }
  return witness;
}

// The last old entry carries the balance before; each new one adds its amount to the balance of the one before it.
Result<void> BatchWitness::FollowEntries(storage::Reader& reader, AccountId account, const Seen& before, const Seen& after,
                                         std::map<ByteArray<16>, int64_t>& sums_by_transfer) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kFollow, {account.shard(), account, before.entries}));
  if (before.entries == 0 && before.balance_fen != 0) return Broken("balance_without_entries", account);
  int64_t sequence = before.entries == 0 ? 0 : before.entries - 1;
  int64_t running_fen = before.balance_fen;
  for (const Row& row : rows) {
    if (row[0].Int() != ++sequence) return Broken("entries_have_a_gap", account);
    if (sequence > before.entries) {
      if (__builtin_add_overflow(running_fen, row[2].Int(), &running_fen)) return Broken("balance_overflow", account);
      sums_by_transfer[row[1].Array<16>()] += row[2].Int();
    }
    if (row[3].Int() != running_fen) return Broken("running_balance_differs", account);
  }
  if (sequence != after.entries) return Broken("entries_miscounted", account);
  if (running_fen != after.balance_fen) return Broken("balance_differs_from_entries", account);
  return {};
}

Result<void> BatchWitness::After(storage::Reader& reader) const {
  int64_t change_fen = 0;
  int64_t held_fen = 0;
  std::map<ByteArray<16>, int64_t> sums_by_transfer;
  for (const auto& [account, before] : before_) {
    YUKUAI_ASSIGN(const Seen after, Look(reader, account));
    YUKUAI_TRY(FollowEntries(reader, account, before, after, sums_by_transfer));
    if (after.held_out_fen < 0 || after.held_in_fen < 0) return Broken("held_negative", account);
    if (after.bound == 1 && after.balance_fen < after.held_out_fen) return Broken("below_zero", account);
    if (after.bound == 2 && after.balance_fen > -after.held_in_fen) return Broken("above_zero", account);
    change_fen += after.balance_fen - before.balance_fen;
    held_fen += (after.held_out_fen - before.held_out_fen) - (after.held_in_fen - before.held_in_fen);
  }
  if (change_fen != 0) return Fault(kLedgerInvariant, "changes_do_not_sum_to_zero");
  if (held_fen != 0) return Fault(kLedgerInvariant, "holds_do_not_pair");
  for (const auto& [transfer, sum_fen] : sums_by_transfer) {
    if (sum_fen != 0) return Fault(kLedgerInvariant, "entries_do_not_sum_to_zero " + TransferId(transfer).Text());
  }
  return {};
}

namespace {

constexpr Sql kCountAccounts{"ledger_count_accounts", "SELECT COUNT(*) FROM ledger_account"};
constexpr Sql kCountTransfers{"ledger_count_transfers", "SELECT COUNT(*) FROM ledger_transfer"};
constexpr Sql kCountEntries{"ledger_count_entries", "SELECT COUNT(*) FROM ledger_entry"};

struct Rule {
  std::string_view slug;
  Sql sql;  // Gives (shard, id) of each breach; its one parameter is how many.
};

// kPost and kPostHeld (1, 3) have two entries, the other kinds none.
const std::array<Rule, 10> kRules = {{
    {"shard_sum",
     {"ledger_verify_shard_sum", "SELECT shard, NULL FROM ledger_account GROUP BY shard HAVING SUM(balance_fen) <> 0 LIMIT ?"}},
    {"balance_differs_from_entries",
     {"ledger_verify_balance",
      "SELECT a.shard, a.account FROM ledger_account a LEFT JOIN (SELECT shard, account, SUM(amount_fen) AS total, COUNT(*) AS n,"
      " MAX(sequence) AS last FROM ledger_entry GROUP BY shard, account) e ON e.shard = a.shard AND e.account = a.account"
      " WHERE a.balance_fen <> COALESCE(e.total, 0) OR a.entries <> COALESCE(e.n, 0) OR a.entries <> COALESCE(e.last, 0) LIMIT "
      "?"}},
    {"running_balance_differs",
     {"ledger_verify_running",
      "SELECT e.shard, e.account FROM ledger_entry e LEFT JOIN ledger_entry p ON p.shard = e.shard AND p.account = e.account"
      " AND p.sequence = e.sequence - 1 WHERE e.balance_fen <> COALESCE(p.balance_fen, 0) + e.amount_fen LIMIT ?"}},
    {"entry_without_account",
     {"ledger_verify_entry_account",
      "SELECT e.shard, e.account FROM ledger_entry e LEFT JOIN ledger_account a ON a.shard = e.shard AND a.account = e.account"
      " WHERE a.account IS NULL LIMIT ?"}},
    {"entry_without_transfer",
     {"ledger_verify_entry_transfer",
      "SELECT e.shard, e.transfer FROM ledger_entry e LEFT JOIN ledger_transfer t ON t.shard = e.shard AND t.transfer = "
      "e.transfer"
      " WHERE t.transfer IS NULL LIMIT ?"}},
    {"transfer_unbalanced",
     {"ledger_verify_transfer",
      "SELECT t.shard, t.transfer FROM ledger_transfer t LEFT JOIN (SELECT shard, transfer, SUM(amount_fen) AS total, COUNT(*) "
      "AS n,"
      " MAX(amount_fen) AS moved FROM ledger_entry GROUP BY shard, transfer) e ON e.shard = t.shard AND e.transfer = t.transfer"
      " WHERE COALESCE(e.total, 0) <> 0"
      " OR COALESCE(e.n, 0) <> CASE WHEN t.kind = 1 OR t.kind = 3 THEN 2 ELSE 0 END"
      " OR COALESCE(e.moved, 0) <> CASE WHEN t.kind = 1 OR t.kind = 3 THEN t.amount_fen ELSE 0 END LIMIT ?"}},
    {"bound_broken",
     {"ledger_verify_bound",
      "SELECT shard, account FROM ledger_account WHERE held_out_fen < 0 OR held_in_fen < 0"
      " OR (bound = 1 AND balance_fen < held_out_fen) OR (bound = 2 AND balance_fen > -held_in_fen) LIMIT ?"}},
    {"held_out_differs",
     {"ledger_verify_held_out",
      "SELECT a.shard, a.account FROM ledger_account a LEFT JOIN (SELECT shard, from_account, SUM(amount_fen) AS total"
      " FROM ledger_transfer WHERE state = 1 GROUP BY shard, from_account) t ON t.shard = a.shard AND t.from_account = a.account"
      " WHERE a.held_out_fen <> COALESCE(t.total, 0) LIMIT ?"}},
    {"held_in_differs",
     {"ledger_verify_held_in",
      "SELECT a.shard, a.account FROM ledger_account a LEFT JOIN (SELECT shard, to_account, SUM(amount_fen) AS total"
      " FROM ledger_transfer WHERE state = 1 GROUP BY shard, to_account) t ON t.shard = a.shard AND t.to_account = a.account"
      " WHERE a.held_in_fen <> COALESCE(t.total, 0) LIMIT ?"}},
    {"hold_settled_otherwise",
     {"ledger_verify_settlement",
      "SELECT h.shard, h.transfer FROM ledger_transfer h LEFT JOIN (SELECT shard, held, COUNT(*) AS n, MAX(kind) AS kind"
      " FROM ledger_transfer WHERE held IS NOT NULL GROUP BY shard, held) s ON s.shard = h.shard AND s.held = h.transfer"
      " WHERE h.kind = 2 AND (COALESCE(s.n, 0) <> CASE WHEN h.state = 1 THEN 0 ELSE 1 END"
      " OR (h.state > 1 AND s.kind <> h.state + 1)) LIMIT ?"}},
}};

Result<int64_t> CountOf(storage::Reader& reader, const Sql& sql) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(sql, {}));
  return rows.at(0).at(0).Int();
}

}  // namespace

Result<Verification> VerifyAll(storage::Reader& reader) {
  Verification verification;
  YUKUAI_ASSIGN(verification.accounts, CountOf(reader, kCountAccounts));
  YUKUAI_ASSIGN(verification.transfers, CountOf(reader, kCountTransfers));
  YUKUAI_ASSIGN(verification.entries, CountOf(reader, kCountEntries));
  for (const Rule& rule : kRules) {
    YUKUAI_ASSIGN(const auto rows, reader.Query(rule.sql, {kBreachesMax}));
    for (const Row& row : rows) {
      Breach breach{std::string(rule.slug), static_cast<Shard>(row[0].Int()), {}};
      if (!row[1].is_null()) breach.id = row[1].Array<16>();
      verification.breaches.push_back(std::move(breach));
    }
  }
  return verification;
}

}  // namespace yukuai::ledger
