// SPDX-License-Identifier: Apache-2.0
// Proof bundles as of the latest root. Each proof is made from stored subtrees: what a bundle costs grows with the person's
// entries, not with the log.
#include "platform/audit/audit.h"
#include "platform/audit/map_cache.h"
#include "platform/audit/tables.h"

namespace yukuai::audit {
namespace {

using audit_proof::BundleEntry;
using storage::Row;
using storage::Sql;

constexpr Sql kSelectNode{"audit_node_select", "SELECT hash FROM audit_node WHERE shard = ? AND level = ? AND position = ?"};
constexpr Sql kSelectCommitment{"audit_entry_select_commitment",
                                "SELECT commitment FROM audit_entry WHERE shard = ? AND position = ?"};
constexpr Sql kSelectOfPerson{
    "audit_entry_select_of_person",
    "SELECT position, salt, content FROM audit_entry WHERE shard = ? AND subject = ? AND sequence <= ? ORDER BY sequence"};

// The shard's stored subtrees, each read once. A proof cannot stop halfway, so the first fault is kept and asked for at the end.
class StoredTree {
 public:
  StoredTree(storage::Reader& reader, Shard shard) : reader_(reader), shard_(shard) {}

  merkle::Hash At(int level, uint64_t position) {
    const auto [place, is_new] = seen_.try_emplace({level, position});
    if (is_new) {
      auto hash = Read(level, position);
      if (hash.ok())
        place->second = *hash;
      else if (!fault_)
        fault_ = std::move(hash).error();
    }
    return place->second;
  }
  const std::optional<Fault>& fault() const { return fault_; }

 private:
  Result<merkle::Hash> Read(int level, uint64_t position) {
    YUKUAI_ASSIGN(const auto row, level == 0 ? reader_.QueryOne(kSelectCommitment, {shard_, position})
                                             : reader_.QueryOne(kSelectNode, {shard_, level, position}));
    if (!row) return Fault(kAuditInconsistent, "shard " + std::to_string(shard_) + " lacks a subtree");
    const auto hash = (*row)[0].Array<32>();
    return level == 0 ? merkle::LeafHash(hash) : hash;
  }

  storage::Reader& reader_;
  Shard shard_;
  std::map<std::pair<int, uint64_t>, merkle::Hash> seen_;
  std::optional<Fault> fault_;
};

Result<std::vector<BundleEntry>> ProveEntries(storage::Reader& reader, Shard shard, uint64_t size, const MapLeaf& leaf) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelectOfPerson, {shard, leaf.subject, leaf.count}));
  StoredTree tree(reader, shard);
  const merkle::NodeSource nodes = [&tree](int level, uint64_t position) { return tree.At(level, position); };
  std::vector<BundleEntry> entries;
  entries.reserve(rows.size());
  for (const Row& row : rows) {
    BundleEntry entry;
    entry.index = static_cast<uint64_t>(row[0].Int());
    entry.salt = row[1].Array<16>();
    entry.content = row[2].Blob();
    auto decoded = audit_proof::DecodeContent(entry.content);
    if (!decoded || entry.index >= size)
      return Fault(kAuditInconsistent, "shard " + std::to_string(shard) + " position " + std::to_string(entry.index));
    entry.decoded = *std::move(decoded);
    entry.proof = merkle::InclusionProof(size, entry.index, nodes);
    if (tree.fault()) return *tree.fault();
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

Result<audit_proof::Bundle> Log::Bundle(storage::Reader& reader, const Whose& whose) const {
  YUKUAI_ASSIGN(const NumberedRoot latest, ReadLatestRoot(reader));
  if (latest.number == 0) return Fault(kAuditNotSealed);
  audit_proof::Bundle out;
  out.root = latest.root;
  out.shard = whose.shard();
  out.subject = audit_proof::SubjectOf(keys_.map, whose.id());
  YUKUAI_ASSIGN(const auto heads, ReadHeads(reader));
  const auto head = heads.find(out.shard);
  out.head = head == heads.end() ? audit_proof::ShardHead::Empty() : head->second;
  out.shard_proof = merkle::InclusionProof(HeadLeaves(heads), out.shard);
  YUKUAI_ASSIGN(const merkle::SparseMap map, maps_->At(reader, out.shard, latest));
  out.map_proof = map.Prove(out.subject);
  YUKUAI_ASSIGN(const auto leaf, ReadMapLeaf(reader, out.shard, out.subject));
  if (!leaf) return out;
  if (leaf->count > audit_proof::kEntriesMax) return Fault(kAuditBundleTooLarge);
  out.count = leaf->count;
  out.newest = leaf->head;
  out.blind = leaf->blind;
  YUKUAI_ASSIGN(out.entries, ProveEntries(reader, out.shard, out.head.size, *leaf));
  return out;
}

Result<std::string> Log::BundleJson(storage::Reader& reader, const Whose& whose) const {
  YUKUAI_ASSIGN(const audit_proof::Bundle bundle, Bundle(reader, whose));
  std::string text = audit_proof::WriteBundle(bundle);
  if (text.size() > audit_proof::kBundleBytesMax) return Fault(kAuditBundleTooLarge);
  return text;
}

}  // namespace yukuai::audit
