// SPDX-License-Identifier: Apache-2.0
#include "app/audit_command/audit_command.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "platform/host/host.h"
#include "platform/storage/scratch.h"

namespace yukuai::audit_command {
namespace {

namespace json = boost::json;

constexpr Instant kStart = Instant::FromSeconds(1'772'323'200);
const std::string kVectors = std::string(YUKUAI_SOURCE_DIR) + "/tests/vectors/audit/";

std::string TextOf(const std::string& path) {
  std::string text(AsText(host::ReadFile(path, 1 << 20).value()));
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

class AuditCommandTest : public testing::Test {
 protected:
  AuditCommandTest() {
    scratch_ = storage::Scratch::Open(audit::kSchema).value();
    folder_ = scratch_->folder();
  }

  Outcome Run(std::vector<std::string> words) {
    const OpenData open = [this](const DataPlace& place) -> Result<OpenedData> {
      if (place.folder != folder_.string()) return Fault(storage::kStorageUnavailable, place.folder);
      config_ = place.config;
      YUKUAI_ASSIGN(auto database, scratch_->OpenAgain());
      return OpenedData{std::move(database), keys_};
    };
    const cli::Command program{.name = "yukuai",
                               .summary = "",
                               .examples = {},
                               .options = {},
                               .run = {},
                               .subcommands = {Audit(clock_, entropy_, open)}};
    words.insert(words.begin(), {"yukuai", "audit"});
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::Run(program, static_cast<int>(pointers.size()), pointers.data(), {out, err});
    return {code, out.str(), err.str()};
  }
  Outcome Verify(const std::string& bundle, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"verify", "--bundle", bundle, "--log-key", TextOf(kVectors + "log-key.hex")});
    return Run(std::move(more));
  }
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    EXPECT_TRUE(host::WriteFileDurably(path, AsBytes(text)).ok());
    return path;
  }

