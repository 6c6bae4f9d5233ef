// SPDX-License-Identifier: Apache-2.0
// The sparse maps of the shards in memory, each as of a root that is named by its hash. A map is brought forward by the leaves
// that later roots changed, and forgotten when the database does not hold its root: then it came from a transaction that was
// rolled back, or the database is another one.
#pragma once

#include <mutex>
#include <vector>

#include "crypto/merkle/sparse_map.h"
#include "platform/audit/tables.h"

namespace yukuai::audit {

class MapCache {
 public:
  MapCache() : kept_(kShardCount) {}
  // The shard's map as of `latest`, which the same reader gave.
  Result<merkle::SparseMap> At(storage::Reader& reader, Shard shard, const NumberedRoot& latest);

 private:
  struct Kept {
    uint64_t root_number = 0;  // 0: the empty map, before the first root.
    sm3::Digest root_hash{};
    merkle::SparseMap map;
  };
  std::mutex mutex_;
  std::vector<Kept> kept_;  // By shard.
};

}  // namespace yukuai::audit
