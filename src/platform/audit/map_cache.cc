// SPDX-License-Identifier: Apache-2.0
#include "platform/audit/map_cache.h"

namespace yukuai::audit {

Result<merkle::SparseMap> MapCache::At(storage::Reader& reader, Shard shard, const NumberedRoot& latest) {
  Kept found;
  {
    const std::lock_guard lock(mutex_);
    found = kept_[shard];
  }
  if (found.root_number == latest.number && found.root_hash == latest.hash) return found.map;
  // An older snapshot than the kept map's is answered from the tables, and the kept map stays for the others.
  const bool stays = found.root_number > latest.number;
  if (found.root_number > 0) {
    YUKUAI_ASSIGN(const auto hash, ReadRootHash(reader, found.root_number));
    if (!hash || *hash != found.root_hash) found = {};
  }
  YUKUAI_ASSIGN(const auto changed, ReadMapLeaves(reader, shard, found.root_number));
  std::vector<merkle::MapEntry> entries;
  entries.reserve(changed.size());
  for (const MapLeaf& leaf : changed) entries.emplace_back(leaf.subject, leaf.Value());
  found.map.SetAll(std::move(entries));
  if (!stays) {
    const std::lock_guard lock(mutex_);
    kept_[shard] = {latest.number, latest.hash, found.map};
  }
  return found.map;
}

}  // namespace yukuai::audit
