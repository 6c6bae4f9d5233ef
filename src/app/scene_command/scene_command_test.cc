// SPDX-License-Identifier: Apache-2.0
#include "app/scene_command/scene_command.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "formats/scene_file/scene_file.h"

namespace yukuai::scene_command {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

class SceneCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            ("scene-command-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    fs::create_directories(root_);
    fs::copy(fs::path(YUKUAI_SOURCE_DIR) / "scenes" / "metro-bus", Folder(), fs::copy_options::recursive);
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string Folder() const { return (root_ / "metro-bus").string(); }
  void Append(const std::string& file, const std::string& text) { std::ofstream(Folder() + "/" + file, std::ios::app) << text; }

  Outcome Run(std::vector<std::string> words) {
    const cli::Command program{
        .name = "yukuai", .summary = "", .examples = {}, .options = {}, .run = {}, .subcommands = {Scene(clock_)}};
    words.insert(words.begin(), {"yukuai", "scene"});
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::Run(program, static_cast<int>(pointers.size()), pointers.data(), {out, err});
    return {code, out.str(), err.str()};
  }

  fs::path root_;
  ManualClock clock_{*ParseRfc3339("2026-03-01T08:00:00+08:00")};
};

TEST_F(SceneCommandTest, CheckSaysThatAllIsWell) {
  for (const std::string& folder : {Folder(), Folder() + "/"}) {
    const Outcome outcome = Run({"check", folder});
    EXPECT_EQ(outcome.code, cli::kExitOk) << outcome.out << outcome.err;
    EXPECT_EQ(outcome.out.substr(0, 25), "metro-bus@1: no problems;");
  }
}

TEST_F(SceneCommandTest, CheckNamesFileLineAndRemedy) {
  Append("scene.toml", "list_stail = { zh = \"甲\", en = \"a\" }\n");
  const Outcome outcome = Run({"check", Folder()});
  EXPECT_EQ(outcome.code, cli::kExitRefused);
  EXPECT_NE(outcome.out.find(Folder() + "/scene.toml:"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("unknown reason `list_stail`; write `list_stale`"), std::string::npos) << outcome.out;
  const Outcome as_json = Run({"check", Folder(), "--json"});
  EXPECT_EQ(as_json.code, cli::kExitRefused);
  const auto value = boost::json::parse(as_json.out);
  EXPECT_EQ(value.at(0).at("problems").at(0).at("file").as_string(), "scene.toml");
  EXPECT_GT(value.at(0).at("problems").at(0).at("line").as_int64(), 0);
}

TEST_F(SceneCommandTest, TestRunsTheTrials) {
  const Outcome outcome = Run({"test", Folder()});
  EXPECT_EQ(outcome.code, cli::kExitOk) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("all held"), std::string::npos) << outcome.out;
  const Outcome as_json = Run({"test", Folder(), "--json"});
  EXPECT_EQ(as_json.code, cli::kExitOk);
  EXPECT_GT(boost::json::parse(as_json.out).at(0).at("expectations").as_int64(), 100);
}

TEST_F(SceneCommandTest, TestFailsWhenOneTrialDoes) {
  Append("not-yet.trial", "scan P1 code at gate:CQB/out -> charged 9.00\n");
  const Outcome outcome = Run({"test", Folder()});
  EXPECT_EQ(outcome.code, cli::kExitRefused);
  EXPECT_NE(outcome.out.find(Folder() + "/not-yet.trial:7: expected charged 9.00; it was charged 3.00"), std::string::npos)
      << outcome.out;
}

TEST_F(SceneCommandTest, CompilePrintsABodyThatTerminalsRead) {
  const Outcome printed = Run({"compile", Folder()});
  EXPECT_EQ(printed.code, cli::kExitOk) << printed.err;
  const auto file = scene_file::Parse(printed.out.substr(0, printed.out.size() - 1));
  ASSERT_TRUE(file.ok()) << file.error().detail;
  EXPECT_EQ(file->id, "metro-bus");
  const std::string out = (root_ / "body.json").string();
  EXPECT_EQ(Run({"compile", Folder(), "--out", out}).code, cli::kExitOk);
  std::ifstream written(out);
  const std::string body((std::istreambuf_iterator<char>(written)), std::istreambuf_iterator<char>());
  EXPECT_EQ(body + "\n", printed.out);
}

TEST_F(SceneCommandTest, CompileRefusesWhatItCannot) {
  EXPECT_EQ(Run({"compile", Folder(), "--at", "2026-03-01T03:59:59+08:00"}).code, cli::kExitUnavailable);
  EXPECT_EQ(Run({"compile", Folder(), "--at", "yesterday"}).code, cli::kExitUsage);
  EXPECT_EQ(Run({"compile", Folder(), "--out", (root_ / "none" / "body.json").string()}).code, cli::kExitCantCreate);
  Append("scene.toml", "odd = 1\n");
  const Outcome outcome = Run({"compile", Folder()});
  EXPECT_EQ(outcome.code, cli::kExitDataErr);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("odd"), std::string::npos);
}

TEST_F(SceneCommandTest, MissingFoldersAndWordsAreErrors) {
  EXPECT_NE(Run({"check", (root_ / "none").string()}).code, cli::kExitOk);
  EXPECT_EQ(Run({"check"}).code, cli::kExitUsage);
  EXPECT_EQ(Run({"try", Folder()}).code, cli::kExitUsage);
  fs::create_directories(root_ / "empty");
  const Outcome empty = Run({"check", (root_ / "empty").string()});
  EXPECT_EQ(empty.code, cli::kExitRefused);
  EXPECT_NE(empty.out.find("scene.toml: missing"), std::string::npos) << empty.out;
}

}  // namespace
}  // namespace yukuai::scene_command
