// SPDX-License-Identifier: Apache-2.0
// The ceremony from end to end, and papers that must not be believed.
#include "app/keys_command/keys_command.h"

#include <gtest/gtest.h>

#include <sstream>

#include "app/keys_command/papers.h"
#include "formats/code/verify.h"
#include "platform/host/host.h"
#include "platform/keys/keys.h"

namespace yukuai::keys_command {
namespace {

namespace fs = std::filesystem;
const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");
constexpr sealing::Cost kCheap{.log2_n = 4};
constexpr Reason kSettingsWrong{Kind::kMalformed, "settings_malformed"};

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

class KeysCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "yukuai-keys-command-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    WriteText("seal", "server words\n");
    WriteText("root-seal", "root words\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string In(const std::string& name) const { return (folder_ / name).string(); }
  void WriteText(const std::string& name, std::string_view text) {
    ASSERT_TRUE(host::WriteFileDurably(In(name), AsBytes(text)).ok());
  }
  std::string TextOf(const std::string& name) const { return std::string(AsText(*host::ReadFile(In(name), 1 << 16))); }

  Outcome Run(std::vector<std::string> words) {
    const FindSealFile find = [this](const Place& place) -> Result<fs::path> {
      if (place.config) return Fault(kSettingsWrong, *place.config);
      return fs::path(place.seal_file.value_or(In("seal")));
    };
    const cli::Command program{.name = "yukuai",
                               .summary = "",
                               .examples = {},
                               .options = {},
                               .run = {},
                               .subcommands = {Keys({clock_, entropy_, find, kCheap})}};
    words.insert(words.begin(), {"yukuai", "keys"});
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::Run(program, static_cast<int>(pointers.size()), pointers.data(), {out, err});
    return {code, out.str(), err.str()};
  }
  Outcome Init(const std::string& data = "data", const std::string& request = "request") {
    return Run({"init", "--data", In(data), "--institution", "65000001", "--request", In(request)});
  }
  Outcome Ceremony(const std::string& root = "root", const std::string& request = "request",
                   const std::string& certificate = "certificate") {
    return Run({"ceremony", "--out", In(root), "--seal-file", In("root-seal"), "--request", In(request), "--certificate",
                In(certificate)});
  }
  Outcome Install(std::vector<std::string> more = {}, const std::string& certificate = "certificate") {
    std::vector<std::string> words = {"install", "--data", In("data"), "--certificate", In(certificate)};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }

  ManualClock clock_{kNow};
  SeededEntropy entropy_{9};
  fs::path folder_;
};

TEST_F(KeysCommand, InitCeremonyAndInstallMakeACertificateThatVerifies) {
  ASSERT_EQ(Init().code, cli::kExitOk);
  const Outcome ceremony = Ceremony();
  ASSERT_EQ(ceremony.code, cli::kExitOk) << ceremony.err;
  EXPECT_NE(ceremony.out.find("2029-03"), std::string::npos);
  ASSERT_EQ(Install().code, cli::kExitOk);

  const Bytes certificate = *host::ReadFile(In("data/keys/certificate"), 4096);
  ASSERT_EQ(certificate.size(), code::kCertificateLength);
  const keys::RootRecord root = *keys::ParseRootRecord(TextOf("data/keys/root-record"));
  const keys::KeyStore store = *keys::KeyStore::Open(In("data/keys"), *keys::ReadPassphrase(In("seal")));

  // The judge is the verifier of codes, not the code that made the certificate.
  const auto user = sm2::PrivateKey::Generate(entropy_);
  code::TemplateContent content;
  std::copy(certificate.begin(), certificate.end(), content.certificate.begin());
  content.payment_account.fill('0');
  content.issuer = content.platform = *code::ParseDecimal4("65000001");
  content.user_key = user.public_key().compressed();
  content.authorisation_expiry = kNow.PlusSeconds(3600);
  const Bytes code_template = *code::BuildTemplate(content, store.issuer(), AsBytes(sm2::kDefaultId));
  const Bytes shown = *code::CompleteCode(code_template, kNow, user, AsBytes(sm2::kDefaultId));
  const code::Verifier verifier({}, code::RootKeys::ByIndex({{root.index, root.key, std::nullopt}}));
  const auto verdict = verifier.Verify(shown, kNow);
  EXPECT_TRUE(verdict.accepted()) << verdict.reason->slug;
}

TEST_F(KeysCommand, InitAgainUsesTheSameKeys) {
  ASSERT_EQ(Init().code, cli::kExitOk);
  ASSERT_EQ(Init("data", "request2").code, cli::kExitOk);
  EXPECT_EQ(ParseRequest(TextOf("request"))->issuer_key, ParseRequest(TextOf("request2"))->issuer_key);
}

TEST_F(KeysCommand, TheCeremonyUsesItsRootAgainAndCountsSerials) {
  ASSERT_EQ(Init().code, cli::kExitOk);
  ASSERT_EQ(Ceremony().code, cli::kExitOk);
  ASSERT_EQ(Ceremony("root", "request", "certificate2").code, cli::kExitOk);
  const Paper first = *ParsePaper(TextOf("certificate"));
  const Paper second = *ParsePaper(TextOf("certificate2"));
  EXPECT_EQ(first.root.key, second.root.key);
  EXPECT_NE(first.certificate, second.certificate);
  EXPECT_TRUE(fs::exists(In("root/issued/1")));
  EXPECT_TRUE(fs::exists(In("root/issued/2")));
}

TEST_F(KeysCommand, EveryRefusalIsNamed) {
  ASSERT_EQ(Init().code, cli::kExitOk);
  ASSERT_EQ(Ceremony().code, cli::kExitOk);
  const auto names = [](const Outcome& outcome, const Reason& reason) {
    EXPECT_NE(outcome.code, cli::kExitOk);
    EXPECT_NE(outcome.err.find(reason.slug), std::string::npos) << outcome.err;
  };
  // Another server's certificate.
  ASSERT_EQ(Init("data2", "request2").code, cli::kExitOk);
  ASSERT_EQ(Ceremony("root", "request2", "certificate2").code, cli::kExitOk);
  names(Install({}, "certificate2"), kPaperKey);
  // Another root, once one is installed; then on purpose.
  ASSERT_EQ(Install().code, cli::kExitOk);
  ASSERT_EQ(Ceremony("other-root", "request", "certificate3").code, cli::kExitOk);
  names(Install({}, "certificate3"), kPaperRoot);
  EXPECT_EQ(Install({"--replace-root"}, "certificate3").code, cli::kExitOk);
  // The month of expiry has passed: the first instant after it.
  clock_.Set({ChinaMidnight({2029, 4, 1}).us - 1});
  EXPECT_EQ(Install({"--replace-root"}).code, cli::kExitOk);
  clock_.Set(ChinaMidnight({2029, 4, 1}));
  names(Install(), kPaperExpired);
  // Passphrases and files.
  WriteText("root-seal", "other words");
  names(Ceremony(), keys::kKeyPassphraseWrong);
  WriteText("seal", "other words");
  names(Init(), keys::kKeyPassphraseWrong);
  names(Run({"show", "--data", In("nowhere")}), keys::kKeyFileMissing);
  WriteText("seal", "");
  names(Init(), keys::kPassphraseMissing);
  names(Run({"show", "--data", In("data"), "--config", "wrong.toml"}), kSettingsWrong);
}

TEST_F(KeysCommand, WrongOptionsAreUsageErrors) {
  EXPECT_EQ(Run({"init", "--data", In("data"), "--institution", "6500001"}).code, cli::kExitUsage);
  EXPECT_EQ(Run({"init", "--data", In("data")}).code, cli::kExitUsage);
  for (const char* wrong : {"--root-index=256", "--root-index=-1", "--years=0", "--years=21"}) {
    EXPECT_EQ(Run({"ceremony", "--out", In("root"), "--seal-file", In("root-seal"), "--request", In("request"), wrong}).code,
              cli::kExitUsage)
        << wrong;
  }
  EXPECT_FALSE(fs::exists(In("data")));
  EXPECT_FALSE(fs::exists(In("root")));
}

TEST_F(KeysCommand, ShowPrintsWhatIsPublicAndNothingElse) {
  ASSERT_EQ(Init().code, cli::kExitOk);
  const Outcome shown = Run({"show", "--data", In("data")});
  const keys::KeyStore store = *keys::KeyStore::Open(In("data/keys"), *keys::ReadPassphrase(In("seal")));
  for (const sm2::PrivateKey* key : {&store.issuer(), &store.log(), &store.list(), &store.rules()}) {
    EXPECT_NE(shown.out.find(ToHex(key->public_key().compressed())), std::string::npos);
    EXPECT_EQ(shown.out.find(ToHex(key->d().Expose())), std::string::npos);
  }
}

TEST_F(KeysCommand, AlteredPapersAreRefused) {
  ASSERT_EQ(Init().code, cli::kExitOk);
  ASSERT_EQ(Ceremony().code, cli::kExitOk);
  const std::string request = TextOf("request");
  const std::string paper = TextOf("certificate");
  ASSERT_TRUE(ParseRequest(request).ok());
  ASSERT_TRUE(ParsePaper(paper).ok());
  // One digit moved at any place: every bit of both papers counts. (A letter of hex in upper case is the same digit.)
  for (size_t at = 0; at < request.size(); ++at) {
    std::string altered = request;
    altered[at] = altered[at] == '1' ? '2' : '1';
    EXPECT_FALSE(ParseRequest(altered).ok()) << at;
  }
  for (size_t at = 0; at < paper.size(); ++at) {
    std::string altered = paper;
    altered[at] = altered[at] == '1' ? '2' : '1';
    EXPECT_FALSE(ParsePaper(altered).ok()) << at;
  }
  EXPECT_EQ(ParseRequest(request + "\n").error().reason, kRequestMalformed);
  EXPECT_EQ(ParsePaper(paper.substr(0, paper.size() - 1)).error().reason, kPaperMalformed);
  EXPECT_EQ(ParsePaper(request).error().reason, kPaperMalformed);
}

}  // namespace
}  // namespace yukuai::keys_command
