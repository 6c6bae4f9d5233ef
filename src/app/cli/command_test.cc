// SPDX-License-Identifier: Apache-2.0
#include "app/cli/command.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>

namespace yukuai::cli {
namespace {

struct Arguments {
  std::string hex;
  std::optional<std::string> at;
  bool json = false;
  int64_t count = 7;
};

struct Outcome {
  int code;
  std::string out;
  std::string err;
  Arguments arguments;
};

Outcome RunLine(std::vector<const char*> line) {
  const auto arguments = std::make_shared<Arguments>();
  Command verify{.name = "verify",
                 .summary = "Judge a code",
                 .examples = {"yukuai code verify --hex 80"},
                 .options = {{"--hex", "The code", &arguments->hex, true},
                             {"--at", "When", &arguments->at},
                             {"--count", "How many", &arguments->count},
                             {"--json", "Print facts as JSON", &arguments->json}},
                 .run =
                     [arguments](Streams streams) {
                       streams.out << "judged " << arguments->hex;
                       return kExitRefused;
                     },
                 .subcommands = {}};
  Command code{.name = "code", .summary = "Codes", .examples = {}, .options = {}, .run = {}, .subcommands = {verify}};
  Command program{
      .name = "yukuai", .summary = "One card, one code", .examples = {}, .options = {}, .run = {}, .subcommands = {code}};
  line.insert(line.begin(), "yukuai");
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = Run(program, static_cast<int>(line.size()), line.data(), {out, err});
  return {exit_code, out.str(), err.str(), *arguments};
}

TEST(Command, RunsTheLeafAndReturnsItsCode) {
  const Outcome outcome = RunLine({"code", "verify", "--hex", "80", "--at", "now", "--json", "--count", "9"});
  EXPECT_EQ(outcome.code, kExitRefused);
  EXPECT_EQ(outcome.out, "judged 80");
  EXPECT_EQ(outcome.arguments.at, "now");
  EXPECT_TRUE(outcome.arguments.json);
  EXPECT_EQ(outcome.arguments.count, 9);
}

TEST(Command, UsageErrorsAre64WithARemedy) {
  for (const auto& line : std::vector<std::vector<const char*>>{{},
                                                                {"code"},
                                                                {"nothing"},
                                                                {"code", "verify"},
                                                                {"code", "verify", "--hex", "80", "--unknown"},
                                                                {"code", "verify", "--hex", "80", "--count", "x"}}) {
    const Outcome outcome = RunLine(line);
    EXPECT_EQ(outcome.code, kExitUsage);
    EXPECT_NE(outcome.err.find("--help"), std::string::npos);
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Command, HelpShowsExamples) {
  const Outcome outcome = RunLine({"code", "verify", "--help"});
  EXPECT_EQ(outcome.code, kExitOk);
  EXPECT_NE(outcome.out.find("yukuai code verify --hex 80"), std::string::npos);
}

TEST(Report, EachKindHasItsExitCode) {
  const std::pair<Kind, int> rows[] = {{Kind::kMalformed, kExitDataErr},       {Kind::kUnauthenticated, kExitNoPermission},
                                       {Kind::kForbidden, kExitNoPermission},  {Kind::kNotFound, kExitNoInput},
                                       {Kind::kConflict, kExitRefused},        {Kind::kRefused, kExitRefused},
                                       {Kind::kLimited, kExitTempFail},        {Kind::kUnavailable, kExitUnavailable},
                                       {Kind::kUnknownOutcome, kExitTempFail}, {Kind::kInternal, kExitSoftware}};
  for (const auto& [kind, code] : rows) {
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(Report(Fault({kind, "some_slug"}, "what happened"), {out, err}), code);
    EXPECT_EQ(err.str(), "yukuai: some_slug: what happened\n");
  }
}

TEST(Report, SaysWhatToDoWhereTheCatalogueKnows) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(Report(Fault({Kind::kMalformed, "key_passphrase_missing"}, "seal"), {out, err}), kExitDataErr);
  EXPECT_EQ(err.str(),
            "yukuai: key_passphrase_missing: seal\n"
            "  There is no passphrase for the key files. Name a file with --seal-file, or have the service manager give the "
            "credential yukuai-seal.\n"
            "  没有密钥口令。请用 --seal-file 指定口令文件，或由服务管理器提供 yukuai-seal 凭据。\n");
}

}  // namespace
}  // namespace yukuai::cli
