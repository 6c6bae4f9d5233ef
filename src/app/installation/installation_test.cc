// SPDX-License-Identifier: Apache-2.0
// When a data folder becomes a demo, and when it must not.
#include "app/installation/installation.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "platform/host/host.h"

namespace yukuai::installation {
namespace {

namespace fs = std::filesystem;

// The bytes between the two lines of a PEM file.
Bytes DerOf(const std::string& pem) {
  std::string digits;
  for (size_t at = pem.find('\n') + 1; at < pem.find("-----END"); ++at) {
    if (pem[at] != '\n') digits.push_back(pem[at]);
  }
  return FromBase64(digits).value();
}

class InstallationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "yukuai-installation-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    place_.data = folder_ / "data";
    settings_.issuer.profile = std::string(YUKUAI_SOURCE_DIR) + "/profiles/yukuai-demo.toml";
    settings_.paths.scenes = std::string(YUKUAI_SOURCE_DIR) + "/scenes";
  }
  void TearDown() override { fs::remove_all(folder_); }

  bool MakesDemo() { return PrepareDemo(settings_, place_, clock_, entropy_).value(); }
  std::string OpenSlug() {
    const auto opened = Installation::Open(settings_, place_, clock_, entropy_);
    return opened.ok() ? "" : std::string(opened.error().reason.slug);
  }
  void Write(const fs::path& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    ASSERT_TRUE(host::WriteFileDurably(file, AsBytes(text)).ok());
  }

  ManualClock clock_{Instant::FromSeconds(1'772'323'200)};
  SeededEntropy entropy_{3};
  settings::Settings settings_;
  Place place_;
  fs::path folder_;
};

TEST_F(InstallationTest, AnEmptyFolderBecomesADemoOnce) {
  // What a shell left there is no city yet.
  Write(place_.data / "serve.log", "");
  EXPECT_TRUE(MakesDemo());
  EXPECT_TRUE(fs::exists(place_.data / "root"));
  EXPECT_EQ(OpenSlug(), "");
  EXPECT_FALSE(MakesDemo());
}

TEST_F(InstallationTest, KeysThatWaitForTheirCertificateGetNoDemoRoot) {
  Write(place_.data / "seal", "server words\n");
  const auto passphrase = keys::ReadPassphrase(place_.data / "seal");
  ASSERT_TRUE(keys::KeyStore::Create(place_.data / "keys", *passphrase, entropy_, {.log2_n = 4}).ok());
  EXPECT_FALSE(MakesDemo());
  EXPECT_FALSE(fs::exists(place_.data / "root"));
  EXPECT_FALSE(fs::exists(place_.data / "keys" / "certificate"));
  EXPECT_EQ(OpenSlug(), "certificate_missing");
}

TEST_F(InstallationTest, ANamedPassphraseMeansARealCity) {
  place_.seal_file = (folder_ / "sael").string();
  EXPECT_FALSE(MakesDemo());
  EXPECT_FALSE(fs::exists(*place_.seal_file));
  EXPECT_EQ(OpenSlug(), "key_passphrase_missing");
  Write(*place_.seal_file, "server words\n");
  EXPECT_FALSE(MakesDemo());
  EXPECT_EQ(OpenSlug(), "key_file_missing");

  place_.seal_file.reset();
  settings_.paths.seal_file = (folder_ / "configured").string();
  EXPECT_FALSE(MakesDemo());
  EXPECT_FALSE(fs::exists(place_.data));
}

TEST_F(InstallationTest, ADatabaseWithoutItsKeysIsNoEmptyFolder) {
  Write(place_.data / "yukuai.db", "");
  EXPECT_FALSE(MakesDemo());
  EXPECT_EQ(OpenSlug(), "key_passphrase_missing");
}

TEST_F(InstallationTest, TlsFilesAreForTheNameOfTheServer) {
  settings_.server.url = "https://city.example:8443";
  EXPECT_TRUE(*PrepareTls(settings_, place_, clock_, entropy_));
  EXPECT_FALSE(*PrepareTls(settings_, place_, clock_, entropy_));
  const Bytes der = DerOf(std::string(AsText(*host::ReadFile(place_.data / "tls" / "certificate.pem", 1 << 16))));
  EXPECT_NE(AsText(der).find("city.example"), std::string_view::npos);
  EXPECT_NE(AsText(der).find("localhost"), std::string_view::npos);
  settings_.server.tls_certificate = settings_.server.tls_key = "of-an-authority.pem";
  fs::remove_all(place_.data / "tls");
  EXPECT_FALSE(*PrepareTls(settings_, place_, clock_, entropy_));
  EXPECT_FALSE(fs::exists(place_.data / "tls"));
}

}  // namespace
}  // namespace yukuai::installation
