// SPDX-License-Identifier: Apache-2.0
#include "app/serve/expiry.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace yukuai::serve {
namespace {

const Instant kEnd = *ParseRfc3339("2026-12-01T00:00:00+08:00");

class ExpiryTest : public ::testing::Test {
 protected:
  // Lines written by a check so many seconds before the end.
  int64_t LinesAt(int64_t before) {
    const size_t known = log_.text().size();
    watch_.Check(kEnd.PlusSeconds(-before));
    const std::string text = log_.text().substr(known);
    last_ = text;
    return std::count(text.begin(), text.end(), '\n');
  }

  ManualClock clock_{kEnd};
  telemetry::MemoryLog log_{clock_};
  ExpiryWatch watch_{log_};
  std::string last_;
};

TEST_F(ExpiryTest, WarnsInTimeOnceADayAndAfterwards) {
  watch_.Set("tls", kEnd);
  const int64_t month = ExpiryWatch::kWarnSeconds;
  EXPECT_EQ(LinesAt(month + 1), 0);
  EXPECT_EQ(LinesAt(month), 1);
  EXPECT_NE(last_.find("\"event\":\"certificate_ends_soon\",\"certificate\":\"tls\",\"end\":\"2026-12-01T00:00:00+08:00\""),
            std::string::npos)
      << last_;
  EXPECT_EQ(LinesAt(month - 3600), 0);
  EXPECT_EQ(LinesAt(month - 86400), 1);
  EXPECT_EQ(LinesAt(1), 1);
  EXPECT_NE(last_.find("certificate_ends_soon"), std::string::npos);
  EXPECT_EQ(LinesAt(-86400), 1);
  EXPECT_NE(last_.find("\"level\":\"error\",\"event\":\"certificate_ended\""), std::string::npos) << last_;
}

TEST_F(ExpiryTest, ARenewedCertificateIsWarnedOfAnew) {
  watch_.Set("tls", kEnd);
  EXPECT_EQ(LinesAt(100), 1);
  watch_.Set("tls", kEnd);  // The same one, read again.
  EXPECT_EQ(LinesAt(99), 0);
  watch_.Set("tls", kEnd.PlusSeconds(86400));
  EXPECT_EQ(LinesAt(98), 1);
  watch_.Set("tls", kEnd.PlusSeconds(365 * 86400));
  EXPECT_EQ(LinesAt(97), 0);
}

TEST_F(ExpiryTest, TellsWhatIsLeft) {
  watch_.Set("tls", kEnd);
  watch_.Set("institution", kEnd.PlusSeconds(-50));
  const std::map<std::string, int64_t> expected = {{"institution", -40}, {"tls", 10}};
  EXPECT_EQ(watch_.Left(kEnd.PlusSeconds(-10)), expected);
}

}  // namespace
}  // namespace yukuai::serve
