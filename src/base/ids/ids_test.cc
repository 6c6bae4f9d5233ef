// SPDX-License-Identifier: Apache-2.0
#include "base/ids/ids.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace yukuai {
namespace {

class ConstantEntropy : public Entropy {
 public:
  explicit ConstantEntropy(uint8_t byte) : byte_(byte) {}
  void Fill(std::span<uint8_t> out) override { std::ranges::fill(out, byte_); }

 private:
  uint8_t byte_;
};

TEST(Ids, HaveTheDocumentedLayout) {
  ConstantEntropy ones(0xFF);
  ConstantEntropy zeros(0x00);
  const auto at = [](int64_t ms) { return Instant::FromMilliseconds(ms); };
  // 42 bits of time, 10 of shard, 76 random.
  EXPECT_EQ(ToHex(MakeIdBytes(at(1), 0, zeros)), "00000000004000000000000000000000");
  EXPECT_EQ(ToHex(MakeIdBytes(at(0), 1, zeros)), "00000000000010000000000000000000");
  EXPECT_EQ(ToHex(MakeIdBytes(at(0), 0, ones)), "0000000000000fffffffffffffffffff");
  EXPECT_EQ(ToHex(MakeIdBytes(at(0), 1023, zeros)), "00000000003ff0000000000000000000");
  EXPECT_EQ(ToHex(MakeIdBytes(at((int64_t{1} << 42) - 1), 1023, ones)), "ffffffffffffffffffffffffffffffff");
}

TEST(Ids, CarryTheirShardAndSortByTime) {
  SeededEntropy entropy(1);
  PersonId before;
  for (int i = 0; i < kShardCount; ++i) {
    const auto id = PersonId::Make(Instant::FromMilliseconds(1'772'323'200'000 + i), static_cast<Shard>(i), entropy);
    EXPECT_EQ(id.shard(), i);
    EXPECT_LT(before, id);
    EXPECT_LT(before.Text(), id.Text());  // The text sorts as the bytes do.
    before = id;
  }
}

TEST(Ids, ReadBackTheirText) {
  SeededEntropy entropy(2);
  const auto id = RideId::Make(Instant::FromSeconds(1'772'323'200), 7, entropy);
  const std::string text = id.Text();
  EXPECT_EQ(text.size(), 30u);
  EXPECT_TRUE(text.starts_with("rid_"));
  EXPECT_EQ(RideId::Parse(text), id);
  EXPECT_EQ(RideId::FromBytes(id.bytes()), id);
  EXPECT_EQ(PersonId().Text(), "per_00000000000000000000000000");
}

TEST(Ids, RefuseOtherText) {
  const std::string text = PersonId().Text();
  EXPECT_TRUE(PersonId::Parse(text));
  EXPECT_EQ(PersonId::Parse(""), std::nullopt);
  EXPECT_EQ(PersonId::Parse("per_"), std::nullopt);
  EXPECT_EQ(PersonId::Parse("dev_" + text.substr(4)), std::nullopt);
  EXPECT_EQ(PersonId::Parse("PER_" + text.substr(4)), std::nullopt);
  EXPECT_EQ(PersonId::Parse(text.substr(0, 29)), std::nullopt);
  EXPECT_EQ(PersonId::Parse(text + "0"), std::nullopt);
  EXPECT_EQ(PersonId::Parse(text + "00"), std::nullopt);
  EXPECT_EQ(PersonId::Parse(text.substr(0, 29) + "1"), std::nullopt);  // Bits below the sixteen bytes.
  EXPECT_EQ(PersonId::Parse(text.substr(0, 29) + "u"), std::nullopt);
  EXPECT_EQ(PersonId::FromBytes(Bytes(15)), std::nullopt);
  EXPECT_EQ(PersonId::FromBytes(Bytes(17)), std::nullopt);
}

TEST(PersonIndex, CarriesItsShardInTheLowBits) {
  EXPECT_EQ(PersonIndex{0}.shard(), 0);
  EXPECT_EQ((PersonIndex{5u << 10 | 1023}.shard()), 1023);
  EXPECT_EQ((PersonIndex{1u << 10}.shard()), 0);
}

TEST(IdsDeathTest, RefuseAShardThatDoesNotExist) {
  ConstantEntropy zeros(0);
  EXPECT_DEATH(MakeIdBytes(Instant{}, 1024, zeros), "invariant violated");
}

}  // namespace
}  // namespace yukuai
