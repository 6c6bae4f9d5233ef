// SPDX-License-Identifier: Apache-2.0
#include "crypto/merkle/tree.h"

#include <bit>

#include "base/result/check.h"

namespace yukuai::merkle {
namespace {

constexpr ByteArray<1> kLeafPrefix{0x00};
constexpr ByteArray<1> kNodePrefix{0x01};

// The size of the left part: the largest power of two below n. RFC 6962 section 2.1 splits there, so every left part is a
// complete subtree whose first leaf is a multiple of its size.
uint64_t LeftSize(uint64_t n) { return std::bit_floor(n - 1); }

struct Range {
  uint64_t begin;
  uint64_t size;
};

Hash RangeHash(Range range, const NodeSource& nodes) {
  if (range.size == 0) return EmptyRoot();
  if (std::has_single_bit(range.size)) {
    const int level = std::countr_zero(range.size);
    return nodes(level, range.begin >> level);
  }
  const uint64_t left = LeftSize(range.size);
  return NodeHash(RangeHash({range.begin, left}, nodes), RangeHash({range.begin + left, range.size - left}, nodes));
}

// SUBPROOF of RFC 6962 section 2.1.2. known: the old tree's root is this whole range, so the verifier has it already.
void Subproof(uint64_t old_size, Range range, bool known, const NodeSource& nodes, std::vector<Hash>& proof) {
  if (old_size == range.size) {
    if (!known) proof.push_back(RangeHash(range, nodes));
    return;
  }
  const uint64_t left = LeftSize(range.size);
  if (old_size <= left) {
    Subproof(old_size, {range.begin, left}, known, nodes, proof);
    proof.push_back(RangeHash({range.begin + left, range.size - left}, nodes));
  } else {
    Subproof(old_size - left, {range.begin + left, range.size - left}, false, nodes, proof);
    proof.push_back(RangeHash({range.begin, left}, nodes));
  }
}

NodeSource OverLeaves(std::span<const Hash> leaves) {
  return [leaves](int level, uint64_t position) {
    std::vector<Hash> row(leaves.begin() + static_cast<std::ptrdiff_t>(position << level),
                          leaves.begin() + static_cast<std::ptrdiff_t>((position + 1) << level));
    for (; row.size() > 1; row.resize(row.size() / 2)) {
      for (size_t i = 0; i < row.size() / 2; ++i) row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
    }
    return row.front();
  };
}

}  // namespace

Hash LeafHash(ByteSpan data) { return sm3::Hash({kLeafPrefix, data}); }
Hash NodeHash(const Hash& left, const Hash& right) { return sm3::Hash({kNodePrefix, left, right}); }
Hash EmptyRoot() { return sm3::Hash(ByteSpan{}); }

std::vector<Node> Frontier::Append(const Hash& leaf) {
  std::vector<Node> completed{{0, size_, leaf}};
  // Like adding one to a binary number: each carry joins two equal subtrees.
  for (uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    const Node& right = completed.back();
    completed.push_back({right.level + 1, right.position >> 1, NodeHash(peaks_.back(), right.hash)});
    peaks_.pop_back();
  }
  peaks_.push_back(completed.back().hash);
  ++size_;
  return completed;
}

Hash Frontier::Root() const {
  if (peaks_.empty()) return EmptyRoot();
  Hash root = peaks_.back();
  for (size_t i = peaks_.size() - 1; i > 0; --i) root = NodeHash(peaks_[i - 1], root);
  return root;
}

std::optional<Frontier> Frontier::Restore(uint64_t size, std::vector<Hash> peaks) {
  if (static_cast<size_t>(std::popcount(size)) != peaks.size()) return std::nullopt;
  Frontier frontier;
  frontier.size_ = size;
  frontier.peaks_ = std::move(peaks);
  return frontier;
}

Hash Root(uint64_t size, const NodeSource& nodes) { return RangeHash({0, size}, nodes); }

std::vector<Hash> InclusionProof(uint64_t size, uint64_t index, const NodeSource& nodes) {
  YUKUAI_CHECK(index < size);
  std::vector<Hash> proof;
  Range range{0, size};
  std::vector<Range> siblings;  // From the root down.
  while (range.size > 1) {
    const uint64_t left = LeftSize(range.size);
    const Range left_range{range.begin, left};
    const Range right_range{range.begin + left, range.size - left};
    const bool goes_left = index < right_range.begin;
    siblings.push_back(goes_left ? right_range : left_range);
    range = goes_left ? left_range : right_range;
  }
  for (auto sibling = siblings.rbegin(); sibling != siblings.rend(); ++sibling) proof.push_back(RangeHash(*sibling, nodes));
  return proof;
}

std::vector<Hash> ConsistencyProof(uint64_t old_size, uint64_t new_size, const NodeSource& nodes) {
  YUKUAI_CHECK(old_size <= new_size);
  std::vector<Hash> proof;
  if (old_size > 0) Subproof(old_size, {0, new_size}, true, nodes, proof);
  return proof;
}

Hash Root(std::span<const Hash> leaves) { return Root(leaves.size(), OverLeaves(leaves)); }
std::vector<Hash> InclusionProof(std::span<const Hash> leaves, uint64_t index) {
  return InclusionProof(leaves.size(), index, OverLeaves(leaves));
}
std::vector<Hash> ConsistencyProof(std::span<const Hash> leaves, uint64_t old_size) {
  return ConsistencyProof(old_size, leaves.size(), OverLeaves(leaves));
}

// RFC 9162 section 2.1.3.2, with its names: fn the node's number in its row, sn the last number of that row.
bool VerifyInclusion(const Hash& leaf, uint64_t index, uint64_t size, std::span<const Hash> proof, const Hash& root) {
  if (index >= size) return false;
  uint64_t fn = index;
  uint64_t sn = size - 1;
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      hash = NodeHash(sibling, hash);
      // The last node of a row may have no right sibling for several rows: it rises unchanged.
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && hash == root;
}

// RFC 9162 section 2.1.4.2.
bool VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size, const Hash& new_root,
                       std::span<const Hash> proof) {
  if (old_size > new_size) return false;
  if (old_size == new_size) return proof.empty() && old_root == new_root;
  if (old_size == 0) return proof.empty() && old_root == EmptyRoot();
  if (proof.empty() && !std::has_single_bit(old_size)) return false;
  uint64_t fn = old_size - 1;
  uint64_t sn = new_size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  // An old tree that is one complete subtree is where the proof starts; its root is not repeated in the proof.
  const bool implicit = std::has_single_bit(old_size);
  Hash old_hash = implicit ? old_root : proof.front();
  Hash new_hash = old_hash;
  for (const Hash& sibling : proof.subspan(implicit ? 0 : 1)) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      old_hash = NodeHash(sibling, old_hash);
      new_hash = NodeHash(sibling, new_hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && old_hash == old_root && new_hash == new_root;
}

}  // namespace yukuai::merkle
