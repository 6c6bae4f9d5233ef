// SPDX-License-Identifier: Apache-2.0
// The command line of `yukuai code`: exit codes and what is printed.
#include "app/code_command/code_command.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "formats/code/verify.h"

namespace yukuai::code_command {
namespace {

namespace json = boost::json;
constexpr std::string_view kVectorTime = "2029-12-31T08:26:40Z";

struct Outcome {
  int exit = 0;
  std::string out;
  std::string err;
  json::object Json() const { return json::parse(out).as_object(); }
};

class CodeCommandTest : public testing::Test {
 protected:
  static std::map<std::string, std::string> ReadVectors() {
    std::ifstream file(YUKUAI_SOURCE_DIR "/tests/vectors/transit-code.json");
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::map<std::string, std::string> out;
    const json::object parsed = json::parse(text).as_object();
    for (const auto& [key, value] : parsed) out[key] = value.as_string();
    return out;
  }
  Outcome Run(const std::vector<std::string>& words) const {
    cli::Command program{
        .name = "yukuai", .summary = "", .examples = {}, .options = {}, .run = {}, .subcommands = {Code(clock_)}};
    std::vector<const char*> line{"yukuai", "code"};
    for (const std::string& word : words) line.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    const int exit = cli::Run(program, static_cast<int>(line.size()), line.data(), {out, err});
    return {exit, out.str(), err.str()};
  }
  Outcome Verify(const std::string& hex, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{
        "verify", "--hex", hex, "--root-key", vectors_.at("root_pub"), "--at", std::string(kVectorTime)};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }
  static std::string Profile(const std::string& name) { return YUKUAI_SOURCE_DIR "/profiles/" + name + ".toml"; }

