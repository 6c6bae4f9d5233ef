// SPDX-License-Identifier: Apache-2.0
// That the bench does the work it says and computes what it prints; no time is asserted, the stopwatch is told.
#include "app/bench_command/bench_command.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "app/bench_command/verification.h"

namespace yukuai::bench_command {
namespace {

namespace json = boost::json;

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

// Every look at the stopwatch is 100 ms after the one before: a slice is one look after 16 operations.
Outcome Measure(std::vector<const char*> arguments) {
  SeededEntropy entropy(5);
  std::chrono::nanoseconds at{0};
  const Stopwatch stopwatch = [&at] { return at += std::chrono::milliseconds(100); };
  const cli::Command program{
      .name = "yukuai", .summary = "", .examples = {}, .options = {}, .run = {}, .subcommands = {Bench(entropy, stopwatch)}};
  arguments.insert(arguments.begin(), {"yukuai", "bench", "verify"});
  std::ostringstream out, err;
  const int code = cli::Run(program, static_cast<int>(arguments.size()), arguments.data(), {out, err});
  return {code, out.str(), err.str()};
}

TEST(BenchCommand, AdmitsEveryCodeOfARound) {
  SeededEntropy entropy(1);
  WholeVerification work(entropy, 3);
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(work.Next()) << i;
}

TEST(BenchCommand, HoldsEverySignatureOfARound) {
  SeededEntropy entropy(1);
  BareVerification work(entropy, 3);
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(work.Next()) << i;
}

TEST(BenchCommand, AlternatesUntilTheTimeIsUp) {
  const Outcome outcome = Measure({"--seconds", "1", "--json"});
  ASSERT_EQ(outcome.code, cli::kExitOk) << outcome.err;
  const json::value value = json::parse(outcome.out);
  // Five slices of each side, a tenth of a second and 16 operations each.
  for (const char* side : {"whole_verification", "openssl_sm2_verify"}) {
    EXPECT_EQ(value.at(side).at("operations").to_number<int>(), 80) << side;
    EXPECT_DOUBLE_EQ(value.at(side).at("seconds").as_double(), 0.5) << side;
    EXPECT_DOUBLE_EQ(value.at(side).at("per_second").as_double(), 160) << side;
    EXPECT_FALSE(value.at(side).at("counted").as_string().empty()) << side;
  }
  EXPECT_DOUBLE_EQ(value.at("ratio").as_double(), 1);
}

TEST(BenchCommand, PrintsBothSidesTheRatioAndWhatWasCounted) {
  const std::string out = Measure({"--seconds", "1"}).out;
  EXPECT_NE(out.find("whole verification  160/s  (80 in 0.50 s)\n    parse, "), std::string::npos) << out;
  EXPECT_NE(out.find("OpenSSL SM2 verify  160/s  (80 in 0.50 s)\n    EVP_PKEY_verify"), std::string::npos) << out;
  EXPECT_NE(out.find("ratio               1.000 "), std::string::npos) << out;
}

TEST(BenchCommand, RefusesNoTimeAndTooMuch) {
  for (const char* seconds : {"0", "-1", "3601", "x"})
    EXPECT_EQ(Measure({"--seconds", seconds}).code, cli::kExitUsage) << seconds;
}

}  // namespace
}  // namespace yukuai::bench_command
