// SPDX-License-Identifier: Apache-2.0
// Append-only Merkle tree in the shape of RFC 6962 section 2.1, over SM3: leaf = H(00 || data), node = H(01 || l || r), the
// empty tree is H(). Proofs are lists of hashes, deepest first.
#pragma once

#include <vector>

#include "base/bytes/bytes.h"
#include "crypto/sm3/sm3.h"

namespace yukuai::merkle {

using Hash = sm3::Digest;

Hash LeafHash(ByteSpan data);
Hash NodeHash(const Hash& left, const Hash& right);
Hash EmptyRoot();

// The right edge of a tree that only grows: O(log n) state, enough to append and to know the root.
class Frontier {
 public:
  void Append(const Hash& leaf);
  Hash Root() const;
  uint64_t size() const { return size_; }
  const std::vector<Hash>& peaks() const { return peaks_; }  // Largest subtree first.
  static Frontier Restore(uint64_t size, std::vector<Hash> peaks);

 private:
  uint64_t size_ = 0;
  std::vector<Hash> peaks_;
};

Hash Root(std::span<const Hash> leaves);
std::vector<Hash> InclusionProof(std::span<const Hash> leaves, uint64_t index);
bool VerifyInclusion(const Hash& leaf, uint64_t index, uint64_t size, std::span<const Hash> proof, const Hash& root);
std::vector<Hash> ConsistencyProof(std::span<const Hash> leaves, uint64_t old_size);
bool VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size, const Hash& new_root,
                       std::span<const Hash> proof);

}  // namespace yukuai::merkle
