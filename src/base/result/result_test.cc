// SPDX-License-Identifier: Apache-2.0
#include "base/result/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace yukuai {
namespace {

constexpr Reason kNegative{Kind::kMalformed, "negative"};
constexpr Reason kTooLarge{Kind::kRefused, "too_large"};

Result<int> Half(int value) {
  if (value < 0) return Fault(kNegative, "value below zero");
  return value / 2;
}

Result<void> Permit(int value) {
  if (value > 100) return Fault(kTooLarge);
  return {};
}

Result<int> QuarterOfPermitted(int value, int& reached) {
  YUKUAI_TRY(Permit(value));
  reached = 1;
  YUKUAI_ASSIGN(const int half, Half(value));
  reached = 2;
  YUKUAI_ASSIGN(const int quarter, Half(half));
  return quarter;
}

TEST(Result, HoldsAValueOrAFault) {
  const auto value = Half(8);
  ASSERT_TRUE(value.ok());
  EXPECT_TRUE(static_cast<bool>(value));
  EXPECT_EQ(*value, 4);
  const auto fault = Half(-1);
  ASSERT_FALSE(fault.ok());
  EXPECT_EQ(fault.error().reason, kNegative);
  EXPECT_EQ(fault.error().reason.kind, Kind::kMalformed);
  EXPECT_EQ(fault.error().detail, "value below zero");
  EXPECT_TRUE(Permit(100).ok());
  EXPECT_EQ(Permit(101).error().reason, kTooLarge);
}

TEST(Result, LeavesTheFunctionAtTheFirstFault) {
  int reached = 0;
  EXPECT_EQ(*QuarterOfPermitted(8, reached), 2);
  EXPECT_EQ(reached, 2);
  reached = 0;
  EXPECT_EQ(QuarterOfPermitted(101, reached).error().reason, kTooLarge);
  EXPECT_EQ(reached, 0);
  EXPECT_EQ(QuarterOfPermitted(-1, reached).error().reason, kNegative);
  EXPECT_EQ(reached, 1);
}

TEST(Result, CarriesWhatCanOnlyMove) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  EXPECT_EQ(**result, 7);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(Reason, IsItsSlug) {
  EXPECT_EQ(kNegative, (Reason{Kind::kInternal, "negative"}));
  EXPECT_NE(kNegative, kTooLarge);
}

TEST(ResultDeathTest, EndsTheProgramWhenTheWrongHalfIsRead) {
  EXPECT_DEATH((void)Half(-1).value(), "invariant violated");
  EXPECT_DEATH((void)Half(1).error(), "invariant violated");
  EXPECT_DEATH((void)Permit(1).error(), "invariant violated");
}

TEST(CheckDeathTest, NamesExpressionAndPlace) { EXPECT_DEATH(YUKUAI_CHECK(1 + 1 == 3), "1 \\+ 1 == 3 \\(.*result_test.cc:"); }

}  // namespace
}  // namespace yukuai
