// SPDX-License-Identifier: Apache-2.0
// The replay window: both sides of its end, its bound, and a clock that is set back.
#include "formats/code/replay.h"

#include <gtest/gtest.h>

namespace yukuai::code {
namespace {

constexpr int64_t kWindow = 1240;

Instant At(int64_t seconds) { return Instant::FromSeconds(1'780'000'000 + seconds); }
Bytes CodeNumber(uint32_t number) { return ByteWriter().U32(number).Finish(); }

TEST(ReplayWindow, GivesTheFirstDecisionAgainWithinTheWindow) {
  ReplayWindow<std::string> window(kWindow);
  EXPECT_EQ(window.Find(CodeNumber(1), At(0)), nullptr);
  window.Remember(CodeNumber(1), At(0), "admitted");
  window.Remember(CodeNumber(1), At(5), "refused");  // The second showing does not change the first answer.
  for (const int64_t inside : {int64_t{0}, int64_t{1}, kWindow}) {
    const std::string* decision = window.Find(CodeNumber(1), At(inside));
    ASSERT_NE(decision, nullptr) << inside;
    EXPECT_EQ(*decision, "admitted");
  }
  EXPECT_EQ(window.Find(CodeNumber(2), At(kWindow)), nullptr);
  EXPECT_EQ(window.Find(CodeNumber(1), At(kWindow + 1)), nullptr);
  EXPECT_EQ(window.size(), 0u);
}

TEST(ReplayWindow, AClockSetBackDoesNotMakeCodesYoung) {
  ReplayWindow<int> window(kWindow);
  window.Remember(CodeNumber(1), At(0), 1);
  EXPECT_NE(window.Find(CodeNumber(1), At(kWindow)), nullptr);
  window.Remember(CodeNumber(2), At(-5000), 2);  // Counts as decided at the latest time seen.
  EXPECT_NE(window.Find(CodeNumber(2), At(2 * kWindow)), nullptr);
  EXPECT_EQ(window.Find(CodeNumber(1), At(0)), nullptr) << "Forgotten by a time that was seen stays forgotten";
}

TEST(ReplayWindow, ForgetsTheOldestWhenFullAndSaysSo) {
  ReplayWindow<uint32_t> window(kWindow, 3);
  for (uint32_t i = 0; i < 3; ++i) window.Remember(CodeNumber(i), At(i), i);
  EXPECT_EQ(window.forgotten_early(), 0u);
  window.Remember(CodeNumber(3), At(3), 3);
  EXPECT_EQ(window.size(), 3u);
  EXPECT_EQ(window.forgotten_early(), 1u);
  EXPECT_EQ(window.Find(CodeNumber(0), At(3)), nullptr);
  for (uint32_t i = 1; i <= 3; ++i) EXPECT_EQ(*window.Find(CodeNumber(i), At(3)), i);
  // Leaving at the end of the window is no early forgetting.
  EXPECT_EQ(window.Find(CodeNumber(1), At(kWindow + 10)), nullptr);
  EXPECT_EQ(window.forgotten_early(), 1u);
}

}  // namespace
}  // namespace yukuai::code
