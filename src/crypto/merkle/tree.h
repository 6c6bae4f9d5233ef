// SPDX-License-Identifier: Apache-2.0
// Append-only Merkle tree in the shape of RFC 6962 section 2.1, over SM3: leaf = H(00 || data), node = H(01 || l || r), the
// empty tree is H(). Proofs are lists of hashes, deepest first.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes/bytes.h"
#include "crypto/sm3/sm3.h"

namespace yukuai::merkle {

using Hash = sm3::Digest;

Hash LeafHash(ByteSpan data);
Hash NodeHash(const Hash& left, const Hash& right);
Hash EmptyRoot();

// A complete subtree of 2^level leaves, the position-th of its level from the left: it never changes once it exists, so it
// can be stored. Level 0 are the leaves.
struct Node {
  int level = 0;
  uint64_t position = 0;
  Hash hash{};
};
// Asked only for complete subtrees inside the size that was named.
using NodeSource = std::function<Hash(int level, uint64_t position)>;

// The right edge of a tree that only grows: O(log n) state, enough to append and to know the root.
class Frontier {
 public:
  // Returns the subtrees the leaf completed, the leaf itself (level 0) first: about two on average.
  std::vector<Node> Append(const Hash& leaf);
  Hash Root() const;
  uint64_t size() const { return size_; }
  const std::vector<Hash>& peaks() const { return peaks_; }  // Largest subtree first; one per set bit of the size.
  // Nothing when the number of peaks is not the one this size has.
  static std::optional<Frontier> Restore(uint64_t size, std::vector<Hash> peaks);

 private:
  uint64_t size_ = 0;
  std::vector<Hash> peaks_;
};

// Proofs from stored subtrees: O(log n) questions to the source, squared for a size far from a power of two.
Hash Root(uint64_t size, const NodeSource& nodes);
std::vector<Hash> InclusionProof(uint64_t size, uint64_t index, const NodeSource& nodes);           // index < size
std::vector<Hash> ConsistencyProof(uint64_t old_size, uint64_t new_size, const NodeSource& nodes);  // old_size <= new_size

// The same over all leaf hashes.
Hash Root(std::span<const Hash> leaves);
std::vector<Hash> InclusionProof(std::span<const Hash> leaves, uint64_t index);
std::vector<Hash> ConsistencyProof(std::span<const Hash> leaves, uint64_t old_size);

// Any input is answered; a proof with one hash too many or too few does not hold.
bool VerifyInclusion(const Hash& leaf, uint64_t index, uint64_t size, std::span<const Hash> proof, const Hash& root);
bool VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size, const Hash& new_root,
                       std::span<const Hash> proof);

}  // namespace yukuai::merkle
