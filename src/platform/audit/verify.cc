// SPDX-License-Identifier: Apache-2.0
// VerifyAll: every table recomputed from the entries. It shares with the writing code the formats and how rows are read, not
// how trees and maps are grown: trees are built row by row, maps from nothing.
#include <algorithm>

#include "crypto/merkle/sparse_map.h"
#include "platform/audit/audit.h"
#include "platform/audit/tables.h"

namespace yukuai::audit {
namespace {

using audit_proof::ShardHead;
using storage::Row;
using storage::Sql;

constexpr size_t kEntriesAtOnce = 2048;

constexpr Sql kSelectNodes{"audit_node_select_all",
                           "SELECT level, position, hash FROM audit_node WHERE shard = ? ORDER BY level, position"};
constexpr Sql kSelectMap{
    "audit_map_leaf_select_all",
    "SELECT subject, entry_count, head, blind, root_number FROM audit_map_leaf WHERE shard = ? ORDER BY subject"};
constexpr Sql kSelectShardsWithEntries{"audit_entry_select_shards",
                                       "SELECT shard, COUNT(*) FROM audit_entry GROUP BY shard ORDER BY shard"};
constexpr Sql kCountStrayMapLeaves{"audit_map_leaf_count_stray",
                                   "SELECT COUNT(*) FROM audit_map_leaf WHERE shard NOT IN (SELECT shard FROM audit_head)"};
constexpr Sql kSelectRoots{"audit_root_select_all",
                           "SELECT shard, root_number, signed_root FROM audit_root ORDER BY shard, root_number"};

Fault Wrong(Shard shard, const std::string& what) {
  return Fault(kAuditInconsistent, "shard " + std::to_string(shard) + ": " + what);
}

struct Newest {
  uint64_t sequence = 0;
  sm3::Digest commitment{};
};
using People = std::map<audit_proof::Subject, Newest>;

// What the entries of one shard say by themselves.
struct Recomputed {
  std::vector<merkle::Hash> leaves;
  People at_seal;  // As of the sealed size.
};

Result<void> CheckEntry(Shard shard, const StoredEntry& entry, uint64_t position, Newest& newest) {
  const std::string place = "position " + std::to_string(position);
  if (entry.position != position) return Wrong(shard, place + " is missing");
  const auto content = audit_proof::DecodeContent(entry.content);
  if (!content) return Wrong(shard, place + " is no entry");
  if (content->subject != entry.subject || content->sequence != entry.sequence) return Wrong(shard, place + " is filed wrongly");
  if (audit_proof::CommitmentOf(entry.salt, entry.content) != entry.commitment)
    return Wrong(shard, place + " has another commitment");
  if (entry.sequence != newest.sequence + 1) return Wrong(shard, place + " leaves a gap in a person's sequence");
  if (content->previous != newest.commitment) return Wrong(shard, place + " does not name the entry before");
  newest = {entry.sequence, entry.commitment};
  return {};
}

Result<Recomputed> Recompute(storage::Reader& reader, Shard shard, uint64_t sealed_size) {
  Recomputed out;
  People people;
  for (;;) {
    if (out.leaves.size() == sealed_size) out.at_seal = people;
    // A page ends where the sealed part ends, so that the people can be looked at there.
    const uint64_t from = out.leaves.size();
    const uint64_t count = from < sealed_size ? std::min<uint64_t>(kEntriesAtOnce, sealed_size - from) : kEntriesAtOnce;
    YUKUAI_ASSIGN(const auto entries, ReadEntries(reader, shard, from, count));
    if (entries.empty()) break;
    for (const StoredEntry& entry : entries) {
      YUKUAI_TRY(CheckEntry(shard, entry, out.leaves.size(), people[entry.subject]));
      out.leaves.push_back(merkle::LeafHash(entry.commitment));
    }
  }
  if (out.leaves.size() < sealed_size) return Wrong(shard, "sealed entries are missing");
  return out;
}

// Level by level: pairs of the row below, an odd last one waits. The last of each row that waits are the peaks.
Result<void> CheckTree(storage::Reader& reader, Shard shard, const std::vector<merkle::Hash>& leaves) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectNodes, {shard}));
  Bytes peaks;
  size_t at = 0;
  std::vector<merkle::Hash> row = leaves;
  for (int64_t level = 1; !row.empty(); ++level) {
    if (row.size() % 2 == 1) peaks.insert(peaks.begin(), row.back().begin(), row.back().end());
    std::vector<merkle::Hash> above;
    for (size_t i = 0; i + 1 < row.size(); i += 2) {
      above.push_back(merkle::NodeHash(row[i], row[i + 1]));
      if (at == rows.size() || rows[at][0].Int() != level || rows[at][1].Int() != static_cast<int64_t>(i / 2) ||
          rows[at][2].Array<32>() != above.back()) {
        return Wrong(shard, "subtree " + std::to_string(i / 2) + " of level " + std::to_string(level) + " is not stored rightly");
      }
      ++at;
    }
    row = std::move(above);
  }
  if (at != rows.size()) return Wrong(shard, "there are surplus subtrees");
  YUKUAI_ASSIGN(const merkle::Frontier frontier, ReadFrontier(reader, shard));
  if (frontier.size() != leaves.size() || PackPeaks(frontier) != peaks)
    return Wrong(shard, "the end of the log is not the stored one");
  return {};
}

