// SPDX-License-Identifier: Apache-2.0
#include "crypto/merkle/sparse_map.h"

#include <gtest/gtest.h>

#include <map>

#include "base/entropy/entropy.h"

namespace yukuai::merkle {
namespace {

constexpr uint64_t kSeed = 20260301;

using Model = std::map<MapKey, MapValue>;

bool BitOf(const MapKey& key, size_t depth) { return (key.at(depth >> 3) & (0x80u >> (depth & 7))) != 0; }

// The definition, without any structure: hash of the keys that share the first `depth` bits.
sm3::Digest Oracle(const Model& entries, size_t depth) {
  if (entries.empty()) return sm3::Hash(Bytes{0x04});
  Bytes message;
  if (entries.size() == 1) {
    message.push_back(0x02);
    message.insert(message.end(), entries.begin()->first.begin(), entries.begin()->first.end());
    message.insert(message.end(), entries.begin()->second.begin(), entries.begin()->second.end());
    return sm3::Hash(message);
  }
  Model left;
  Model right;
  for (const auto& [key, value] : entries) (BitOf(key, depth) ? right : left)[key] = value;
  message.push_back(0x03);
  for (const sm3::Digest& half : {Oracle(left, depth + 1), Oracle(right, depth + 1)})
    message.insert(message.end(), half.begin(), half.end());
  return sm3::Hash(message);
}

// Half of the keys share long prefixes with each other, as hashes never would: the deep shapes.
MapKey RandomKey(SeededEntropy& entropy) {
  MapKey key = entropy.Take<32>();
  if (entropy.Below(2) == 0) {
    const size_t same = entropy.Below(32);
    for (size_t i = 0; i < same; ++i) key[i] = 0x5A;
  }
  return key;
}

TEST(SparseMap, RootsAreThoseOfTheDefinition) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  SparseMap map;
  Model model;
  EXPECT_EQ(map.Root(), Oracle(model, 0));
  for (int round = 0; round < 60; ++round) {
    std::vector<MapEntry> batch;
    for (uint64_t i = entropy.Below(6); i > 0; --i) {
      MapKey key = RandomKey(entropy);
      if (!model.empty() && entropy.Below(3) == 0)
        key = std::next(model.begin(), static_cast<std::ptrdiff_t>(entropy.Below(model.size())))->first;
      batch.emplace_back(key, entropy.Take<32>());
      model[key] = batch.back().second;
    }
    map.SetAll(batch);
    const MapKey key = RandomKey(entropy);
    const MapValue value = entropy.Take<32>();
    map.Set(key, value);
    model[key] = value;
    ASSERT_EQ(map.Root(), Oracle(model, 0)) << round;
    ASSERT_EQ(map.size(), model.size());
  }
}

TEST(SparseMap, ABuiltMapIsTheGrownMap) {
  SeededEntropy entropy(kSeed + 1);
  std::vector<MapEntry> entries;
  SparseMap grown;
  for (int i = 0; i < 500; ++i) {
    entries.emplace_back(RandomKey(entropy), entropy.Take<32>());
    grown.Set(entries.back().first, entries.back().second);
  }
  SparseMap built;
  built.SetAll(entries);
  EXPECT_EQ(built.Root(), grown.Root());
  EXPECT_EQ(built.size(), 500u);
}

TEST(SparseMap, OfTwoEntriesWithOneKeyTheLastStands) {
  SparseMap map;
  map.SetAll({{MapKey{1}, MapValue{1}}, {MapKey{2}, MapValue{7}}, {MapKey{1}, MapValue{2}}});
  EXPECT_EQ(map.Get(MapKey{1}), MapValue{2});
  EXPECT_EQ(map.size(), 2u);
}

TEST(SparseMap, ACopyDoesNotSeeLaterChanges) {
  SparseMap map;
  map.Set(MapKey{1}, MapValue{1});
  const SparseMap copy = map;
  const sm3::Digest before = map.Root();
  map.SetAll({{MapKey{1}, MapValue{9}}, {MapKey{2}, MapValue{2}}});
  EXPECT_EQ(copy.Root(), before);
  EXPECT_EQ(copy.Get(MapKey{1}), MapValue{1});
  EXPECT_EQ(copy.Get(MapKey{2}), std::nullopt);
  EXPECT_NE(map.Root(), before);
}

void ExpectOnlyTruthIsProven(const SparseMap& map, const MapKey& key) {
  const MapProof proof = map.Prove(key);
  const std::optional<MapValue> value = map.Get(key);
  const sm3::Digest root = map.Root();
  ASSERT_TRUE(VerifyMapProof(root, key, value, proof));
  // Neither absence of what is there, nor another value, nor presence of what is not.
  EXPECT_FALSE(VerifyMapProof(root, key, MapValue{0x77}, proof));
  if (value) { EXPECT_FALSE(VerifyMapProof(root, key, std::nullopt, proof)); }
  MapProof own = proof;
  own.other.emplace(key, value.value_or(MapValue{}));
  EXPECT_FALSE(VerifyMapProof(root, key, std::nullopt, own)) << "its own leaf shown as another's";
  EXPECT_FALSE(VerifyMapProof(root, key, value, own)) << "presence needs no other leaf";
  for (size_t i = 0; i < proof.siblings.size(); ++i) {
    MapProof changed = proof;
    changed.siblings[i][5] ^= 4;
    EXPECT_FALSE(VerifyMapProof(root, key, value, changed));
    MapProof shorter = proof;
    shorter.siblings.erase(shorter.siblings.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(VerifyMapProof(root, key, value, shorter));
  }
  MapProof longer = proof;
  longer.siblings.push_back(root);
  EXPECT_FALSE(VerifyMapProof(root, key, value, longer));
  longer.siblings.resize(257);
  EXPECT_FALSE(VerifyMapProof(root, key, value, longer));
}

TEST(SparseMap, PresenceAndAbsenceAreProvenAndNothingElse) {
  SeededEntropy entropy(kSeed + 2);
  SparseMap map;
  ExpectOnlyTruthIsProven(map, RandomKey(entropy));
  for (int i = 0; i < 60; ++i) {
    const MapKey key = RandomKey(entropy);
    map.Set(key, entropy.Take<32>());
    ExpectOnlyTruthIsProven(map, key);
    ExpectOnlyTruthIsProven(map, RandomKey(entropy));
    MapKey near = key;
    near[31] ^= 1;
    ExpectOnlyTruthIsProven(map, near);
  }
}

TEST(SparseMap, AnotherLeafProvesAbsenceOnlyOnItsOwnPath) {
  // Two keys that part at the first bit: the right one's leaf stands at depth 1 and says nothing about keys on the left.
  const MapKey left{0x00, 1};
  const MapKey right{0x80, 1};
  SparseMap map;
  map.SetAll({{left, MapValue{1}}, {right, MapValue{2}}});
  const MapProof proof = map.Prove(right);
  MapProof forged = proof;
  forged.other.emplace(right, MapValue{2});
  EXPECT_FALSE(VerifyMapProof(map.Root(), left, std::nullopt, forged));
  EXPECT_TRUE(VerifyMapProof(map.Root(), MapKey{0x80, 2}, std::nullopt, forged));
}

TEST(SparseMap, KeysThatDifferInTheLastBitOnly) {
  MapKey a{};
  MapKey b{};
  b[31] = 1;
  SparseMap map;
  map.Set(a, MapValue{1});
  EXPECT_TRUE(map.Prove(a).siblings.empty());
  map.Set(b, MapValue{2});
  EXPECT_EQ(map.Prove(a).siblings.size(), 256u);
  ExpectOnlyTruthIsProven(map, a);
  ExpectOnlyTruthIsProven(map, b);
}

}  // namespace
}  // namespace yukuai::merkle
