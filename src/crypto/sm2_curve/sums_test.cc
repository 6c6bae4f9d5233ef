// SPDX-License-Identifier: Apache-2.0
// Sums of points against Botan, and the exceptional ones: equal points, opposite points, infinity on either side.
#include "crypto/sm2_curve/sums.h"

#include "crypto/sm2_curve/comb.h"
#include "crypto/sm2_curve/numbers_test.h"

namespace yukuai::sm2_curve {
namespace {

using F = PortableField;

// A point's coordinates however it is kept; nothing for infinity.
std::optional<Affine> Plain(const Extended& a) {
  if (a.infinite()) return std::nullopt;
  EXPECT_EQ(F::Multiply(F::Square(a.zz), a.zz), F::Square(a.zzz));
  return Affine{F::Multiply(a.x, Invert<F>(a.zz)), F::Multiply(a.y, Invert<F>(a.zzz))};
}

std::optional<Affine> Plain(const Doubling& a) {
  if (a.infinite()) return std::nullopt;
  return Plain(ToExtended<F>(a));
}

// The same point with another denominator.
Extended Disguised(const Affine& a, uint64_t by) {
  const Element z = F::Multiply({{by, by, 0, 0}}, kToMontgomery);
  const Element zz = F::Square(z);
  const Element zzz = F::Multiply(zz, z);
  return {F::Multiply(a.x, zz), F::Multiply(a.y, zzz), zz, zzz};
}

Doubling DisguisedDoubling(const Affine& a, uint64_t by) {
  const Element z = F::Multiply({{by, by, 0, 0}}, kToMontgomery);
  const Element zz = F::Square(z);
  return {F::Multiply(a.x, zz), Twice<F>(F::Multiply(a.y, F::Multiply(zz, z))), z};
}

Affine Multiple(int k) { return k > 0 ? MultipleOfG(k) : Negate<F>(MultipleOfG(-k)); }

std::optional<Affine> Expected(int k) {
  if (k == 0) return std::nullopt;
  return Multiple(k);
}

TEST(Sums, StartFromTheGeneratorOfTheStandard) {
  EXPECT_EQ(kGenerator, ToAffine(Group().get_base_point()));
  EXPECT_TRUE(IsOnCurve<F>(kGenerator));
  EXPECT_FALSE(IsOnCurve<F>({kGenerator.y, kGenerator.x}));
}

TEST(Sums, OfExtendedAndAffineAreCompleteForSmallMultiples) {
  for (int a = -4; a <= 4; ++a) {
    for (int b = -4; b <= 4; ++b) {
      if (b == 0) continue;
      Extended sum = a == 0 ? Extended{} : Disguised(Multiple(a), 77);
      Add<F>(sum, Multiple(b));
      EXPECT_EQ(Plain(sum), Expected(a + b)) << a << " + " << b;
    }
  }
}

TEST(Sums, OfDoublingAndAddendAreCompleteForSmallMultiples) {
  for (int a = -4; a <= 4; ++a) {
    for (int b = -4; b <= 4; ++b) {
      if (b == 0) continue;
      for (const bool subtract : {false, true}) {
        Doubling sum = a == 0 ? Doubling{} : DisguisedDoubling(Multiple(a), 77);
        Add<F>(sum, ToAddend<F>(DisguisedDoubling(Multiple(b), 99)), subtract);
        EXPECT_EQ(Plain(sum), Expected(subtract ? a - b : a + b)) << a << (subtract ? " - " : " + ") << b;
      }
    }
  }
}

TEST(Sums, DoubleEveryFormAndInfinity) {
  for (int a = 1; a < 20; ++a) {
    Extended extended;
    Double<F>(extended, Multiple(a));
    EXPECT_EQ(Plain(extended), Expected(2 * a));
    Doubling doubling = DisguisedDoubling(Multiple(a), 5);
    Double<F>(doubling);
    EXPECT_EQ(Plain(doubling), Expected(2 * a));
  }
  Doubling infinity{};
  Double<F>(infinity);
  EXPECT_TRUE(infinity.infinite());
}

TEST(Sums, FindThePointOfAnAbscissa) {
  for (int k = 1; k < 40; ++k) {
    const Affine point = Multiple(k);
    const bool odd = (NumberOf<F>(point.y)[0] & 1) != 0;
    EXPECT_EQ(WithAbscissa<F>(point.x, odd), point);
    EXPECT_EQ(WithAbscissa<F>(point.x, !odd), Negate<F>(point));
  }
}

TEST(Comb, HasTheSizesItIsChosenFor) {
  EXPECT_EQ(Comb::BytesOf(20), 4'718'592u);
  EXPECT_EQ(Comb::BytesOf(28), 524'288u);
  EXPECT_EQ(Comb::BytesOf(32), 262'144u);
  EXPECT_EQ(Comb::BytesOf(48), 65'536u);
  for (uint32_t windows = Comb::kWindowsMin; windows <= Comb::kWindowsMax; ++windows) {
    uint32_t end = 0;
    for (const Comb::Window& window : Comb::Shape(windows)) {
      EXPECT_EQ(window.offset, end);
      end += window.width;
    }
    EXPECT_EQ(end, 256u) << windows;
  }
}

TEST(Comb, HoldsTheOddMultiplesOfEveryWindow) {
  const Botan::BigInt& n = Group().get_order();
  for (const Engine& engine : Engines()) {
    const Comb comb = engine.make_comb(MultipleOfG(5), 48);
    for (const Comb::Window& window : comb.windows()) {
      const Botan::BigInt unit = 5 * (Botan::BigInt(1) << window.offset);
      for (uint32_t row = 0; row < 1u << (window.width - 1); ++row) {
        ASSERT_EQ(comb.Row(window, row), MultipleOfG(unit * (2 * row + 1) % n)) << engine.name << " " << row;
      }
    }
  }
}

TEST(Comb, IsTheSameByEveryEngineAtEveryShape) {
  for (const uint32_t windows : {20u, 28u, 33u, 64u}) {
    const Comb expected = Engines().front().make_comb(kGenerator, windows);
    const Comb comb = Fastest().make_comb(kGenerator, windows);
    ASSERT_EQ(comb.bytes(), Comb::BytesOf(windows));
    for (const Comb::Window& window : comb.windows()) {
      for (uint32_t row = 0; row < 1u << (window.width - 1); ++row) ASSERT_EQ(comb.Row(window, row), expected.Row(window, row));
    }
  }
}

}  // namespace
}  // namespace yukuai::sm2_curve
