// SPDX-License-Identifier: Apache-2.0
#include "gateway/terminal_api/built_files.h"

#include <gtest/gtest.h>

namespace yukuai::terminal_api {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");
constexpr Reason kBroken{Kind::kUnavailable, "storage_unavailable"};

TEST(BuiltFiles, BuildsOnceForAWhileAndForEachVersion) {
  BuiltFiles files;
  int built = 0;
  const auto get = [&](const char* name, uint64_t version, int64_t seconds) {
    return *files.Get(name, version, kNow.PlusSeconds(seconds), [&]() -> Result<std::string> { return std::to_string(++built); });
  };
  EXPECT_EQ(get("a", 1, 0), "1");
  EXPECT_EQ(get("a", 1, BuiltFiles::kReuseSeconds - 1), "1");
  EXPECT_EQ(get("a", 1, BuiltFiles::kReuseSeconds), "2");
  EXPECT_EQ(get("a", 2, BuiltFiles::kReuseSeconds), "3");
  EXPECT_EQ(get("b", 2, BuiltFiles::kReuseSeconds), "4");
  EXPECT_EQ(get("a", 2, 0), "5");  // The clock was set back.
}

TEST(BuiltFiles, WhatCouldNotBeBuiltIsTriedAgain) {
  BuiltFiles files;
  const auto failed = files.Get("a", 1, kNow, [] { return Result<std::string>(Fault(kBroken)); });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(*files.Get("a", 1, kNow, [] { return Result<std::string>("built"); }), "built");
}

}  // namespace
}  // namespace yukuai::terminal_api
