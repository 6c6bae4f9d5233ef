// SPDX-License-Identifier: Apache-2.0
// Appending and reading back one history's entries. Roots are made in seal.cc, proofs in prove.cc, VerifyAll is in verify.cc.
#include "platform/audit/audit.h"

#include <algorithm>

#include "platform/audit/map_cache.h"
#include "platform/audit/tables.h"

namespace yukuai::audit {
namespace {

using storage::Row;
using storage::Sql;

constexpr size_t kHistoryPageMax = 200;

constexpr Sql kSelectNewest{
    "audit_entry_select_newest",
    "SELECT sequence, commitment FROM audit_entry WHERE shard = ? AND subject = ? ORDER BY sequence DESC LIMIT 1"};
constexpr Sql kInsertEntry{
    "audit_entry_insert",
    "INSERT INTO audit_entry (shard, position, subject, sequence, commitment, salt, content) VALUES (?, ?, ?, ?, "
    "?, ?, ?)"};
constexpr Sql kInsertNode{"audit_node_insert", "INSERT INTO audit_node (shard, level, position, hash) VALUES (?, ?, ?, ?)"};
constexpr Sql kInsertShard{"audit_shard_insert", "INSERT INTO audit_shard (shard, size, peaks) VALUES (?, ?, ?)"};
constexpr Sql kUpdateShard{"audit_shard_update", "UPDATE audit_shard SET size = ?, peaks = ? WHERE shard = ? AND size = ?"};
constexpr Sql kSelectHistory{
    "audit_entry_select_history",
    "SELECT content FROM audit_entry WHERE shard = ? AND subject = ? AND sequence < ? ORDER BY sequence DESC "
    "LIMIT ?"};

// The leaf and the edge of the tree it completes.
Result<void> AppendLeaf(storage::Transaction& transaction, Shard shard, merkle::Frontier frontier,
                        const sm3::Digest& commitment) {
  const uint64_t size = frontier.size();
  for (const merkle::Node& node : frontier.Append(merkle::LeafHash(commitment))) {
    if (node.level == 0) continue;  // Computed from the entry.
    YUKUAI_TRY(transaction.Execute(kInsertNode, {shard, node.level, node.position, node.hash}));
  }
  if (size == 0) {
    YUKUAI_TRY(transaction.Execute(kInsertShard, {shard, frontier.size(), PackPeaks(frontier)}));
    return {};
  }
  YUKUAI_ASSIGN(const int64_t changed, transaction.Execute(kUpdateShard, {frontier.size(), PackPeaks(frontier), shard, size}));
  if (changed != 1) return Fault(kAuditInconsistent, "shard " + std::to_string(shard) + " has another size than it had");
  return {};
}

}  // namespace

std::string ActorStaff(const StaffId& staff) { return "staff:" + staff.Text(); }
std::string ActorTerminal(const TerminalId& terminal) { return "terminal:" + terminal.Text(); }

Log::Log(Keys keys, Entropy& entropy) : keys_(std::move(keys)), entropy_(entropy), maps_(std::make_unique<MapCache>()) {}
Log::~Log() = default;

Result<AppendedEntry> Log::Append(storage::Transaction& transaction, const Entry& entry, Instant now) {
  const Shard shard = entry.whose.shard();
  audit_proof::EntryContent content;
  content.subject = audit_proof::SubjectOf(keys_.map, entry.whose.id());
  content.sequence = 1;
  content.at = now;
  content.action = entry.action;
  content.actor = entry.actor;
  content.scene = entry.scene;
  content.details = entry.details;
  if (!audit_proof::IsValid(content)) return Fault(kAuditEntryInvalid);

  YUKUAI_ASSIGN(const auto newest, transaction.QueryOne(kSelectNewest, {shard, content.subject}));
  if (newest) {
    content.sequence = static_cast<uint64_t>((*newest)[0].Int()) + 1;
    content.previous = (*newest)[1].Array<32>();
  }
  YUKUAI_ASSIGN(merkle::Frontier frontier, ReadFrontier(transaction, shard));
  const auto salt = entropy_.Take<16>();
  const Bytes bytes = audit_proof::EncodeContent(content);
  const AppendedEntry appended{shard, frontier.size(), content.sequence, audit_proof::CommitmentOf(salt, bytes)};
  YUKUAI_TRY(transaction.Execute(
      kInsertEntry, {shard, appended.position, content.subject, appended.sequence, appended.commitment, salt, bytes}));
  YUKUAI_TRY(AppendLeaf(transaction, shard, std::move(frontier), appended.commitment));
  return appended;
}

Result<std::vector<HistoryItem>> Log::History(storage::Reader& reader, const Whose& whose, const HistoryPage& page) const {
  const audit_proof::Subject subject = audit_proof::SubjectOf(keys_.map, whose.id());
  // Sequences are below 2^53, so the larger of two bounds a caller may name is no bound.
  const uint64_t before = std::min(page.before.value_or(audit_proof::kNumberMax), audit_proof::kNumberMax);
  const uint64_t size = std::clamp<uint64_t>(page.size, 1, kHistoryPageMax);
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectHistory, {whose.shard(), subject, before, size}));
  std::vector<HistoryItem> items;
  items.reserve(rows.size());
  for (const Row& row : rows) {
    auto content = audit_proof::DecodeContent(row[0].Blob());
    if (!content) return Fault(kAuditInconsistent, "an entry of shard " + std::to_string(whose.shard()) + " is no entry");
    items.push_back({content->sequence, content->at, std::move(content->action), std::move(content->actor),
                     std::move(content->scene), std::move(content->details)});
  }
  return items;
}

Result<audit_proof::SignedRoot> Log::LatestRoot(storage::Reader& reader) const {
  YUKUAI_ASSIGN(NumberedRoot latest, ReadLatestRoot(reader));
  if (latest.number == 0) return Fault(kAuditNotSealed);
  return latest.root;
}

}  // namespace yukuai::audit