Result<void> CheckMap(storage::Reader& reader, Shard shard, const People& people, const ShardHead& head, uint64_t latest_root) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectMap, {shard}));
  if (rows.size() != people.size()) return Wrong(shard, "the map has another number of persons than the log");
  std::vector<merkle::MapEntry> entries;
  for (const Row& row : rows) {
    const MapLeaf leaf{row[0].Array<32>(), static_cast<uint64_t>(row[1].Int()), row[2].Array<32>(), row[3].Array<16>()};
    const auto person = people.find(leaf.subject);
    if (person == people.end() || person->second.sequence != leaf.count || person->second.commitment != leaf.head) {
      return Wrong(shard, "the map has another newest entry than the log");
    }
    const auto root_number = static_cast<uint64_t>(row[4].Int());
    if (root_number < 1 || root_number > latest_root) return Wrong(shard, "a leaf of the map names no root");
    entries.emplace_back(leaf.subject, leaf.Value());
  }
  merkle::SparseMap map;
  map.SetAll(std::move(entries));
  if (map.Root() != head.map_root) return Wrong(shard, "the map's root is not the sealed one");
  return {};
}

Result<void> CheckShard(storage::Reader& reader, Shard shard, const ShardHead& head, uint64_t latest_root) {
  YUKUAI_ASSIGN(const Recomputed recomputed, Recompute(reader, shard, head.size));
  YUKUAI_TRY(CheckTree(reader, shard, recomputed.leaves));
  if (merkle::Root(std::span(recomputed.leaves).first(head.size)) != head.log_root)
    return Wrong(shard, "the log's root is not the sealed one");
  return CheckMap(reader, shard, recomputed.at_seal, head, latest_root);
}

Result<void> CheckRoots(storage::Reader& reader, const merkle::Hash& commitment, const sm2::PublicKey& key) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectRoots, {}));
  sm3::Digest previous{};
  Instant at{INT64_MIN};
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string name = "root " + std::to_string(i + 1);
    const auto wrong = [&name](const char* what) { return Fault(kAuditInconsistent, name + what); };
    const auto root = audit_proof::DecodeRoot(rows[i][2].Blob());
    if (!root) return wrong(" is no root");
    if (rows[i][0].Int() != 0 || rows[i][1].Int() != static_cast<int64_t>(i + 1) || root->root.number != i + 1)
      return wrong(" is missing");
    if (!audit_proof::VerifyRoot(*root, key)) return wrong(" is not signed");
    if (root->root.previous != previous) return wrong(" does not name the one before");
    if (root->root.at < at) return wrong(" is earlier than the one before");
    if (i + 1 == rows.size() && root->root.commitment != commitment) return wrong(" commits to other shards");
    previous = audit_proof::RootHashOf(*root);
    at = root->root.at;
  }
  return {};
}

}  // namespace

Result<void> Log::VerifyAll(storage::Reader& reader) const {
  YUKUAI_ASSIGN(const NumberedRoot latest, ReadLatestRoot(reader));
  YUKUAI_ASSIGN(const auto heads, ReadHeads(reader));
  if (latest.number == 0 && !heads.empty()) return Fault(kAuditInconsistent, "there are heads without a root");
  YUKUAI_ASSIGN(const auto counts, reader.Query(kSelectShardsWithEntries, {}));
  YUKUAI_ASSIGN(const auto frontiers, ReadFrontiers(reader));
  if (counts.size() != frontiers.size()) return Fault(kAuditInconsistent, "a shard lacks its entries, or entries their shard");
  for (const auto& [shard, frontier] : frontiers) {
    const auto head = heads.find(shard);
    YUKUAI_TRY(CheckShard(reader, shard, head == heads.end() ? ShardHead::Empty() : head->second, latest.number));
  }
  for (const auto& [shard, head] : heads) {
    if (!frontiers.contains(shard)) return Wrong(shard, "there is a head without a log");
  }
  YUKUAI_ASSIGN(const auto stray, reader.QueryOne(kCountStrayMapLeaves, {}));
  if (!stray || (*stray)[0].Int() != 0) return Fault(kAuditInconsistent, "a map belongs to no head");
  return CheckRoots(reader, merkle::Root(HeadLeaves(heads)), keys_.log.public_key());
}

}  // namespace yukuai::audit
