// SPDX-License-Identifier: Apache-2.0
#include "crypto/merkle/tree.h"

#include <gtest/gtest.h>

#include <map>

#include "base/entropy/entropy.h"

namespace yukuai::merkle {
namespace {

constexpr uint64_t kSizeMax = 40;

// An independent reading of RFC 6962 section 2.1, as plainly as it is written there.
Hash Oracle(const std::vector<Bytes>& data) {
  if (data.empty()) return sm3::Hash(ByteSpan{});
  if (data.size() == 1) {
    Bytes message{0x00};
    message.insert(message.end(), data[0].begin(), data[0].end());
    return sm3::Hash(message);
  }
  size_t k = 1;
  while (k * 2 < data.size()) k *= 2;
  const Hash left = Oracle({data.begin(), data.begin() + static_cast<std::ptrdiff_t>(k)});
  const Hash right = Oracle({data.begin() + static_cast<std::ptrdiff_t>(k), data.end()});
  Bytes message{0x01};
  message.insert(message.end(), left.begin(), left.end());
  message.insert(message.end(), right.begin(), right.end());
  return sm3::Hash(message);
}

struct Sample {
  std::vector<Bytes> data;
  std::vector<Hash> leaves;
};

Sample MakeSample(uint64_t size) {
  Sample sample;
  for (uint64_t i = 0; i < size; ++i) {
    sample.data.push_back(ToBytes("leaf " + std::to_string(i)));
    sample.leaves.push_back(LeafHash(sample.data.back()));
  }
  return sample;
}

TEST(Tree, RootsAreThoseOfTheDefinition) {
  for (uint64_t size = 0; size <= kSizeMax; ++size) {
    const Sample sample = MakeSample(size);
    EXPECT_EQ(Root(sample.leaves), Oracle(sample.data)) << size;
  }
}

TEST(Tree, KnownAnswers) {
  // SM3 of nothing, and of one zero byte: the empty tree, and the tree of one empty leaf.
  EXPECT_EQ(ToHex(EmptyRoot()), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
  EXPECT_EQ(Root(std::vector<Hash>{LeafHash({})}), sm3::Hash(ByteArray<1>{0}));
}

TEST(Tree, AFrontierGrowsLikeTheTree) {
  const Sample sample = MakeSample(kSizeMax);
  Frontier frontier;
  for (uint64_t size = 0; size <= kSizeMax; ++size) {
    EXPECT_EQ(frontier.size(), size);
    EXPECT_EQ(frontier.Root(), Root(std::span(sample.leaves).first(size))) << size;
    const auto restored = Frontier::Restore(size, frontier.peaks());
    ASSERT_TRUE(restored) << size;
    EXPECT_EQ(restored->Root(), frontier.Root());
    auto surplus = frontier.peaks();
    surplus.push_back({});
    EXPECT_FALSE(Frontier::Restore(size, surplus)) << size;
    if (size < kSizeMax) frontier.Append(sample.leaves[size]);
  }
}

TEST(Tree, ProofsFromStoredSubtreesAreThoseFromAllLeaves) {
  const Sample sample = MakeSample(kSizeMax);
  Frontier frontier;
  std::map<std::pair<int, uint64_t>, Hash> stored;
  for (const Hash& leaf : sample.leaves) {
    for (const Node& node : frontier.Append(leaf)) {
      EXPECT_TRUE(stored.emplace(std::pair(node.level, node.position), node.hash).second) << "a subtree was completed twice";
    }
  }
  const NodeSource source = [&](int level, uint64_t position) { return stored.at({level, position}); };
  for (uint64_t size = 0; size <= kSizeMax; ++size) {
    const auto leaves = std::span(sample.leaves).first(size);
    EXPECT_EQ(Root(size, source), Root(leaves));
    for (uint64_t index = 0; index < size; ++index) EXPECT_EQ(InclusionProof(size, index, source), InclusionProof(leaves, index));
    for (uint64_t old_size = 0; old_size <= size; ++old_size) {
      EXPECT_EQ(ConsistencyProof(old_size, size, source), ConsistencyProof(leaves, old_size));
    }
  }
}

TEST(Tree, EveryInclusionProofHoldsAndEveryChangeOfItFails) {
  for (uint64_t size = 1; size <= kSizeMax; ++size) {
    const Sample sample = MakeSample(size);
    const Hash root = Root(sample.leaves);
    for (uint64_t index = 0; index < size; ++index) {
      const auto proof = InclusionProof(sample.leaves, index);
      ASSERT_TRUE(VerifyInclusion(sample.leaves[index], index, size, proof, root)) << size << " " << index;
      for (uint64_t other = 0; other < size + 2; ++other) {
        if (other != index) { EXPECT_FALSE(VerifyInclusion(sample.leaves[index], other, size, proof, root)); }
      }
      EXPECT_FALSE(VerifyInclusion(LeafHash(ToBytes("another")), index, size, proof, root));
      EXPECT_FALSE(VerifyInclusion(sample.leaves[index], index, size, proof, NodeHash(root, root)));
      auto longer = proof;
      longer.push_back(root);
      EXPECT_FALSE(VerifyInclusion(sample.leaves[index], index, size, longer, root));
      for (size_t i = 0; i < proof.size(); ++i) {
        auto changed = proof;
        changed[i][31] ^= 1;
        EXPECT_FALSE(VerifyInclusion(sample.leaves[index], index, size, changed, root));
        auto shorter = proof;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(VerifyInclusion(sample.leaves[index], index, size, shorter, root));
      }
    }
  }
  EXPECT_FALSE(VerifyInclusion(EmptyRoot(), 0, 0, {}, EmptyRoot()));
}

TEST(Tree, EveryConsistencyProofHoldsAndEveryChangeOfItFails) {
  for (uint64_t size = 0; size <= kSizeMax; ++size) {
    const Sample sample = MakeSample(size);
    const Hash root = Root(sample.leaves);
    Hash rewritten = root;
    rewritten[0] ^= 1;
    for (uint64_t old_size = 0; old_size <= size; ++old_size) {
      const Hash old_root = Root(std::span(sample.leaves).first(old_size));
      const auto proof = ConsistencyProof(sample.leaves, old_size);
      ASSERT_TRUE(VerifyConsistency(old_size, old_root, size, root, proof)) << old_size << " " << size;
      EXPECT_FALSE(VerifyConsistency(size + 1, old_root, size, root, proof));
      Hash other_old = old_root;
      other_old[31] ^= 1;
      EXPECT_FALSE(VerifyConsistency(old_size, other_old, size, root, proof));
      if (old_size > 0) { EXPECT_FALSE(VerifyConsistency(old_size, old_root, size, rewritten, proof)); }
      auto longer = proof;
      longer.push_back(root);
      EXPECT_FALSE(VerifyConsistency(old_size, old_root, size, root, longer));
      for (size_t i = 0; i < proof.size(); ++i) {
        auto changed = proof;
        changed[i][0] ^= 0x80;
        EXPECT_FALSE(VerifyConsistency(old_size, old_root, size, root, changed));
        auto shorter = proof;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(VerifyConsistency(old_size, old_root, size, root, shorter));
      }
    }
  }
}

TEST(Tree, LargeNumbersFromStrangersAreAnswered) {
  const Hash hash = EmptyRoot();
  const std::vector<Hash> proof(70, hash);
  EXPECT_FALSE(VerifyInclusion(hash, ~0ull - 1, ~0ull, proof, hash));
  EXPECT_FALSE(VerifyInclusion(hash, 1ull << 63, ~0ull, proof, hash));
  EXPECT_FALSE(VerifyConsistency(1ull << 63, hash, ~0ull, hash, proof));
  EXPECT_FALSE(VerifyConsistency(~0ull - 1, hash, ~0ull, hash, proof));
}

}  // namespace
}  // namespace yukuai::merkle
