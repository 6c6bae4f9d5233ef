// SPDX-License-Identifier: Apache-2.0
#include "platform/admission/concurrency_limit.h"

#include <gtest/gtest.h>

namespace yukuai::admission {
namespace {

class Limit : public ::testing::Test {
 protected:
  // A window of requests that took so long, with so many in service.
  void Window(int64_t latency_us, size_t in_service) {
    for (int i = 0; i < 2; ++i) {
      limit_.Served(latency_us, in_service, now_);
      now_.us += 100'000;
    }
  }
  Instant now_{};
  ConcurrencyLimit limit_{{.least = 4, .most = 64, .start = 16, .latency_us_target = 100'000, .window_us = 100'000}};
};

TEST_F(Limit, GrowsFasterFarFromTheTarget) {
  Window(49'000, 16);
  EXPECT_EQ(limit_.value(), 18u);
  Window(100'000, 18);
  EXPECT_EQ(limit_.value(), 19u);
}

TEST_F(Limit, DoesNotGrowWhileItHoldsNobodyBack) {
  Window(1'000, 15);
  EXPECT_EQ(limit_.value(), 16u);
}

TEST_F(Limit, ShrinksByATenthAboveTheTarget) {
  Window(100'002, 1);
  EXPECT_EQ(limit_.value(), 15u);
}

TEST_F(Limit, StaysWithinItsBounds) {
  for (int i = 0; i < 50; ++i) Window(1'000, 1'000);
  EXPECT_EQ(limit_.value(), 64u);
  for (int i = 0; i < 50; ++i) Window(10'000'000, 1);
  EXPECT_EQ(limit_.value(), 4u);
}

}  // namespace
}  // namespace yukuai::admission
