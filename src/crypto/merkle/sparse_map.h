// SPDX-License-Identifier: Apache-2.0
// Sparse Merkle map over SM3: 256-bit keys in a binary tree by key bits (most significant first), compressed: the hash of a
// subtree is H(04) when it holds no key, the leaf H(02 || key || value) when it holds one, else H(03 || left || right). So a
// path is about log2(n) long, and absence is proven like presence: the path ends in an empty subtree or in another's leaf.
//
// Keys should be evenly spread (hashes): two that share a long prefix make the path to them as long as that prefix.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes/bytes.h"
#include "crypto/sm3/sm3.h"

namespace yukuai::merkle {

using MapKey = ByteArray<32>;
using MapValue = sm3::Digest;
using MapEntry = std::pair<MapKey, MapValue>;

struct MapProof {
  std::vector<sm3::Digest> siblings;  // From the root down; at most 256.
  // For absence only: the leaf of another key that stands where the path ends.
  std::optional<MapEntry> other;
};

// True when the map with this root holds exactly this value (or, for nullopt, nothing) under the key.
bool VerifyMapProof(const sm3::Digest& root, const MapKey& key, const std::optional<MapValue>& value, const MapProof& proof);

// A map in memory, as a value: a copy costs nothing, shares what has not changed and never sees later changes of the other.
// So a change that must be undone is made on a copy. Different copies may be used by different threads.
class SparseMap {
 public:
  // O(log n) hashes.
  void Set(const MapKey& key, const MapValue& value);
  // Every node on a changed path is hashed once, so building n entries costs about 2.5 n hashes. Of entries with the same
  // key the last one stands.
  void SetAll(std::vector<MapEntry> entries);
  sm3::Digest Root() const;
  MapProof Prove(const MapKey& key) const;
  std::optional<MapValue> Get(const MapKey& key) const;
  size_t size() const { return size_; }

  struct Node;
  using NodePtr = std::shared_ptr<const Node>;  // nullptr: the empty subtree.

 private:
  NodePtr root_;
  size_t size_ = 0;
};

}  // namespace yukuai::merkle
