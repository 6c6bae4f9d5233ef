// SPDX-License-Identifier: Apache-2.0
#include "platform/host/boundary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace yukuai::host {
namespace {

TEST(Boundary, DoesNothingWhenDisarmed) {
  ASSERT_TRUE(ArmBoundaries(std::nullopt).ok());
  for (const std::string_view name : BoundaryNames()) Boundary(name);
}

TEST(Boundary, NamesAreSortedAndEveryBeforeHasItsAfter) {
  const auto names = BoundaryNames();
  EXPECT_TRUE(std::ranges::is_sorted(names));
  for (const std::string_view name : names) {
    std::string other(name);
    const size_t dot = other.rfind('.');
    other = other.substr(0, dot) + (other.substr(dot) == ".before" ? ".after" : ".before");
    EXPECT_TRUE(std::ranges::binary_search(names, std::string_view(other))) << other;
  }
}

TEST(Boundary, AWatchIsToldWhileItLives) {
  std::vector<std::string> passed;
  {
    const BoundaryWatch watch([&](std::string_view name) { passed.emplace_back(name); });
    Boundary("server.commit.before");
    Boundary("gate.log.sync.after");
  }
  Boundary("server.commit.after");
  EXPECT_EQ(passed, (std::vector<std::string>{"server.commit.before", "gate.log.sync.after"}));
}

TEST(BoundaryDeathTest, AnUnlistedNameIsADefect) { EXPECT_DEATH(Boundary("server.commit.during"), "invariant violated"); }

TEST(BoundaryDeathTest, EndsTheProcessByKillAtTheNamedPlace) {
  EXPECT_EXIT(
      {
        if (!ArmBoundaries("server.commit.before").ok()) std::exit(1);
        Boundary("server.commit.after");
        Boundary("server.commit.before");
        std::exit(2);
      },
      testing::KilledBySignal(SIGKILL), "");
}

TEST(BoundaryDeathTest, EndsTheProcessAtTheNthPassOnly) {
  EXPECT_EXIT(
      {
        if (!ArmBoundaries("gate.log.sync.after:3").ok()) std::exit(1);
        Boundary("gate.log.sync.after");
        Boundary("gate.log.sync.after");
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_EXIT(
      {
        if (!ArmBoundaries("gate.log.sync.after:3").ok()) std::exit(1);
        for (int i = 0; i < 3; ++i) Boundary("gate.log.sync.after");
        std::exit(2);
      },
      testing::KilledBySignal(SIGKILL), "");
}

TEST(Boundary, RefusesWhatItCannotArm) {
  struct Case {
    std::string_view spec;
    Reason reason;
  };
  for (const Case& c : {Case{"server.commit.during", kBoundaryUnknown}, Case{"", kBoundaryUnknown},
                        Case{"server.commit.before:", kBoundaryMalformed}, Case{"server.commit.before:0", kBoundaryMalformed},
                        Case{"server.commit.before:-1", kBoundaryMalformed}, Case{"server.commit.before:1x", kBoundaryMalformed},
                        Case{"server.commit.before:1000000000", kBoundaryMalformed}}) {
    const Result<void> armed = ArmBoundaries(c.spec);
    ASSERT_FALSE(armed.ok()) << c.spec;
    EXPECT_EQ(armed.error().reason, c.reason) << c.spec;
  }
}

}  // namespace
}  // namespace yukuai::host
