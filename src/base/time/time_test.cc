// SPDX-License-Identifier: Apache-2.0
#include "base/time/time.h"

#include <gtest/gtest.h>

namespace yukuai {
namespace {

TEST(Instant, RoundsDownOnBothSidesOfTheEpoch) {
  EXPECT_EQ(Instant{1'999'999}.seconds(), 1);
  EXPECT_EQ(Instant{-1}.seconds(), -1);
  EXPECT_EQ(Instant{-1'000'000}.seconds(), -1);
  EXPECT_EQ(Instant{-1'000'001}.seconds(), -2);
  EXPECT_EQ(Instant{1'999}.milliseconds(), 1);
  EXPECT_EQ(Instant{-1}.milliseconds(), -1);
  EXPECT_EQ(Instant::FromSeconds(5).PlusSeconds(-6), Instant::FromMilliseconds(-1000));
}

TEST(CivilDate, CountsDaysAcrossLeapYears) {
  const struct {
    CivilDate date;
    int64_t days;
  } rows[] = {
      {{1970, 1, 1}, 0},      {{1969, 12, 31}, -1},   {{2000, 2, 29}, 11016}, {{2000, 3, 1}, 11017}, {{2026, 3, 1}, 20513},
      {{2028, 2, 29}, 21243}, {{2100, 2, 28}, 47540}, {{2100, 3, 1}, 47541},  {{1, 1, 1}, -719162},  {{9999, 12, 31}, 2932896},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(DaysFromCivil(row.date), row.days) << ToText(row.date);
    EXPECT_EQ(CivilFromDays(row.days), row.date) << row.days;
  }
  for (int64_t days = -1000; days < 60000; ++days) ASSERT_EQ(DaysFromCivil(CivilFromDays(days)), days);
}

TEST(CivilDate, KnowsWhichDaysExist) {
  for (const CivilDate date :
       {CivilDate{2024, 2, 29}, CivilDate{2000, 2, 29}, CivilDate{2026, 12, 31}, CivilDate{1, 1, 1}, CivilDate{9999, 12, 31}}) {
    EXPECT_TRUE(IsValid(date)) << ToText(date);
  }
  for (const CivilDate date : {CivilDate{2023, 2, 29}, CivilDate{1900, 2, 29}, CivilDate{2026, 2, 30}, CivilDate{2026, 4, 31},
                               CivilDate{2026, 1, 0}, CivilDate{2026, 0, 1}, CivilDate{2026, 13, 1}, CivilDate{2026, 1, 32},
                               CivilDate{0, 1, 1}, CivilDate{10000, 1, 1}, CivilDate{2026, 1, -1}}) {
    EXPECT_FALSE(IsValid(date)) << ToText(date);
  }
}

TEST(CivilDate, ParsesItsOwnTextOnly) {
  EXPECT_EQ(ParseDate("2026-03-01"), (CivilDate{2026, 3, 1}));
  EXPECT_EQ(ToText({2026, 3, 1}), "2026-03-01");
  for (const auto* text : {"", "2026-3-01", "2026-03-1", "2026-02-29", "2026/03/01", "20260301", "2026-03-01 ", " 2026-03-01",
                           "+026-03-01", "2026-03-01T00"}) {
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
  }
}

TEST(ChinaDate, TurnsAtSixteenHoursUtc) {
  const Instant midnight = ChinaMidnight({2026, 3, 1});
  EXPECT_EQ(midnight.seconds(), 1'772'294'400);
  EXPECT_EQ(ChinaDate(midnight), (CivilDate{2026, 3, 1}));
  EXPECT_EQ(ChinaDate(Instant{midnight.us - 1}), (CivilDate{2026, 2, 28}));
  EXPECT_EQ(ChinaDate(midnight.PlusSeconds(86399)), (CivilDate{2026, 3, 1}));
  EXPECT_EQ(ChinaDate(midnight.PlusSeconds(86400)), (CivilDate{2026, 3, 2}));
  EXPECT_EQ(ChinaDate(Instant::FromSeconds(-8 * 3600 - 1)), (CivilDate{1969, 12, 31}));
}

TEST(Rfc3339, ReadsEveryOffset) {
  constexpr int64_t kMarchFirst = 1'772'323'200;  // 2026-03-01T00:00:00Z
  const struct {
    const char* text;
    int64_t us;
  } rows[] = {
      {"2026-03-01T00:00:00Z", kMarchFirst * 1'000'000},
      {"2026-03-01t00:00:00z", kMarchFirst * 1'000'000},
      {"2026-03-01T08:00:00+08:00", kMarchFirst * 1'000'000},
      {"2026-02-28T19:30:00-04:30", kMarchFirst * 1'000'000},
      {"2026-03-01T00:00:00-00:00", kMarchFirst * 1'000'000},
      {"2026-03-01T23:59:00+23:59", kMarchFirst * 1'000'000},
      {"2026-03-01T00:00:00.5Z", kMarchFirst * 1'000'000 + 500'000},
      {"2026-03-01T00:00:00.000001Z", kMarchFirst * 1'000'000 + 1},
      {"2026-03-01T00:00:00.0000019Z", kMarchFirst * 1'000'000 + 1},  // Finer than a microsecond is cut off.
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"2028-02-29T12:00:00Z", 1'835'438'400'000'000},
  };
  for (const auto& row : rows) {
    const auto at = ParseRfc3339(row.text);
    ASSERT_TRUE(at.has_value()) << row.text;
    EXPECT_EQ(at->us, row.us) << row.text;
  }
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const auto* text : {"",
                           "2026-03-01",
                           "2026-03-01T00:00:00",
                           "2026-03-01T00:00Z",
                           "2026-03-01 00:00:00Z",
                           "2026-03-01T24:00:00Z",
                           "2026-03-01T00:60:00Z",
                           "2026-12-31T23:59:60Z",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "0000-01-01T00:00:00Z",
                           "2026-03-01T00:00:00.Z",
                           "2026-03-01T00:00:00,5Z",
                           "2026-03-01T00:00:00+0800",
                           "2026-03-01T00:00:00+08",
                           "2026-03-01T00:00:00+24:00",
                           "2026-03-01T00:00:00+08:60",
                           "2026-03-01T00:00:00+8:00",
                           "2026-03-01T00:00:00Z ",
                           "2026-03-01T00:00:00ZZ",
                           " 2026-03-01T00:00:00Z",
                           "26-03-01T00:00:00Z",
                           "12026-03-01T00:00:00Z",
                           "2026-3-1T0:0:0Z",
                           "2026-03-01T-1:00:00Z",
                           "２026-03-01T00:00:00Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339, WritesChinaTimeInWholeSeconds) {
  EXPECT_EQ(ToRfc3339(Instant::FromSeconds(1'772'323'200)), "2026-03-01T08:00:00+08:00");
  EXPECT_EQ(ToRfc3339(Instant{1'772'323'199'999'999}), "2026-03-01T07:59:59+08:00");
  EXPECT_EQ(ToRfc3339(Instant{-1}), "1970-01-01T07:59:59+08:00");
  for (int64_t at = -60'000'000'000; at < 250'000'000'000; at += 1'234'567'891) {
    EXPECT_EQ(ParseRfc3339(ToRfc3339(Instant::FromSeconds(at))), Instant::FromSeconds(at));
  }
}

TEST(ManualClock, StandsStillUntilTold) {
  ManualClock clock(Instant::FromSeconds(10));
  EXPECT_EQ(clock.Now(), clock.Now());
  clock.Advance(5);
  EXPECT_EQ(clock.Now(), Instant::FromSeconds(15));
  clock.Set(Instant::FromSeconds(1));
  EXPECT_EQ(clock.Now(), Instant::FromSeconds(1));
}

}  // namespace
}  // namespace yukuai
