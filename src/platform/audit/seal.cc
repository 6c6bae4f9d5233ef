// SPDX-License-Identifier: Apache-2.0
// Making the next root: the maps take in what was appended since the last one, each changed shard gets its head, all heads are
// committed to and signed.
#include <algorithm>

#include "platform/audit/audit.h"
#include "platform/audit/map_cache.h"
#include "platform/audit/tables.h"
#include "platform/host/boundary.h"

namespace yukuai::audit {
namespace {

using audit_proof::ShardHead;
using storage::Sql;

constexpr size_t kEntriesAtOnce = 2048;

constexpr Sql kUpdateMapLeaf{
    "audit_map_leaf_update",
    "UPDATE audit_map_leaf SET entry_count = ?, head = ?, blind = ?, root_number = ? WHERE shard = ? AND subject = ?"};
constexpr Sql kInsertMapLeaf{
    "audit_map_leaf_insert",
    "INSERT INTO audit_map_leaf (entry_count, head, blind, root_number, shard, subject) VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Sql kUpdateHead{"audit_head_update", "UPDATE audit_head SET size = ?, log_root = ?, map_root = ? WHERE shard = ?"};
constexpr Sql kInsertHead{"audit_head_insert", "INSERT INTO audit_head (size, log_root, map_root, shard) VALUES (?, ?, ?, ?)"};
constexpr Sql kInsertRoot{"audit_root_insert", "INSERT INTO audit_root (shard, root_number, signed_root) VALUES (0, ?, ?)"};

// The two statements take the same parameters in the same order.
Result<void> Put(storage::Transaction& transaction, const Sql& update, const Sql& insert, const storage::Parameters& parameters) {
  YUKUAI_ASSIGN(const int64_t changed, transaction.Execute(update, parameters));
  if (changed == 0) YUKUAI_TRY(transaction.Execute(insert, parameters));
  return {};
}

// The newest entry of each person who got one at this position or later.
Result<std::vector<MapLeaf>> Changed(storage::Reader& reader, Shard shard, uint64_t from, uint64_t size) {
  std::map<audit_proof::Subject, MapLeaf> changed;
  while (from < size) {
    YUKUAI_ASSIGN(const auto entries, ReadEntries(reader, shard, from, kEntriesAtOnce));
    if (entries.empty()) return Fault(kAuditInconsistent, "shard " + std::to_string(shard) + " ends before its size");
    for (const StoredEntry& entry : entries) changed[entry.subject] = {entry.subject, entry.sequence, entry.commitment, {}};
    from = entries.back().position + 1;
  }
  std::vector<MapLeaf> leaves;
  leaves.reserve(changed.size());
  for (const auto& [subject, leaf] : changed) leaves.push_back(leaf);
  return leaves;
}

// What a seal needs while it goes through the shards.
struct Sealing {
  storage::Transaction& transaction;
  MapCache& maps;
  Entropy& entropy;
  NumberedRoot latest;
};

Result<ShardHead> SealShard(Sealing& sealing, Shard shard, const merkle::Frontier& frontier, uint64_t sealed_size) {
  YUKUAI_ASSIGN(merkle::SparseMap map, sealing.maps.At(sealing.transaction, shard, sealing.latest));
  YUKUAI_ASSIGN(std::vector<MapLeaf> changed, Changed(sealing.transaction, shard, sealed_size, frontier.size()));
  const uint64_t number = sealing.latest.number + 1;
  std::vector<merkle::MapEntry> entries;
  entries.reserve(changed.size());
  for (MapLeaf& leaf : changed) {
    leaf.blind = sealing.entropy.Take<16>();
    entries.emplace_back(leaf.subject, leaf.Value());
    YUKUAI_TRY(Put(sealing.transaction, kUpdateMapLeaf, kInsertMapLeaf,
                   {leaf.count, leaf.head, leaf.blind, number, shard, leaf.subject}));
  }
  map.SetAll(std::move(entries));  // On this copy only: the kept map changes when the root is committed and read.
  const ShardHead head{frontier.size(), frontier.Root(), map.Root()};
  YUKUAI_TRY(Put(sealing.transaction, kUpdateHead, kInsertHead, {head.size, head.log_root, head.map_root, shard}));
  return head;
}

template <typename Commit>
Result<audit_proof::SignedRoot> Durably(Log& log, Instant now, const Commit& commit) {
  std::optional<audit_proof::SignedRoot> root;
  host::Boundary("audit.seal.before");
  YUKUAI_TRY(commit([&log, &root, now](storage::Transaction& transaction) -> Result<void> {
    YUKUAI_ASSIGN(root, log.Seal(transaction, now));
    return {};
  }));
  host::Boundary("audit.seal.after");
  return *root;
}

}  // namespace

Result<audit_proof::SignedRoot> Log::Seal(storage::Transaction& transaction, Instant now) {
  YUKUAI_ASSIGN(NumberedRoot latest, ReadLatestRoot(transaction));
  YUKUAI_ASSIGN(auto heads, ReadHeads(transaction));
  YUKUAI_ASSIGN(const auto frontiers, ReadFrontiers(transaction));
  Sealing sealing{transaction, *maps_, entropy_, latest};
  for (const auto& [shard, frontier] : frontiers) {
    const auto head = heads.find(shard);
    const uint64_t sealed_size = head == heads.end() ? 0 : head->second.size;
    if (sealed_size > frontier.size())
      return Fault(kAuditInconsistent, "shard " + std::to_string(shard) + " is shorter than its head");
    if (sealed_size == frontier.size()) continue;
    YUKUAI_ASSIGN(heads[shard], SealShard(sealing, shard, frontier, sealed_size));
  }
  audit_proof::SignedRoot next;
  next.root.number = latest.number + 1;
  next.root.at = std::max(now, latest.root.root.at);
  next.root.previous = latest.hash;
  next.root.commitment = merkle::Root(HeadLeaves(heads));
  next.signature = sm2::Sign(keys_.log, AsBytes(sm2::kDefaultId), audit_proof::SignedPartOf(next.root));
  YUKUAI_TRY(transaction.Execute(kInsertRoot, {next.root.number, audit_proof::EncodeRoot(next)}));
  return next;
}

Result<audit_proof::SignedRoot> Log::SealDurably(storage::Writer& writer, Instant now) {
  return Durably(*this, now, [&writer](auto work) { return writer.Run(work); });
}

Result<audit_proof::SignedRoot> Log::SealDurably(storage::Database& database, Instant now) {
  return Durably(*this, now, [&database](auto work) { return database.Transact(work); });
}

}  // namespace yukuai::audit
