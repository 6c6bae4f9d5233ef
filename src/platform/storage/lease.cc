// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/lease.h"

#include <algorithm>

#include "base/result/check.h"
#include "platform/storage/writers.h"

namespace yukuai::storage {
namespace {

constexpr Sql kRead{
    "lease_read",
    "SELECT name, epoch, owner, renewed_at, first_shard, last_shard, released, address, asked_by FROM writer_lease"
    " ORDER BY first_shard"};
constexpr Sql kInsert{"lease_insert",
                      "INSERT INTO writer_lease (name, epoch, owner, taken_at, renewed_at, first_shard, last_shard, released)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kTake{
    "lease_take",
    "UPDATE writer_lease SET epoch = epoch + 1, owner = ?, address = ?, taken_at = ?, renewed_at = ?, released = 0,"
    " asked_by = NULL WHERE name = ?"};
constexpr Sql kTakeUntouched{"lease_take_untouched",
                             "UPDATE writer_lease SET epoch = epoch + 1, owner = ?, address = ?, taken_at = ?, renewed_at = ?,"
                             " released = 0, asked_by = NULL WHERE name = ? AND epoch = ? AND renewed_at = ? AND released = ?"};
constexpr Sql kEpoch{"lease_epoch", "SELECT epoch FROM writer_lease WHERE name = ?"};
constexpr Sql kRenew{"lease_check", "UPDATE writer_lease SET renewed_at = ? WHERE name = ? AND epoch = ?"};
constexpr Sql kRelease{"lease_release", "UPDATE writer_lease SET released = 1 WHERE name = ? AND epoch = ?"};
constexpr Sql kAsk{"lease_ask", "UPDATE writer_lease SET asked_by = ? WHERE name = ? AND epoch = ? AND asked_by IS NULL"};
constexpr Sql kDeleteAll{"lease_delete_all", "DELETE FROM writer_lease"};

Value Optional(const std::optional<std::string>& text) { return text.has_value() ? Value(*text) : Value(); }

std::optional<std::string> OptionalText(const Value& value) {
  return value.is_null() ? std::nullopt : std::optional<std::string>(value.Text());
}

}  // namespace

Result<std::vector<Lease>> ReadLeases(Reader& reader) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kRead, {}));
  std::vector<Lease> leases;
  leases.reserve(rows.size());
  for (const Row& row : rows) {
    leases.push_back({row[0].Text(), row[1].Int(), row[2].Text(), row[3].Time(), static_cast<Shard>(row[4].Int()),
                      static_cast<Shard>(row[5].Int()), row[6].Int() != 0, OptionalText(row[7]), OptionalText(row[8])});
  }
  return leases;
}

Result<void> MakeLease(Transaction& transaction, const std::string& name, const LeaseHolder& holder, Instant now) {
  YUKUAI_ASSIGN(const auto leases, ReadLeases(transaction));
  if (std::ranges::find(leases, name, &Lease::name) != leases.end()) return {};
  // A second one over the same shards would let two writers write them.
  if (!leases.empty()) return Fault(kStorageDefect, "the shards have other leases than \"" + name + "\"");
  YUKUAI_TRY(transaction.InsertIfAbsent(kInsert, {name, 0, holder.owner, now, now, 0, int64_t{kShardLast}, 0}));
  return {};
}

Result<int64_t> TakeLease(Transaction& transaction, const std::string& name, const LeaseHolder& holder, Instant now) {
  YUKUAI_TRY(transaction.Execute(kTake, {holder.owner, Optional(holder.address), now, now, name}));
  YUKUAI_ASSIGN(const auto row, transaction.QueryOne(kEpoch, {name}));
  if (!row.has_value()) return Fault(kLeaseLost, name);
  return row->at(0).Int();
}

Result<std::optional<int64_t>> TakeUntouchedLease(Transaction& transaction, const Lease& seen, const LeaseHolder& holder,
                                                  Instant now) {
  YUKUAI_ASSIGN(const int64_t rows,
                transaction.Execute(kTakeUntouched, {holder.owner, Optional(holder.address), now, now, seen.name, seen.epoch,
                                                     seen.renewed_at, seen.released ? 1 : 0}));
  return rows == 1 ? std::optional<int64_t>(seen.epoch + 1) : std::nullopt;
}

Result<bool> RenewLease(Transaction& transaction, const std::string& name, int64_t epoch, Instant now) {
  YUKUAI_ASSIGN(const int64_t rows, transaction.Execute(kRenew, {now, name, epoch}));
  return rows == 1;
}

Result<void> ReleaseLease(Transaction& transaction, const std::string& name, int64_t epoch) {
  YUKUAI_TRY(transaction.Execute(kRelease, {name, epoch}));
  return {};
}

Result<void> AskForLease(Transaction& transaction, const Lease& seen, const std::string& asking) {
  YUKUAI_TRY(transaction.Execute(kAsk, {asking, seen.name, seen.epoch}));
  return {};
}

Result<void> PartitionShards(Database& database, int parts, Instant now) {
  YUKUAI_CHECK(parts >= 1 && parts <= kShardCount);
  return database.Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_ASSIGN(const auto leases, ReadLeases(transaction));
    if (leases.size() == static_cast<size_t>(parts)) return {};
    // Epochs go on from the highest there was: a name that comes back must not meet the epoch of a writer that was frozen.
    int64_t epoch = 0;
    for (const Lease& lease : leases) epoch = std::max(epoch, lease.epoch);
    YUKUAI_TRY(transaction.Execute(kDeleteAll, {}));
    for (int part = 0; part < parts; ++part) {
      const int first = part * kShardCount / parts;
      const int last = (part + 1) * kShardCount / parts - 1;
      const std::string name = parts == 1 ? "main" : "shards-" + std::to_string(first) + "-" + std::to_string(last);
      YUKUAI_TRY(transaction.Execute(kInsert, {name, epoch + 1, "nobody", now, now, first, last, 1}));
    }
    return {};
  });
}

}  // namespace yukuai::storage