  SeededEntropy entropy_{5};
  ManualClock clock_{kStart};
  audit::Keys keys_{audit_proof::MapSecret(ByteArray<32>{7}), sm2::PrivateKey::Generate(entropy_)};
  std::unique_ptr<storage::Scratch> scratch_;
  std::filesystem::path folder_;
  std::optional<std::string> config_;  // As the last command named it.
};

TEST_F(AuditCommandTest, VerifySaysOfEachCheckWhatHeld) {
  const Outcome alone = Verify(kVectors + "bundle.json");
  EXPECT_EQ(alone.code, 0);
  EXPECT_NE(alone.out.find("root_signature    held      root 2 is signed by the log key\n"), std::string::npos) << alone.out;
  EXPECT_NE(alone.out.find("remembered_root   not_asked "), std::string::npos) << alone.out;
  EXPECT_NE(alone.out.find("accepted: 4 entries under root 2 of "), std::string::npos) << alone.out;
  const Outcome with_memory = Verify(kVectors + "bundle.json", {"--remembered", kVectors + "remembered.json"});
  EXPECT_EQ(with_memory.code, 0);
  EXPECT_EQ(with_memory.out.find("not_asked"), std::string::npos) << with_memory.out;
}

TEST_F(AuditCommandTest, VerifyJsonCarriesWhatToRemember) {
  const Outcome outcome = Verify(kVectors + "bundle.json", {"--json"});
  const json::value value = json::parse(outcome.out);
  EXPECT_EQ(value.at("verdict").as_string(), "accepted");
  EXPECT_TRUE(value.at("reason").is_null());
  EXPECT_EQ(value.at("checks").as_array().size(), 9u);
  EXPECT_EQ(value.at("entries").as_array().size(), 4u);
  EXPECT_EQ(value.at("entries").at(3).at("details").as_string(), R"({"fare_fen":500})");
  const std::string kept = Write("kept.json", json::serialize(value.at("remember")));
  EXPECT_EQ(Verify(kVectors + "bundle.json", {"--remembered", kept}).code, 0);
}

TEST_F(AuditCommandTest, VerifyRefusesABundleWithoutOneEntry) {
  json::value bundle = json::parse(TextOf(kVectors + "bundle.json"));
  bundle.at("entries").as_array().erase(bundle.at("entries").as_array().begin() + 1);
  const std::string path = Write("short.json", json::serialize(bundle));
  const Outcome text = Verify(path);
  EXPECT_EQ(text.code, 1);
  EXPECT_NE(text.out.find("entry_missing     failed    3 entries are here, the root counts 4\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("refused: entry_missing\n"), std::string::npos) << text.out;
  const json::value value = json::parse(Verify(path, {"--json"}).out);
  EXPECT_EQ(value.at("verdict").as_string(), "refused");
  EXPECT_EQ(value.at("reason").as_string(), "entry_missing");
  EXPECT_FALSE(value.as_object().contains("remember"));
  EXPECT_FALSE(value.as_object().contains("entries"));
}

TEST_F(AuditCommandTest, VerifyRefusesWhatIsNoBundleAndNoMemory) {
  const std::string nothing = Write("nothing.json", "{}");
  EXPECT_EQ(Verify(nothing).code, 1);
  EXPECT_EQ(Verify(nothing).out, "refused: bundle_malformed: form\n");
  EXPECT_EQ(json::parse(Verify(nothing, {"--json"}).out).at("reason").as_string(), "bundle_malformed");
  EXPECT_EQ(Verify(kVectors + "bundle.json", {"--remembered", nothing}).out, "refused: remembered_malformed: form\n");
  const std::string large = Write("large.json", std::string(5000, ' '));
  EXPECT_EQ(Verify(kVectors + "bundle.json", {"--remembered", large}).code, 1);
}

TEST_F(AuditCommandTest, VerifyTellsUsageFromMissingFiles) {
  const std::string bundle = kVectors + "bundle.json";
  for (const std::string& key : {std::string(), std::string("zz"), std::string("02"), std::string("0x02"), std::string(66, 'f'),
                                 "02" + std::string(64, 'f')}) {
    EXPECT_EQ(Run({"verify", "--bundle", bundle, "--log-key", key}).code, 64) << key;
  }
  EXPECT_EQ(Run({"verify", "--bundle", bundle}).code, 64);
  EXPECT_EQ(Verify(bundle, {"--unknown"}).code, 64);
  EXPECT_EQ(Verify((folder_ / "absent.json").string()).code, 66);
  EXPECT_EQ(Verify(bundle, {"--remembered", (folder_ / "absent.json").string()}).code, 66);
  EXPECT_EQ(Verify(folder_.string()).code, 66);
}

TEST_F(AuditCommandTest, CheckFindsWhatWasChangedBehindTheLog) {
  const PersonId person(ByteArray<16>{9});
  ASSERT_TRUE(scratch_->database()
                  .Transact([&](storage::Transaction& transaction) -> Result<void> {
                    audit::Log log(keys_, entropy_);
                    YUKUAI_TRY(log.Append(transaction, {person, "enrolled", "person", "", ""}, kStart));
                    return {};
                  })
                  .ok());
  ASSERT_EQ(Run({"seal", "--data", folder_.string()}).code, 0);
  EXPECT_EQ(Run({"check", "--data", folder_.string()}).code, 0);
  EXPECT_EQ(Run({"check", "--data", folder_.string(), "--config", "city.toml"}).code, 0);
  EXPECT_EQ(config_, "city.toml");
  EXPECT_EQ(json::parse(Run({"check", "--data", folder_.string(), "--json"}).out).at("consistent").as_bool(), true);
  ASSERT_TRUE(scratch_->database()
                  .Transact([&](storage::Transaction& transaction) -> Result<void> {
                    static constexpr storage::Sql kChange{"change", "UPDATE audit_entry SET sequence = 2"};
                    YUKUAI_TRY(transaction.Execute(kChange, {}));
                    return {};
                  })
                  .ok());
  const Outcome text = Run({"check", "--data", folder_.string()});
  EXPECT_EQ(text.code, 1);
  EXPECT_TRUE(text.out.starts_with("inconsistent: ")) << text.out;
  const json::value value = json::parse(Run({"check", "--data", folder_.string(), "--json"}).out);
  EXPECT_FALSE(value.at("consistent").as_bool());
  EXPECT_FALSE(value.at("finding").as_string().empty());
  EXPECT_EQ(Run({"check", "--data", "/nowhere"}).code, 69);
}

TEST_F(AuditCommandTest, HistoryShowsWhatIsRecordedOfATerminal) {
  const TerminalId gate = TerminalId::Make(kStart, 3, entropy_);
  const StaffId clerk = StaffId::Make(kStart, 3, entropy_);
  audit::Log log(keys_, entropy_);
  for (const char* action : {"terminal_added", "terminal_enrolled"}) {
    ASSERT_TRUE(scratch_->database()
                    .Transact([&](storage::Transaction& transaction) -> Result<void> {
                      YUKUAI_TRY(log.Append(transaction, {gate, action, "system", "tram", "{}"}, kStart));
                      return {};
                    })
                    .ok());
  }
  const Outcome text = Run({"history", "--data", folder_.string(), "--of", gate.Text()});
  EXPECT_EQ(text.code, 0);
  EXPECT_EQ(text.out,
            "2026-03-01T08:00:00+08:00  terminal_enrolled  by system  in tram  {}\n"
            "2026-03-01T08:00:00+08:00  terminal_added  by system  in tram  {}\n");
  const Outcome lines = Run({"history", "--data", folder_.string(), "--of", gate.Text(), "--json"});
  EXPECT_EQ(json::parse(lines.out.substr(0, lines.out.find('\n'))).at("sequence").as_int64(), 2);
  EXPECT_EQ(Run({"history", "--data", folder_.string(), "--of", clerk.Text()}).out, "");
  const PersonId person = PersonId::Make(kStart, 3, entropy_);
  for (const std::string& wrong : {std::string("ter_"), person.Text()}) {
    EXPECT_EQ(Run({"history", "--data", folder_.string(), "--of", wrong}).code, cli::kExitUsage) << wrong;
  }
}

TEST_F(AuditCommandTest, SealMakesTheNextRoot) {
  const Outcome first = Run({"seal", "--data", folder_.string()});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_TRUE(first.out.starts_with("root 1 of 2026-03-01T08:00:00+08:00, hash ")) << first.out;
  const json::value second = json::parse(Run({"seal", "--data", folder_.string(), "--json"}).out);
  EXPECT_EQ(second.at("root_number").as_int64(), 2);
  const audit::Log log(keys_, entropy_);
  const auto root = log.LatestRoot(*scratch_->database().Read().value());
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(ToBase64Url(audit_proof::EncodeRoot(*root)), std::string_view(second.at("root").as_string()));
  EXPECT_EQ(Run({"seal", "--data", "/nowhere"}).code, 69);
}

}  // namespace
}  // namespace yukuai::audit_command
