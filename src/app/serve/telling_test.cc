// SPDX-License-Identifier: Apache-2.0
#include "app/serve/telling.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace yukuai::serve {
namespace {

constexpr Reason kDamaged{Kind::kInternal, "storage_corrupt"};

class TellingTest : public ::testing::Test {
 protected:
  ManualClock clock_{Instant::FromSeconds(1'772'323'200)};
  telemetry::MemoryLog log_{clock_};
  Telling telling_{log_, clock_};
};

TEST_F(TellingTest, AFaultOfOursIsFoundByTheRequestsNumber) {
  SeededEntropy entropy(1);
  const std::string request = RequestId::Make(clock_.Now(), 0, entropy).Text();
  telling_.Failed({"list_rides", request, Fault(kDamaged, "journeys_page: database disk image is malformed")});
  const std::string text = log_.text();
  for (const std::string& part : {request, std::string("storage_corrupt"), std::string("journeys_page")}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
  EXPECT_NE(telling_.Metrics({}).find("yukuai_failures_total{reason=\"storage_corrupt\"} 1"), std::string::npos);
}

TEST_F(TellingTest, GoodAnswersAreCountedAndNotLogged) {
  telling_.Observe({"list_rides", "req_x", 200, 1500, 0, 10});
  EXPECT_EQ(log_.text(), "");
  const std::string metrics = telling_.Metrics({.passages_waiting = 3, .codes_forgotten = 4, .connections = 2});
  for (const char* line : {"yukuai_terminal_codes_forgotten_early 4",
                           "yukuai_answers_total{route=\"list_rides\",status=\"200\"} 1", "yukuai_passages_waiting 3",
                           "yukuai_connections 2", "yukuai_answer_seconds_bucket{route=\"list_rides\",le=\"0.0025\"} 1"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line << "\n" << metrics;
  }
}

TEST_F(TellingTest, WhatTheWriterCountsIsCountedOnce) {
  telling_.Metrics({.writer = {10, 4, 0}});
  const std::string metrics = telling_.Metrics({.writer = {12, 5, 1}, .certificates = {{"tls", 86400}, {"institution", -3}}});
  for (const char* line :
       {"yukuai_writer_operations_total 12", "yukuai_writer_commits_total 5", "yukuai_writer_groups_spoiled_total 1",
        "yukuai_certificate_expires_seconds{certificate=\"tls\"} 86400",
        "yukuai_certificate_expires_seconds{certificate=\"institution\"} -3"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line << "\n" << metrics;
  }
}

TEST_F(TellingTest, LinesThatAStrangerCanCauseAreLimitedAndCounted) {
  for (int i = 0; i < 150; ++i) telling_.Failed({"stream_events", "req_x", Fault({Kind::kUnavailable, "streams_full"})});
  const std::string text = log_.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 100);
  const std::string metrics = telling_.Metrics({});
  EXPECT_NE(metrics.find("yukuai_log_lines_left_out_total 50"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("yukuai_failures_total{reason=\"streams_full\"} 150"), std::string::npos) << metrics;
  clock_.Advance(1);
  telling_.Observe({"list_rides", "req_x", 500, 1, 0, 0});
  EXPECT_GT(log_.text().size(), text.size());
}

TEST_F(TellingTest, ATaskThatFailedIsAWarning) {
  telling_.Trouble("root_not_sealed", Fault({Kind::kUnavailable, "storage_full"}));
  EXPECT_NE(log_.text().find("\"level\":\"warning\",\"event\":\"root_not_sealed\",\"reason\":\"storage_full\""),
            std::string::npos);
}

}  // namespace
}  // namespace yukuai::serve
