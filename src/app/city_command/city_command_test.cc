// SPDX-License-Identifier: Apache-2.0
// What an operator types about gates: what is refused, and with which words.
#include "app/city_command/city_command.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "platform/host/host.h"
#include "platform/storage/storage.h"
#include "registers/terminals/terminals.h"

namespace yukuai::city_command {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

// One demo city for all: making keys takes a second.
class CityCommand : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = (fs::temp_directory_path() / "yukuai-city-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    const std::string source = YUKUAI_SOURCE_DIR;
    const std::string toml =
        "[issuer]\nprofile = \"" + source + "/profiles/yukuai-demo.toml\"\n[paths]\nscenes = \"" + source + "/scenes\"\n";
    ASSERT_TRUE(host::WriteFileDurably(fs::path(folder_) / "city.toml", AsBytes(toml)).ok());
    const Outcome made = Run({"city", "generate", "--residents", "3", "--json"});
    ASSERT_EQ(made.code, cli::kExitOk) << made.err;
    gate_ = json::parse(made.out).at("terminals").at(0);
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static Outcome Run(std::vector<std::string> words) {
    static const ManualClock clock(Instant::FromSeconds(1'772'323'200));
    SeededEntropy entropy(6);
    const cli::Command program{.name = "yukuai",
                               .summary = "",
                               .examples = {},
                               .options = {},
                               .run = {},
                               .subcommands = {City(clock, entropy), Ledger(clock), Terminal(clock, entropy)}};
    words.insert(words.begin(), "yukuai");
    words.insert(words.end(), {"--data", folder_ + "/data", "--config", folder_ + "/city.toml"});
    std::vector<const char*> line;
    for (const std::string& word : words) line.push_back(word.c_str());
    std::ostringstream out, err;
    const int code = cli::Run(program, static_cast<int>(line.size()), line.data(), {out, err});
    return {code, out.str(), err.str()};
  }
  static std::string Fact(const char* name) { return std::string(std::string_view(gate_.at(name).as_string())); }

  static inline std::string folder_;
  static inline json::value gate_;
};

TEST_F(CityCommand, AGateStandsWhereItsSceneHasAPlace) {
  const Outcome added =
      Run({"terminal", "add", "--scene", Fact("scene"), "--point", Fact("point"), "--direction", "in", "--json"});
  ASSERT_EQ(added.code, cli::kExitOk) << added.err;
  EXPECT_TRUE(json::parse(added.out).as_object().contains("token"));

  const Outcome nowhere = Run({"terminal", "add", "--scene", Fact("scene"), "--point", "Nowhere"});
  EXPECT_EQ(nowhere.code, cli::kExitUsage);
  EXPECT_NE(nowhere.err.find(Fact("point")), std::string::npos) << "the places that exist are named: " << nowhere.err;
  const Outcome elsewhere = Run({"terminal", "add", "--scene", "elsewhere", "--point", Fact("point")});
  EXPECT_EQ(elsewhere.code, cli::kExitUsage);
  EXPECT_NE(elsewhere.err.find(Fact("scene")), std::string::npos) << elsewhere.err;
  for (const char* direction : {"inn", "IN"}) {
    const Outcome wrong =
        Run({"terminal", "add", "--scene", Fact("scene"), "--point", Fact("point"), "--direction=" + std::string(direction)});
    EXPECT_EQ(wrong.code, cli::kExitUsage) << direction;
    EXPECT_NE(wrong.err.find("in, out or both"), std::string::npos) << wrong.err;
  }
}

TEST_F(CityCommand, ATerminalIsDisabledAndEnabledAgain) {
  const auto enabled = [] {
    const auto database = storage::OpenSqlite(folder_ + "/data/yukuai.db").value();
    return terminals::Load(**database->Read(), *TerminalId::Parse(Fact("terminal_id")))->enabled;
  };
  const auto entries = [] {
    const auto database = storage::OpenSqlite(folder_ + "/data/yukuai.db").value();
    return (*database->Read())->QueryOne({"count_audit", "SELECT count(*) FROM audit_entry"}, {}).value()->at(0).Int();
  };
  const int64_t before = entries();
  ASSERT_EQ(Run({"terminal", "disable", "--id", Fact("terminal_id")}).code, cli::kExitOk);
  EXPECT_FALSE(enabled());
  ASSERT_EQ(Run({"terminal", "enable", "--id", Fact("terminal_id")}).code, cli::kExitOk);
  EXPECT_TRUE(enabled());
  EXPECT_EQ(Run({"terminal", "disable", "--id", "gate-1"}).code, cli::kExitUsage);
  const Outcome unknown = Run({"terminal", "disable", "--id", TerminalId(ByteArray<16>{9}).Text()});
  EXPECT_EQ(unknown.code, cli::kExitNoInput);
  EXPECT_NE(unknown.err.find(terminals::kTerminalUnknown.slug), std::string::npos) << unknown.err;
  EXPECT_EQ(entries(), before + 2) << "what was done, and nothing else, stands in the log";
}

TEST_F(CityCommand, GeneratingAgainAddsNobody) {
  const Outcome before = Run({"ledger", "verify", "--json"});
  ASSERT_EQ(before.code, cli::kExitOk) << before.out;
  ASSERT_EQ(Run({"city", "generate", "--residents", "3"}).code, cli::kExitOk);
  EXPECT_EQ(Run({"ledger", "verify", "--json"}).out, before.out);
  EXPECT_EQ(Run({"city", "generate", "--residents", "0"}).code, cli::kExitUsage);
}

TEST_F(CityCommand, MadeUpResidentsStayOutOfARealCity) {
  fs::rename(folder_ + "/data/root", folder_ + "/root-elsewhere");
  const Outcome refused = Run({"city", "generate", "--residents", "3"});
  fs::rename(folder_ + "/root-elsewhere", folder_ + "/data/root");
  EXPECT_EQ(refused.code, cli::kExitRefused);
  EXPECT_NE(refused.err.find(kCityNotDemo.slug), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace yukuai::city_command
