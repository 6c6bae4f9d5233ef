// SPDX-License-Identifier: Apache-2.0
// Both arithmetics of the field against Botan's big numbers, on random values and on those at which carries and reductions turn.
#include "crypto/sm2_curve/field.h"

#include <botan/numthry.h>

#include "crypto/sm2_curve/adx_field.h"
#include "crypto/sm2_curve/numbers_test.h"
#include "crypto/sm2_curve/processor.h"

namespace yukuai::sm2_curve {
namespace {

constexpr uint64_t kSeed = 20260401;

const Botan::BigInt& P() {
  static const Botan::BigInt p = ToBig(kPrime);
  return p;
}

template <typename F>
Element FromBig(const Botan::BigInt& value) {
  return F::Multiply({ToLimbs(value)}, kToMontgomery);
}

template <typename F>
Botan::BigInt Value(const Element& a) {
  EXPECT_TRUE(IsBelow(a.limbs, kPrime));
  return ToBig(NumberOf<F>(a));
}

// Below p, and as it lies in memory: the edges are those of the form, which is what the instructions see.
std::vector<Element> EdgeElements() {
  std::vector<Element> out{{}, kOne, kToMontgomery};
  Limbs limbs;
  for (uint64_t less = 1; less < 4; ++less) {
    SubtractLimbs(limbs, kPrime, {less, 0, 0, 0});
    out.push_back({limbs});
    out.push_back({{less, 0, 0, 0}});
  }
  for (const uint64_t low : {uint64_t{0}, ~uint64_t{0}, uint64_t{1} << 32, (uint64_t{1} << 32) - 1}) {
    for (const uint64_t high : {uint64_t{0}, uint64_t{0xFFFFFFFEFFFFFFFE}, uint64_t{1} << 63}) {
      out.push_back({{low, 0, low, high}});
      out.push_back({{0, low, 0, high}});
      out.push_back({{low, low, low, high}});
    }
  }
  return out;
}

template <typename F>
void CompareOperations(const Element& a, const Element& b) {
  const Botan::BigInt x = Value<F>(a);
  const Botan::BigInt y = Value<F>(b);
  ASSERT_EQ(Value<F>(F::Multiply(a, b)), x * y % P());
  ASSERT_EQ(Value<F>(F::Square(a)), x * x % P());
  ASSERT_EQ(Value<F>(F::Add(a, b)), (x + y) % P());
  ASSERT_EQ(Value<F>(F::Subtract(a, b)), (x + P() - y) % P());
  ASSERT_EQ(F::Multiply(a, b), PortableField::Multiply(a, b));
}

template <typename F>
class Field : public testing::Test {};

#if defined(YUKUAI_SM2_ADX)
// Where the processor lacks the instructions, the portable arithmetic is tested twice.
struct AdxOrPortable {
  static bool Adx() {
    static const bool adx = DetectProcessor().adx;
    return adx;
  }
  static Element Add(const Element& a, const Element& b) { return Adx() ? AdxField::Add(a, b) : PortableField::Add(a, b); }
  static Element Subtract(const Element& a, const Element& b) {
    return Adx() ? AdxField::Subtract(a, b) : PortableField::Subtract(a, b);
  }
  static Element Multiply(const Element& a, const Element& b) {
    return Adx() ? AdxField::Multiply(a, b) : PortableField::Multiply(a, b);
  }
  static Element Square(const Element& a) { return Adx() ? AdxField::Square(a) : PortableField::Square(a); }
};
using Fields = testing::Types<PortableField, AdxOrPortable>;
#else
using Fields = testing::Types<PortableField>;
#endif
TYPED_TEST_SUITE(Field, Fields);

TYPED_TEST(Field, HasTheConstantsOfTheStandard) {
  EXPECT_EQ(Value<TypeParam>(kOne), 1);
  EXPECT_EQ(NumberOf<TypeParam>(kToMontgomery), kOne.limbs);
  EXPECT_EQ(P(), Group().get_p());
}

TYPED_TEST(Field, AgreesWithBigNumbersAtEveryEdge) {
  const auto edges = EdgeElements();
  for (const Element& a : edges) {
    for (const Element& b : edges) CompareOperations<TypeParam>(a, b);
  }
}

TYPED_TEST(Field, AgreesWithBigNumbersOnRandomValues) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  for (int i = 0; i < 5000; ++i) {
    const Element a = ReduceOnce(AnyLimbs(entropy), 0);
    const Element b = ReduceOnce(AnyLimbs(entropy), 0);
    CompareOperations<TypeParam>(a, b);
  }
}

TYPED_TEST(Field, TakesExactlyTheNumbersBelowThePrime) {
  const auto parse = [](const Botan::BigInt& value) {
    const ByteArray<32> bytes = BytesOf(ToLimbs(value));
    return ElementOf<TypeParam>(bytes);
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Value<TypeParam>(*parse(P() - 1 - i)), P() - 1 - i);
    EXPECT_FALSE(parse(P() + i));
  }
  EXPECT_EQ(parse(0), Element{});
  EXPECT_FALSE(parse((Botan::BigInt(1) << 256) - 1));
}

TYPED_TEST(Field, InvertsAndTakesRoots) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  EXPECT_EQ(Invert<TypeParam>({}), Element{});
  EXPECT_EQ(SquareRootCandidate<TypeParam>({}), Element{});
  int squares = 0;
  for (int i = 0; i < 100; ++i) {
    const Botan::BigInt x = ToBig(ReduceOnce(AnyLimbs(entropy), 0).limbs);
    if (x.is_zero()) continue;
    const Element a = FromBig<TypeParam>(x);
    EXPECT_EQ(Value<TypeParam>(Invert<TypeParam>(a)), Botan::inverse_mod(x, P()));
    const Element root = SquareRootCandidate<TypeParam>(a);
    const bool is_square = TypeParam::Square(root) == a;
    EXPECT_EQ(is_square, Botan::jacobi(x, P()) == 1);
    squares += is_square ? 1 : 0;
  }
  EXPECT_GT(squares, 20);
  EXPECT_LT(squares, 80);
}

}  // namespace
}  // namespace yukuai::sm2_curve
