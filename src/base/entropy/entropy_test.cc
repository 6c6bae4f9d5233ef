// SPDX-License-Identifier: Apache-2.0
#include "base/entropy/entropy.h"

#include <gtest/gtest.h>

namespace yukuai {
namespace {

// The synthetic city and every seeded test hang on these bytes: a change of them is a change of all of those.
TEST(SeededEntropy, GivesTheSameBytesForEver) {
  SeededEntropy zero(0);
  EXPECT_EQ(zero.Next(), 0x99EC5F36CB75F2B4u);  // xoshiro256** from SplitMix64(0), as its authors' program prints it.
  EXPECT_EQ(zero.Next(), 0xBF6E1F784956452Au);
  SeededEntropy again(0);
  EXPECT_EQ(ToHex(again.Take<10>()), "b4f275cb365fec992a45");  // Each word lowest byte first.
}

TEST(SeededEntropy, DiffersBySeed) {
  SeededEntropy one(1);
  SeededEntropy two(2);
  EXPECT_NE(one.Take<16>(), two.Take<16>());
  EXPECT_NE(one.Take<16>(), one.Take<16>());
}

TEST(SeededEntropy, DrawsBelowItsBoundAndReachesEveryValue) {
  SeededEntropy entropy(3);
  int seen[7] = {};
  for (int i = 0; i < 7000; ++i) {
    const uint64_t value = entropy.Below(7);
    ASSERT_LT(value, 7u);
    ++seen[value];
  }
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(entropy.Below(1), 0u);
  EXPECT_LT(entropy.Below(UINT64_MAX), UINT64_MAX);
}

TEST(SeededEntropy, FillsExactlyWhatItIsGiven) {
  SeededEntropy entropy(4);
  ByteArray<20> bytes{};
  entropy.Fill(std::span(bytes).subspan(1, 17));
  EXPECT_EQ(bytes[0], 0);
  EXPECT_EQ(bytes[18], 0);
  EXPECT_EQ(bytes[19], 0);
  entropy.Fill({});
}

TEST(SeededEntropyDeathTest, RefusesAnEmptyRange) { EXPECT_DEATH(SeededEntropy(1).Below(0), "invariant violated"); }

}  // namespace
}  // namespace yukuai
