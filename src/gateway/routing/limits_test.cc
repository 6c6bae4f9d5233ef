// SPDX-License-Identifier: Apache-2.0
#include "gateway/routing/limits.h"

#include <gtest/gtest.h>

namespace yukuai::routing {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");

int Taken(RateLimit& limit, std::string_view name, int times, Instant now) {
  int taken = 0;
  for (int i = 0; i < times; ++i) taken += limit.Take(name, now) ? 1 : 0;
  return taken;
}

TEST(RateLimit, GivesABurstAndThenTheRate) {
  RateLimit limit(5, 2);
  EXPECT_EQ(Taken(limit, "a", 10, kNow), 5);
  EXPECT_EQ(Taken(limit, "a", 10, kNow.PlusSeconds(2)), 4);
  EXPECT_EQ(Taken(limit, "a", 10, kNow.PlusSeconds(1000)), 5);
}

TEST(RateLimit, NamesDoNotSpoilItForEachOther) {
  RateLimit limit(5, 2);
  EXPECT_EQ(Taken(limit, "a", 10, kNow), 5);
  EXPECT_EQ(Taken(limit, "b", 10, kNow), 5);
}

TEST(RateLimit, AClockThatIsSetBackGivesNothing) {
  RateLimit limit(5, 2);
  EXPECT_EQ(Taken(limit, "a", 5, kNow), 5);
  EXPECT_EQ(Taken(limit, "a", 5, kNow.PlusSeconds(-1000)), 0);
}

TEST(RateLimit, WhenItIsFullTheKnownAreStillServed) {
  RateLimit limit(5, 1, 2);
  EXPECT_TRUE(limit.Take("a", kNow));
  EXPECT_TRUE(limit.Take("b", kNow));
  EXPECT_FALSE(limit.Take("c", kNow));
  EXPECT_TRUE(limit.Take("a", kNow));
  // Who has rested is forgotten and makes room.
  EXPECT_TRUE(limit.Take("c", kNow.PlusSeconds(2)));
  EXPECT_EQ(Taken(limit, "a", 10, kNow.PlusSeconds(2)), 5);
}

}  // namespace
}  // namespace yukuai::routing
