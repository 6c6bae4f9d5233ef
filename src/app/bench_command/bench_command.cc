// SPDX-License-Identifier: Apache-2.0
// Measuring, see bench_command.h.
#include "app/bench_command/bench_command.h"

#include <boost/json.hpp>
#include <cstdio>
#include <ostream>

#include "app/bench_command/verification.h"

namespace yukuai::bench_command {
namespace json = boost::json;
namespace {

using cli::Streams;
using std::chrono::nanoseconds;

constexpr size_t kInputs = 256;  // Of each side: more keys than any cache near the processor holds.
constexpr nanoseconds kSlice = std::chrono::milliseconds(100);  // Short against changes of the machine's load.
constexpr int64_t kSecondsMax = 3600;
constexpr std::string_view kWholeIs =
    "parse, cheap checks, remembered certificate, issuer's and user's SM2 signatures (user key new each time), freeze list, "
    "scene decision; no record written";
constexpr std::string_view kBareIs = "EVP_PKEY_verify of one SM2 signature on a ready digest, key imported beforehand";

struct Options {
  int64_t seconds = 10;
  bool as_json = false;
};

struct Side {
  uint64_t operations = 0;
  nanoseconds time{0};
  bool failed = false;
  double PerSecond() const { return static_cast<double>(operations) * 1e9 / static_cast<double>(time.count()); }
};

template <typename Work>
void RunSlice(Work& work, const Stopwatch& stopwatch, Side& side) {
  constexpr int kBetweenLooks = 16;  // Looking at the clock costs next to nothing, but not nothing.
  const nanoseconds start = stopwatch();
  nanoseconds spent{0};
  while (spent < kSlice) {
    for (int i = 0; i < kBetweenLooks; ++i) side.failed |= !work.Next();
    side.operations += kBetweenLooks;
    spent = stopwatch() - start;
  }
  side.time += spent;
}

std::string Rounded(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

void Print(const Side& whole, const Side& bare, Streams streams) {
  const auto line = [&streams](std::string_view what, const Side& side, std::string_view is) {
    streams.out << what << Rounded(side.PerSecond(), 0) << "/s  (" << side.operations << " in "
                << Rounded(static_cast<double>(side.time.count()) / 1e9, 2) << " s)\n    " << is << "\n";
  };
  line("whole verification  ", whole, kWholeIs);
  line("OpenSSL SM2 verify  ", bare, kBareIs);
  streams.out << "ratio               " << Rounded(whole.PerSecond() / bare.PerSecond(), 3)
              << " whole verifications for each bare one, one thread\n";
}

void PrintJson(const Side& whole, const Side& bare, Streams streams) {
  const auto side = [](const Side& of, std::string_view is) {
    return json::object{{"per_second", of.PerSecond()},
                        {"operations", of.operations},
                        {"seconds", static_cast<double>(of.time.count()) / 1e9},
                        {"counted", is}};
  };
  streams.out << json::serialize(json::object{{"bench", "verify"},
                                              {"whole_verification", side(whole, kWholeIs)},
                                              {"openssl_sm2_verify", side(bare, kBareIs)},
                                              {"ratio", whole.PerSecond() / bare.PerSecond()},
                                              {"threads", 1}})
              << "\n";
}

int RunVerify(const Options& options, Entropy& entropy, const Stopwatch& stopwatch, Streams streams) {
  if (options.seconds < 1 || options.seconds > kSecondsMax) {
    streams.err << "yukuai: --seconds is 1.." << kSecondsMax << "\n";
    return cli::kExitUsage;
  }
  WholeVerification whole_work(entropy, kInputs);
  BareVerification bare_work(entropy, kInputs);
  // A round of each before the clock starts: the certificate is remembered, the pages are there.
  bool good = true;
  for (size_t i = 0; i < kInputs; ++i) good &= whole_work.Next() && bare_work.Next();
  Side whole;
  Side bare;
  while (good && whole.time + bare.time < std::chrono::seconds(options.seconds)) {
    RunSlice(whole_work, stopwatch, whole);
    RunSlice(bare_work, stopwatch, bare);
    good = !whole.failed && !bare.failed;
  }
  if (!good) {
    streams.err << "yukuai: a good code or signature was refused; nothing was measured\n";
    return cli::kExitSoftware;
  }
  (options.as_json ? PrintJson : Print)(whole, bare, streams);
  return cli::kExitOk;
}

}  // namespace

cli::Command Bench(Entropy& entropy, Stopwatch stopwatch) {
  const auto options = std::make_shared<Options>();
  cli::Command verify{.name = "verify",
                      .summary = "Codes that one core verifies a second, beside bare SM2 verifications in the same run",
                      .examples = {"yukuai bench verify", "yukuai bench verify --seconds 60 --json"},
                      .options = {{"--seconds", "How long to measure, both sides together", &options->seconds},
                                  {"--json", "Print the figures as JSON", &options->as_json}},
                      .run = [options, &entropy, stopwatch = std::move(stopwatch)](
                                 Streams streams) { return RunVerify(*options, entropy, stopwatch, streams); },
                      .subcommands = {}};
  return {.name = "bench",
          .summary = "Measure this machine beside an anchor",
          .examples = {},
          .options = {},
          .run = {},
          .subcommands = {std::move(verify)}};
}

}  // namespace yukuai::bench_command
