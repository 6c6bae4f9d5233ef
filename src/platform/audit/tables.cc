// SPDX-License-Identifier: Apache-2.0
#include "platform/audit/tables.h"

#include "platform/audit/audit.h"

namespace yukuai::audit {
namespace {

using storage::Row;
using storage::Sql;

constexpr Sql kSelectLatestRoot{
    "audit_root_select_latest",
    "SELECT root_number, signed_root FROM audit_root WHERE shard = 0 ORDER BY root_number DESC LIMIT 1"};
constexpr Sql kSelectRoot{"audit_root_select", "SELECT signed_root FROM audit_root WHERE shard = 0 AND root_number = ?"};
constexpr Sql kSelectHeads{"audit_head_select_all", "SELECT shard, size, log_root, map_root FROM audit_head"};
constexpr Sql kSelectFrontiers{"audit_shard_select_all", "SELECT shard, size, peaks FROM audit_shard ORDER BY shard"};
constexpr Sql kSelectFrontier{"audit_shard_select", "SELECT shard, size, peaks FROM audit_shard WHERE shard = ?"};
constexpr Sql kSelectMapLeaf{"audit_map_leaf_select",
                             "SELECT subject, entry_count, head, blind FROM audit_map_leaf WHERE shard = ? AND subject = ?"};
constexpr Sql kSelectMapLeaves{
    "audit_map_leaf_select_after",
    "SELECT subject, entry_count, head, blind FROM audit_map_leaf WHERE shard = ? AND root_number > ?"};
constexpr Sql kSelectEntries{"audit_entry_select_from",
                             "SELECT position, subject, sequence, commitment, salt, content FROM audit_entry WHERE shard = ? AND "
                             "position >= ? ORDER BY position LIMIT ?"};

MapLeaf ToMapLeaf(const Row& row) {
  return {row[0].Array<32>(), static_cast<uint64_t>(row[1].Int()), row[2].Array<32>(), row[3].Array<16>()};
}

}  // namespace

Result<NumberedRoot> ReadLatestRoot(storage::Reader& reader) {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kSelectLatestRoot, {}));
  if (!row) return NumberedRoot{};
  const auto root = audit_proof::DecodeRoot((*row)[1].Blob());
  const auto number = static_cast<uint64_t>((*row)[0].Int());
  if (!root || root->root.number != number) return Fault(kAuditInconsistent, "root " + std::to_string(number) + " is no root");
  return NumberedRoot{number, *root, audit_proof::RootHashOf(*root)};
}

Result<std::optional<sm3::Digest>> ReadRootHash(storage::Reader& reader, uint64_t number) {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kSelectRoot, {number}));
  if (!row) return std::optional<sm3::Digest>();
  return std::optional<sm3::Digest>(sm3::Hash((*row)[0].Blob()));
}

Result<std::map<Shard, audit_proof::ShardHead>> ReadHeads(storage::Reader& reader) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectHeads, {}));
  std::map<Shard, audit_proof::ShardHead> heads;
  for (const Row& row : rows) {
    heads[static_cast<Shard>(row[0].Int())] = {static_cast<uint64_t>(row[1].Int()), row[2].Array<32>(), row[3].Array<32>()};
  }
  return heads;
}

std::vector<merkle::Hash> HeadLeaves(const std::map<Shard, audit_proof::ShardHead>& heads) {
  std::vector<merkle::Hash> leaves(kShardCount, audit_proof::HeadLeafOf(audit_proof::ShardHead::Empty()));
  for (const auto& [shard, head] : heads) leaves.at(shard) = audit_proof::HeadLeafOf(head);
  return leaves;
}

Bytes PackPeaks(const merkle::Frontier& frontier) {
  ByteWriter writer;
  for (const merkle::Hash& peak : frontier.peaks()) writer.Append(peak);
  return writer.Finish();
}

Result<merkle::Frontier> UnpackFrontier(Shard shard, int64_t size, const Bytes& peaks) {
  ByteReader reader(peaks);
  std::vector<merkle::Hash> hashes;
  while (reader.ok() && !reader.AtEnd()) hashes.push_back(reader.TakeArray<32>());
  auto frontier = reader.ok() ? merkle::Frontier::Restore(static_cast<uint64_t>(size), std::move(hashes)) : std::nullopt;
  if (!frontier) return Fault(kAuditInconsistent, "shard " + std::to_string(shard) + ": size and peaks do not fit");
  return *std::move(frontier);
}

Result<std::map<Shard, merkle::Frontier>> ReadFrontiers(storage::Reader& reader) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectFrontiers, {}));
  std::map<Shard, merkle::Frontier> frontiers;
  for (const Row& row : rows) {
    const auto shard = static_cast<Shard>(row[0].Int());
    YUKUAI_ASSIGN(frontiers[shard], UnpackFrontier(shard, row[1].Int(), row[2].Blob()));
  }
  return frontiers;
}

Result<merkle::Frontier> ReadFrontier(storage::Reader& reader, Shard shard) {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kSelectFrontier, {shard}));
  if (!row) return merkle::Frontier{};
  return UnpackFrontier(shard, (*row)[1].Int(), (*row)[2].Blob());
}

Result<std::optional<MapLeaf>> ReadMapLeaf(storage::Reader& reader, Shard shard, const audit_proof::Subject& subject) {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kSelectMapLeaf, {shard, subject}));
  return row ? std::optional<MapLeaf>(ToMapLeaf(*row)) : std::nullopt;
}

Result<std::vector<MapLeaf>> ReadMapLeaves(storage::Reader& reader, Shard shard, uint64_t after_root) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectMapLeaves, {shard, after_root}));
  std::vector<MapLeaf> leaves;
  leaves.reserve(rows.size());
  for (const Row& row : rows) leaves.push_back(ToMapLeaf(row));
  return leaves;
}

Result<std::vector<StoredEntry>> ReadEntries(storage::Reader& reader, Shard shard, uint64_t from, size_t count_max) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectEntries, {shard, from, static_cast<uint64_t>(count_max)}));
  std::vector<StoredEntry> entries;
  entries.reserve(rows.size());
  for (const Row& row : rows) {
    entries.push_back({static_cast<uint64_t>(row[0].Int()), row[1].Array<32>(), static_cast<uint64_t>(row[2].Int()),
                       row[3].Array<32>(), row[4].Array<16>(), row[5].Blob()});
  }
  return entries;
}

}  // namespace yukuai::audit
