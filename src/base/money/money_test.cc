// SPDX-License-Identifier: Apache-2.0
#include "base/money/money.h"

#include <gtest/gtest.h>

namespace yukuai {
namespace {

TEST(Money, AddsAndSubtractsWholeFen) {
  EXPECT_EQ(Money::Fen(300) + Money::Fen(5), Money::Fen(305));
  EXPECT_EQ(Money::Fen(300) - Money::Fen(305), Money::Fen(-5));
  EXPECT_EQ(-Money::Fen(300), Money::Fen(-300));
  EXPECT_EQ(Money(), Money::Fen(0));
  EXPECT_LT(Money::Fen(-1), Money());
  EXPECT_EQ(Money::Fen(INT64_MAX - 1) + Money::Fen(1), Money::Fen(INT64_MAX));
  EXPECT_EQ(Money::Fen(INT64_MIN + 1) - Money::Fen(1), Money::Fen(INT64_MIN));
}

TEST(Money, ShowsYuanAndFen) {
  const struct {
    int64_t fen;
    const char* text;
  } rows[] = {{0, "0.00"},
              {5, "0.05"},
              {-5, "-0.05"},
              {99, "0.99"},
              {100, "1.00"},
              {300, "3.00"},
              {-12345, "-123.45"},
              {INT64_MAX, "92233720368547758.07"},
              {INT64_MIN, "-92233720368547758.08"}};
  for (const auto& row : rows) EXPECT_EQ(Money::Fen(row.fen).Text(), row.text);
}

TEST(MoneyDeathTest, EndsTheProgramOnOverflow) {
  EXPECT_DEATH(Money::Fen(INT64_MAX) + Money::Fen(1), "invariant violated");
  EXPECT_DEATH(Money::Fen(INT64_MIN) - Money::Fen(1), "invariant violated");
  EXPECT_DEATH(-Money::Fen(INT64_MIN), "invariant violated");
}

}  // namespace
}  // namespace yukuai
