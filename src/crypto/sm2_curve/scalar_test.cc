// SPDX-License-Identifier: Apache-2.0
// That digits sum up to the number they were cut from, at the ends of the range as inside it.
#include "crypto/sm2_curve/scalar.h"

#include "crypto/sm2_curve/numbers_test.h"

namespace yukuai::sm2_curve {
namespace {

constexpr uint64_t kSeed = 20260402;

const Botan::BigInt& N() { return Group().get_order(); }

std::vector<Limbs> Scalars() {
  SeededEntropy entropy(kSeed);
  std::vector<Limbs> out;
  for (int i = 0; i < 40; ++i) {
    out.push_back(ToLimbs(i));
    out.push_back(ToLimbs(N() - 1 - i));
    out.push_back(ToLimbs((N() >> 1) - 20 + i));
  }
  for (size_t bit = 0; bit < 256; ++bit) out.push_back(ReduceModuloOrder(ToLimbs(Botan::BigInt(1) << bit)));
  for (int i = 0; i < 2000; ++i) out.push_back(ReduceModuloOrder(AnyLimbs(entropy)));
  return out;
}

TEST(Scalar, HasTheOrderOfTheStandard) {
  EXPECT_EQ(ToBig(kOrder), N());
  EXPECT_EQ(ToBig(kPrimeLessOrder), Group().get_p() - N());
}

TEST(Scalar, ReducesAddsAndSubtractsModuloTheOrder) {
  const auto scalars = Scalars();
  for (size_t i = 0; i < scalars.size(); ++i) {
    const Limbs& a = scalars[i];
    const Limbs& b = scalars[(i * 7 + 3) % scalars.size()];
    ASSERT_EQ(ToBig(AddModuloOrder(a, b)), (ToBig(a) + ToBig(b)) % N());
    ASSERT_EQ(ToBig(SubtractModuloOrder(a, b)), (ToBig(a) + N() - ToBig(b)) % N());
  }
  const Botan::BigInt all_ones = (Botan::BigInt(1) << 256) - 1;
  for (const Botan::BigInt& value : {Botan::BigInt(0), N() - 1, N(), N() + 1, all_ones}) {
    EXPECT_EQ(ToBig(ReduceModuloOrder(ToLimbs(value))), value % N());
    EXPECT_EQ(IsScalar(ToLimbs(value)), !value.is_zero() && value < N());
  }
}

TEST(OddDigits, SumUpToTheirNumberAtEveryWidth) {
  for (const uint32_t windows : {20u, 28u, 32u, 48u, 64u}) {
    const auto shape = Comb::Shape(windows);
    for (const Limbs& k : Scalars()) {
      const OddDigits digits(k);
      Botan::BigInt sum = 0;
      for (const Comb::Window& window : shape) {
        const auto digit = digits.At(window.offset, window.width);
        ASSERT_LT(digit.row, 1u << (window.width - 1));
        const Botan::BigInt value = Botan::BigInt(2 * digit.row + 1) << window.offset;
        sum = digit.negative ? sum - value : sum + value;
      }
      ASSERT_EQ((sum % N() + N()) % N(), ToBig(k)) << windows;
    }
  }
}

TEST(SparseDigits, SumUpToTheirNumberAndAreSparse) {
  for (const Limbs& k : Scalars()) {
    const SparseDigits digits(k);
    Botan::BigInt sum = 0;
    size_t last = SparseDigits::kCount;
    for (size_t i = SparseDigits::kCount; i-- > 0;) {
      const Botan::BigInt size = std::abs(digits[i]);
      sum = digits[i] < 0 ? (sum << 1) - size : (sum << 1) + size;
      if (digits[i] == 0) continue;
      ASSERT_NE(digits[i] % 2, 0);
      ASSERT_LT(std::abs(digits[i]), 16);
      if (last != SparseDigits::kCount) { ASSERT_GE(last - i, SparseDigits::kWidth); }
      last = i;
    }
    ASSERT_EQ(sum, ToBig(k));
  }
}

}  // namespace
}  // namespace yukuai::sm2_curve
