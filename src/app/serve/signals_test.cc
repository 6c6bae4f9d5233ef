// SPDX-License-Identifier: Apache-2.0
#include "app/serve/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace yukuai::serve {
namespace {

constexpr std::chrono::milliseconds kNow{0};

TEST(Signals, EachSaysWhatItMeans) {
  const Signals signals;
  EXPECT_EQ(signals.Wait(kNow), Signal::kNone);
  for (const auto& [number, signal] : {std::pair(SIGHUP, Signal::kReload), {SIGTERM, Signal::kEnd}, {SIGINT, Signal::kEnd}}) {
    ASSERT_EQ(::raise(number), 0);
    EXPECT_EQ(signals.Wait(kNow), signal);
    EXPECT_EQ(signals.Wait(kNow), Signal::kNone);
  }
}

TEST(Signals, AReaderThatHasGoneIsNotTheEnd) {
  const Signals signals;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

}  // namespace
}  // namespace yukuai::serve
