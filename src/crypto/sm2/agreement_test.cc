// SPDX-License-Identifier: Apache-2.0
// Our verdicts beside those of OpenSSL and Botan, by every way in which we come to one.
#include <gtest/gtest.h>

#include "crypto/sm2/known_keys.h"
#include "crypto/sm2/signature_cases_test.h"
#include "crypto/sm2_curve/engine.h"

namespace yukuai::sm2 {
namespace {

constexpr uint64_t kSeed = 20260403;

// The libraries are slow in a sanitised program, which watches every byte they allocate; `make test-vectors` runs them all.
#if defined(__SANITIZE_ADDRESS__)
constexpr int kRandomCases = 2'000;
#else
constexpr int kRandomCases = 20'000;
#endif

// By every engine, with and without a table of the key. A key that is none has no verdict but false.
void ExpectVerdict(const SignatureCase& one, bool expected) {
  const auto equation = sm2_curve::Equation::Of(one.e, one.signature);
  for (const sm2_curve::Engine& engine : sm2_curve::Engines()) {
    const auto key = engine.parse_compressed(one.key);
    const auto& generator = sm2_curve::SmallGeneratorComb();
    const bool holds = key && equation && engine.holds(*equation, generator, *key);
    ASSERT_EQ(holds, expected) << engine.name << ": " << one.what;
    if (!key || !equation) continue;
    const sm2_curve::Comb comb = engine.make_comb(*key, 64);
    ASSERT_EQ(engine.holds_by_comb(*equation, generator, comb), expected) << engine.name << ", by comb: " << one.what;
  }
  const auto key = PublicKey::Parse(one.key);
  ASSERT_EQ(key && VerifyDigest(*key, one.e, one.signature), expected) << one.what;
}

TEST(Sm2Agreement, WithOpensslAndBotanOnEveryAdversarialCase) {
  int good = 0;
  int bad = 0;
  for (const SignatureCase& one : AdversarialCases()) {
    const bool expected = OpensslHolds(one);
    ASSERT_EQ(BotanHolds(one), expected) << one.what;
    ASSERT_NO_FATAL_FAILURE(ExpectVerdict(one, expected)) << ToHex(one.key) << " " << ToHex(one.e) << " " << ToHex(one.signature);
    ++(expected ? good : bad);
  }
  EXPECT_GT(good, 1000);
  EXPECT_GT(bad, 400);
}

TEST(Sm2Agreement, WithOpensslAndBotanOnRandomCases) {
  SCOPED_TRACE(kSeed);
  RandomCases cases(kSeed);
  KnownKeys known(Footprint::kSmall, 8 << 16);  // Fewer tables than keys: some are pushed out all the time.
  int good = 0;
  for (int i = 0; i < kRandomCases; ++i) {
    const SignatureCase one = cases.Next();
    const bool expected = OpensslHolds(one);
    ASSERT_EQ(BotanHolds(one), expected) << one.what;
    const auto key = PublicKey::Parse(one.key);
    ASSERT_EQ(key && VerifyDigest(*key, one.e, one.signature), expected) << one.what;
    ASSERT_EQ(key && known.VerifyDigest(*key, one.e, one.signature), expected) << one.what;
    ASSERT_EQ(key && known.VerifyNewDigest(*key, one.e, one.signature), expected) << one.what;
    if (i % 50 == 0) { ASSERT_NO_FATAL_FAILURE(ExpectVerdict(one, expected)); }
    good += expected ? 1 : 0;
  }
  EXPECT_GT(good, kRandomCases / 2);
  EXPECT_LT(good, kRandomCases * 4 / 5);
}

}  // namespace
}  // namespace yukuai::sm2
