// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "platform/telemetry/log.h"
#include "platform/telemetry/metrics.h"
#include "platform/telemetry/trace.h"

namespace yukuai::telemetry {
namespace {

TEST(Log, WritesOneObjectPerLine) {
  const ManualClock clock(Instant::FromSeconds(1'772'323'200));
  MemoryLog log(clock);
  const DeviceId device(ByteArray<16>{1});
  log.Write(Level::kInfo, "request_answered",
            {{"route", "rides_list"},
             {"status", 200},
             {"device", device},
             {"replayed", false},
             {"reason", Reason{Kind::kRefused, "code_expired"}},
             {"until", Instant::FromSeconds(1'772'323'200)}});
  EXPECT_EQ(log.text(),
            "{\"at\":\"2026-03-01T08:00:00+08:00\",\"level\":\"info\",\"event\":\"request_answered\",\"route\":\"rides_list\","
            "\"status\":200,\"device\":\"" +
                device.Text() +
                "\",\"replayed\":false,\"reason\":\"code_expired\","
                "\"until\":\"2026-03-01T08:00:00+08:00\"}\n");
}

TEST(Log, LetsNoStrangersTextIn) {
  for (const std::string_view text : {"张三", "a\",\"b", "two words", "A", "", "new\nline"}) {
    EXPECT_EQ(Slug(text).text(), "invalid") << text;
    EXPECT_EQ(IdText(text).text(), "invalid") << text;
  }
  EXPECT_EQ(Slug(std::string(64, 'a')).text(), std::string(64, 'a'));
  EXPECT_EQ(Slug(std::string(65, 'a')).text(), "invalid");
  EXPECT_EQ(IdText("110101199001011234").text(), "invalid");
  EXPECT_EQ(IdText("dev_01hv0000000000000000000000").text(), "dev_01hv0000000000000000000000");
}

TEST(Log, TellsTheDetailOfOurOwnFaultsOnly) {
  const ManualClock clock(Instant::FromSeconds(1'772'323'200));
  const auto said = [&clock](const Fault& fault) {
    MemoryLog log(clock);
    log.Write(Level::kError, "failed", {{"reason", fault}});
    return log.text();
  };
  const std::string ours =
      said(Fault({Kind::kInternal, "storage_defect"}, "insert_deed: near \"x\"\n\\" + std::string(500, 'y')));
  EXPECT_NE(ours.find("\"reason\":\"storage_defect\",\"detail\":\"insert_deed: near 'x'??y"), std::string::npos) << ours;
  EXPECT_LT(ours.size(), 400u);
  EXPECT_NE(said(Fault({Kind::kUnavailable, "storage_busy"}, "every reader")).find("every reader"), std::string::npos);
  const std::string theirs = said(Fault({Kind::kMalformed, "field_unknown"}, "/wang"));
  EXPECT_NE(theirs.find("field_unknown"), std::string::npos);
  EXPECT_EQ(theirs.find("wang"), std::string::npos);
}

TEST(Metrics, CountsPerSeriesAndBoundsTheirNumber) {
  Metrics metrics;
  auto& requests =
      metrics.AddCounters({.name = "http_requests_total", .help = "Answers.", .labels = {"route", "status"}, .series_max = 2});
  requests.With({"me", "200"}).Add();
  requests.With({"me", "200"}).Add(2);
  requests.With({"rides", "200"}).Add();
  requests.With({"third", "200"}).Add();
  requests.With({"fourth", "404"}).Add();
  metrics.AddGauges({.name = "connections", .help = "Open."}).With({}).Set(7);
  auto& seconds =
      metrics.AddHistograms({.name = "http_request_seconds", .help = "From head to answer.", .labels = {"route"}}, {0.01, 0.1});
  seconds.With({"me"}).Observe(0.05);
  const std::string text = metrics.Text();
  for (const char* line :
       {"http_requests_total{route=\"me\",status=\"200\"} 3", "http_requests_total{route=\"other\",status=\"other\"} 2",
        "connections 7", "http_request_seconds_bucket{route=\"me\",le=\"0.01\"} 0",
        "http_request_seconds_bucket{route=\"me\",le=\"0.1\"} 1", "# TYPE http_requests_total counter"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
  EXPECT_EQ(text.find("third"), std::string::npos);
}

TEST(TraceParent, IsReadStrictlyAndPassedOn) {
  constexpr std::string_view kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto trace = ParseTraceParent(kGood);
  ASSERT_TRUE(trace);
  EXPECT_EQ(TraceParent(*trace), kGood);
  SeededEntropy entropy(1);
  const std::string child = TraceParent(ChildOf(*trace, entropy));
  EXPECT_EQ(child.substr(0, 36), kGood.substr(0, 36));
  EXPECT_NE(child.substr(36, 16), kGood.substr(36, 16));
  EXPECT_TRUE(ParseTraceParent(TraceParent(StartTrace(entropy))));
  for (const std::string_view bad :
       {"", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g"}) {
    EXPECT_FALSE(ParseTraceParent(bad)) << bad;
  }
}

}  // namespace
}  // namespace yukuai::telemetry
