// SPDX-License-Identifier: Apache-2.0
// That tables are made when they should be, within their memory, by any number of threads, and never change a verdict.
#include "crypto/sm2/known_keys.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/entropy/entropy.h"

namespace yukuai::sm2 {
namespace {

constexpr uint64_t kSeed = 20260404;
constexpr size_t kSmallTable = 65'536;

struct Signed {
  PublicKey key;
  sm3::Digest e;
  Signature signature;
};

std::vector<Signed> SignOnce(size_t count) {
  SeededEntropy entropy(kSeed);
  std::vector<Signed> out;
  for (size_t i = 0; i < count; ++i) {
    const PrivateKey key = PrivateKey::Generate(entropy);
    const ByteArray<32> message = entropy.Take<32>();
    const sm3::Digest e = sm3::Hash({IdentityDigest(key.public_key(), AsBytes(kDefaultId)), message});
    out.push_back({key.public_key(), e, Sign(key, AsBytes(kDefaultId), message)});
  }
  return out;
}

bool BothVerdictsAreRight(const KnownKeys& keys, const Signed& one) {
  Signature wrong = one.signature;
  wrong[40] ^= 1;
  return keys.VerifyDigest(one.key, one.e, one.signature) && !keys.VerifyDigest(one.key, one.e, wrong);
}

TEST(KnownKeys, MakesATableWhenAKeyIsMetAgainAndAgain) {
  const auto cases = SignOnce(1);
  const KnownKeys keys(Footprint::kSmall);
  for (uint64_t i = 0; i < KnownKeys::kUsesBeforeTable; ++i) {
    EXPECT_TRUE(keys.VerifyDigest(cases[0].key, cases[0].e, cases[0].signature));
    EXPECT_EQ(keys.table_bytes(), 0u) << i;
  }
  EXPECT_TRUE(keys.VerifyDigest(cases[0].key, cases[0].e, cases[0].signature));
  EXPECT_EQ(keys.table_bytes(), kSmallTable);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(BothVerdictsAreRight(keys, cases[0]));
  EXPECT_EQ(keys.table_bytes(), kSmallTable);
}

TEST(KnownKeys, KeepsWithinItsMemoryAndForgetsTheOldest) {
  const auto cases = SignOnce(5);
  const KnownKeys keys(Footprint::kSmall, 3 * kSmallTable + 1000);
  ASSERT_EQ(keys.keys_max(), 3u);
  const auto use = [&](const Signed& one) {
    for (uint64_t i = 0; i <= KnownKeys::kUsesBeforeTable; ++i) EXPECT_TRUE(BothVerdictsAreRight(keys, one));
  };
  for (const Signed& one : cases) {
    use(one);
    EXPECT_LE(keys.table_bytes(), 3 * kSmallTable);
  }
  EXPECT_EQ(keys.table_bytes(), 3 * kSmallTable);
  // The first one was pushed out: it has to be met often again.
  EXPECT_TRUE(keys.VerifyDigest(cases[0].key, cases[0].e, cases[0].signature));
  EXPECT_EQ(keys.table_bytes(), 2 * kSmallTable);
  use(cases[0]);
  EXPECT_EQ(keys.table_bytes(), 3 * kSmallTable);
}

TEST(KnownKeys, HoldsAtLeastOneTable) {
  const auto cases = SignOnce(2);
  const KnownKeys keys(Footprint::kSmall, 0);
  for (int round = 0; round < 3; ++round) {
    for (const Signed& one : cases) {
      for (int i = 0; i < 12; ++i) EXPECT_TRUE(BothVerdictsAreRight(keys, one));
      EXPECT_EQ(keys.table_bytes(), kSmallTable);
    }
  }
}

TEST(KnownKeys, OfLargeFootprintGivesTheSameVerdicts) {
  const KnownKeys keys;
  for (const Signed& one : SignOnce(3)) {
    for (int i = 0; i < 12; ++i) EXPECT_TRUE(BothVerdictsAreRight(keys, one));
    EXPECT_TRUE(keys.VerifyNewDigest(one.key, one.e, one.signature));
  }
  EXPECT_EQ(keys.table_bytes(), 3u * 524'288);
}

TEST(KnownKeys, VerifiesMessagesAsTheFunctionDoes) {
  SeededEntropy entropy(kSeed);
  const PrivateKey key = PrivateKey::Generate(entropy);
  const Signature signature = Sign(key, AsBytes("an id"), AsBytes("a message"));
  const KnownKeys keys(Footprint::kSmall);
  EXPECT_TRUE(keys.Verify(key.public_key(), AsBytes("an id"), AsBytes("a message"), signature));
  EXPECT_FALSE(keys.Verify(key.public_key(), AsBytes("an ie"), AsBytes("a message"), signature));
  EXPECT_FALSE(keys.Verify(key.public_key(), AsBytes("an id"), AsBytes("b message"), signature));
  EXPECT_FALSE(keys.Verify(key.public_key(), Bytes(kIdSizeMax + 1, 'x'), AsBytes("a message"), signature));
}

// Tables are made, used and pushed out at the same time; the thread sanitizer looks on in its build.
TEST(KnownKeys, IsSharedBetweenThreads) {
  const auto cases = SignOnce(6);
  const KnownKeys keys(Footprint::kSmall, 4 * kSmallTable);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 120; ++i) {
        if (!BothVerdictsAreRight(keys, cases[(i / 20 + t) % cases.size()])) ++wrong;
        if (keys.table_bytes() > 4 * kSmallTable) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace yukuai::sm2