  std::map<std::string, std::string> vectors_ = ReadVectors();
  ManualClock clock_{*ParseRfc3339(kVectorTime)};
};

TEST_F(CodeCommandTest, AcceptsTheVectors) {
  for (const char* name : {"A_v80_x0", "B_v80_x32"}) {
    const Outcome outcome = Verify(vectors_.at(name));
    EXPECT_EQ(outcome.exit, 0) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.out.starts_with("accepted\n")) << outcome.out;
  }
  const std::string& c = vectors_.at("C_v81_shanghai_uids_x0");
  EXPECT_EQ(Verify(c, {"--profile", Profile("shanghai-test")}).exit, 0);
  EXPECT_EQ(Verify(c, {"--profile", Profile("shanghai")}).exit, 1);
  EXPECT_EQ(Verify(c).exit, 1);
}

TEST_F(CodeCommandTest, PrintsVerdictAndReasonAsJson) {
  const auto accepted = Verify(vectors_.at("A_v80_x0"), {"--json"}).Json();
  EXPECT_EQ(accepted.at("verdict"), "accepted");
  EXPECT_TRUE(accepted.at("reason").is_null());
  EXPECT_EQ(accepted.at("at"), "2029-12-31T16:26:40+08:00");
  EXPECT_EQ(accepted.at("not_checked"), (json::array{"root_index", "whitelist", "replay", "freeze_list", "rules"}));
  const auto refused = Verify(vectors_.at("C_v81_shanghai_uids_x0"), {"--json", "--profile", Profile("shanghai")}).Json();
  EXPECT_EQ(refused.at("verdict"), "refused");
  EXPECT_EQ(refused.at("reason"), "code_version");
  EXPECT_EQ(refused.at("check"), 2);
  EXPECT_EQ(refused.at("profile"), "shanghai");
}

TEST_F(CodeCommandTest, SaysWhatItDidNotCheck) {
  EXPECT_NE(Verify(vectors_.at("A_v80_x0")).out.find("not checked: root_index, whitelist, replay, freeze_list, rules\n"),
            std::string::npos);
}

TEST_F(CodeCommandTest, TheKeyMatchesAnyRootIndex) {
  // Byte 8 is the root index. The root's signature does not cover it, the issuer's does: the certificate is found good.
  std::string hex = vectors_.at("A_v80_x0");
  hex.replace(16, 2, "09");
  const auto verdict = Verify(hex, {"--json"}).Json();
  EXPECT_EQ(verdict.at("reason"), "issuer_signature");
}

TEST_F(CodeCommandTest, RefusesHexOfAnyWrongLength) {
  const std::string& good = vectors_.at("A_v80_x0");
  for (const std::string& hex :
       {std::string(), std::string("80"), good.substr(0, good.size() - 2), good + "00", good + std::string(2000, '0')}) {
    const Outcome outcome = Verify(hex, {"--json"});
    EXPECT_EQ(outcome.exit, 1) << hex.size() << outcome.err;
    const bool within = hex.size() / 2 >= 332 && hex.size() / 2 <= 364;
    EXPECT_EQ(outcome.Json().at("reason"), within ? "code_length_field" : "code_length") << hex.size();
  }
}

TEST_F(CodeCommandTest, UsageErrorsAre64) {
  const std::string& good = vectors_.at("A_v80_x0");
  const std::string& key = vectors_.at("root_pub");
  const std::vector<std::vector<std::string>> lines = {
      {"verify", "--hex", good.substr(1), "--root-key", key},
      {"verify", "--hex", "8g" + good.substr(2), "--root-key", key},
      {"verify", "--hex", "0x" + good, "--root-key", key},
      {"verify", "--hex", good, "--root-key", "04" + key.substr(2)},
      {"verify", "--hex", good, "--root-key", "02" + std::string(64, 'f')},
      {"verify", "--hex", good, "--root-key", key.substr(2)},
      {"verify", "--hex", good, "--root-key", "xy"},
      {"verify", "--hex", good, "--root-key", ""},
      {"verify", "--hex", good, "--root-key", key, "--at", "yesterday"},
      {"verify", "--hex", good, "--root-key", key, "--at", "2029-12-31T08:26:40"},
      {"verify", "--hex", good, "--root-key", key, "--at", "2029-02-29T08:26:40Z"},
      {"verify", "--hex", good, "--root-key", key, "--at", ""},
      {"verify", "--hex", good, "--root-key", key, "--what", "x"},
      {"verify", "--hex", good, "--root-key", key, "more"},
      {"verify", "--hex", good},
      {"verify", "--root-key", key},
      {"inspect"},
      {"inspect", "--hex", "8"},
      {"inspect", "--hex", "zz"},
      {"inspect", "--hex", good, "--root-key", key},
      {"judge"},
      {},
  };
  for (const auto& line : lines) {
    const Outcome outcome = Run(line);
    EXPECT_EQ(outcome.exit, 64) << testing::PrintToString(line) << outcome.out;
    EXPECT_FALSE(outcome.err.empty());
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(CodeCommandTest, ProfilesThatCannotBeReadAreNamed) {
  const Outcome missing = Verify(vectors_.at("A_v80_x0"), {"--profile", "/nonexistent/profile.toml"});
  EXPECT_EQ(missing.exit, 66);
  const Outcome wrong = Verify(vectors_.at("A_v80_x0"), {"--profile", YUKUAI_SOURCE_DIR "/tests/vectors/transit-code.json"});
  EXPECT_EQ(wrong.exit, 65);
  EXPECT_NE(wrong.err.find("transit-code.json: line "), std::string::npos) << wrong.err;
}

TEST_F(CodeCommandTest, TheTimeIsNowUnlessSaid) {
  const std::vector<std::string> words{"verify", "--hex", vectors_.at("A_v80_x0"), "--root-key", vectors_.at("root_pub")};
  EXPECT_EQ(Run(words).exit, 0);
  clock_.Advance(121);
  EXPECT_EQ(Run(words).out.substr(0, 21), "refused: code_expired");
}

TEST_F(CodeCommandTest, InspectPrintsEveryFieldOfRefusedCodesToo) {
  const std::string refused = "00" + vectors_.at("B_v80_x32").substr(2);
  const auto printed = Run({"inspect", "--hex", refused, "--json"}).Json();
  EXPECT_EQ(printed.at("length"), 364);
  std::string bytes;
  for (const auto& each : printed.at("fields").as_array()) {
    const auto& field = each.as_object();
    if (std::string_view(field.at("number").as_string()).find('.') == std::string_view::npos)
      bytes += field.at("hex").as_string();
    for (const char* key : {"name_zh", "name_en", "offset", "length", "meaning"}) EXPECT_TRUE(field.contains(key));
  }
  EXPECT_EQ(bytes, refused);

  const Outcome text = Run({"inspect", "--hex", vectors_.at("A_v80_x0").substr(0, 300)});
  EXPECT_EQ(text.exit, 0);
  EXPECT_NE(text.out.find("4\t120\t16\tpayment account 支付账户号\t"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("7\t150\t0\tplatform 发码平台编号\t-\tmissing\n"), std::string::npos) << text.out;
  EXPECT_EQ(Run({"inspect", "--hex", ""}).exit, 0);
}

}  // namespace
}  // namespace yukuai::code_command
