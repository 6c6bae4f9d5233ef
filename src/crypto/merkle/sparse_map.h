// SPDX-License-Identifier: Apache-2.0
// Sparse Merkle map over SM3: 256-bit keys in a binary tree by key bits (most significant first), compressed: the hash of a
// subtree is H(04) when it holds no key, the leaf H(02 || key || value) when it holds one, else H(03 || left || right). So a
// path is about log2(n) long, and absence is proven like presence: the path ends in an empty subtree or in another's leaf.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes/bytes.h"
#include "crypto/sm3/sm3.h"

namespace yukuai::merkle {

using MapKey = ByteArray<32>;
using MapValue = sm3::Digest;

struct MapProof {
  std::vector<sm3::Digest> siblings;  // From the root down; at most 256.
  // For absence only: the leaf of another key that stands where the path ends.
  std::optional<std::pair<MapKey, MapValue>> other;
};

// True when the map with this root holds exactly this value (or, for nullopt, nothing) under the key.
bool VerifyMapProof(const sm3::Digest& root, const MapKey& key, const std::optional<MapValue>& value, const MapProof& proof);

// The whole map of one shard, in memory. Set changes O(log n) hashes. Not thread-safe.
class SparseMap {
 public:
  SparseMap();
  ~SparseMap();
  SparseMap(SparseMap&&) noexcept;
  SparseMap& operator=(SparseMap&&) noexcept;
  void Set(const MapKey& key, const MapValue& value);
  sm3::Digest Root() const;
  MapProof Prove(const MapKey& key) const;
  std::optional<MapValue> Get(const MapKey& key) const;
  size_t size() const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  size_t size_ = 0;
};

}  // namespace yukuai::merkle
