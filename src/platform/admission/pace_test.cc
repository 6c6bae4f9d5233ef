// SPDX-License-Identifier: Apache-2.0
#include "platform/admission/pace.h"

#include <gtest/gtest.h>

namespace yukuai::admission {
namespace {

int Taken(Pace& pace, Instant now) {
  int taken = 0;
  while (pace.Take(now) == 0) ++taken;
  return taken;
}

TEST(Pace, LetsInSoManyASecondAndSaysWhenTheNextMay) {
  Pace pace({.least_per_second = 10, .most_per_second = 100, .burst_seconds = 0.25});
  ManualClock clock(Instant::FromSeconds(5));
  EXPECT_EQ(pace.Take(clock.Now()), 0);
  EXPECT_EQ(pace.Take(clock.Now()), 10'000);
  clock.Set({clock.Now().us + 9'000});
  const int64_t wait_us = pace.Take(clock.Now());
  EXPECT_NEAR(static_cast<double>(wait_us), 1'000, 1);
  clock.Set({clock.Now().us + wait_us});
  EXPECT_EQ(pace.Take(clock.Now()), 0);
  clock.Advance(3600);  // What was not used is kept for a quarter of a second only.
  EXPECT_EQ(Taken(pace, clock.Now()), 25);
}

TEST(Pace, FollowsThePressureWithinItsBounds) {
  Pace pace({.least_per_second = 10, .most_per_second = 100, .burst_seconds = 0.25});
  pace.Tell(true);
  EXPECT_DOUBLE_EQ(pace.per_second(), 80);
  for (int i = 0; i < 20; ++i) pace.Tell(true);
  EXPECT_DOUBLE_EQ(pace.per_second(), 10);
  pace.Tell(false);
  EXPECT_DOUBLE_EQ(pace.per_second(), 15);
  for (int i = 0; i < 20; ++i) pace.Tell(false);
  EXPECT_DOUBLE_EQ(pace.per_second(), 100);
}

TEST(Pace, IsNotFooledByAClockThatStands) {
  Pace pace({.least_per_second = 10, .most_per_second = 100, .burst_seconds = 0.25});
  EXPECT_EQ(Taken(pace, {0}), 1);
  EXPECT_EQ(Taken(pace, {0}), 0);
}

}  // namespace
}  // namespace yukuai::admission
