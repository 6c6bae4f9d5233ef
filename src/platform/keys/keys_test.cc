// SPDX-License-Identifier: Apache-2.0
// Key files: they come back as they were, and every way in which they can be wrong has its reason.
#include "platform/keys/keys.h"

#include <gtest/gtest.h>

#include <fstream>

#include "platform/host/host.h"
#include "platform/keys/root_key.h"
#include "platform/keys/staff_key.h"

namespace yukuai::keys {
namespace {

constexpr sealing::Cost kCheap{.log2_n = 4};

Passphrase Words(std::string_view text) { return Passphrase(ToBytes(text)); }

class Keys : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "yukuai-keys-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Flip(const std::filesystem::path& file, size_t at) {
    Bytes content = *host::ReadFile(file, 4096);
    content.at(at) ^= 1;
    ASSERT_TRUE(host::WriteFileDurably(file, content).ok());
  }
  std::filesystem::path File(Purpose purpose) const { return store_folder() / (std::string(PurposeText(purpose)) + ".key"); }
  std::filesystem::path store_folder() const { return folder_ / "data" / "keys"; }

  SeededEntropy entropy_{3};
  std::filesystem::path folder_;
};

TEST_F(Keys, ComeBackAsTheyWereMade) {
  EXPECT_FALSE(KeyStore::Exists(store_folder()));
  const KeyStore made = *KeyStore::Create(store_folder(), Words("correct horse"), entropy_, kCheap);
  EXPECT_TRUE(KeyStore::Exists(store_folder()));
  const KeyStore opened = *KeyStore::Open(store_folder(), Words("correct horse"));
  EXPECT_EQ(opened.issuer().public_key(), made.issuer().public_key());
  EXPECT_EQ(opened.log().public_key(), made.log().public_key());
  EXPECT_EQ(opened.list().public_key(), made.list().public_key());
  EXPECT_EQ(opened.rules().public_key(), made.rules().public_key());
  EXPECT_EQ(opened.alias().Expose(), made.alias().Expose());
  EXPECT_EQ(opened.card_number().Expose(), made.card_number().Expose());
  EXPECT_EQ(opened.blind_index().Expose(), made.blind_index().Expose());
  EXPECT_EQ(opened.data().Expose(), made.data().Expose());
  EXPECT_EQ(opened.map().Expose(), made.map().Expose());
  EXPECT_NE(opened.alias().Expose(), opened.data().Expose());
}

TEST_F(Keys, AreReadableByTheirOwnerAlone) {
  ASSERT_TRUE(KeyStore::Create(store_folder(), Words("x"), entropy_, kCheap).ok());
  for (const auto& entry : std::filesystem::directory_iterator(store_folder())) {
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(entry.status().permissions() & others, std::filesystem::perms::none) << entry.path();
  }
}

TEST_F(Keys, AreNeverReplaced) {
  ASSERT_TRUE(KeyStore::Create(store_folder(), Words("x"), entropy_, kCheap).ok());
  EXPECT_EQ(KeyStore::Create(store_folder(), Words("x"), entropy_, kCheap).error().reason, kKeysExist);
  // A folder that lost its seal still may hold all that is left of a city's keys.
  std::filesystem::remove(store_folder() / "seal.key");
  EXPECT_EQ(KeyStore::Create(store_folder(), Words("x"), entropy_, kCheap).error().reason, kKeysExist);
  EXPECT_EQ(KeyStore::Open(store_folder(), Words("x")).error().reason, kKeyFileMissing);
}

TEST_F(Keys, AWrongPassphraseOpensNothing) {
  ASSERT_TRUE(KeyStore::Create(store_folder(), Words("right"), entropy_, kCheap).ok());
  EXPECT_EQ(KeyStore::Open(store_folder(), Words("wrong")).error().reason, kKeyPassphraseWrong);
  EXPECT_EQ(KeyStore::Open(store_folder(), Words("")).error().reason, kKeyPassphraseWrong);
  EXPECT_EQ(KeyStore::Create(folder_ / "other", Words(""), entropy_, kCheap).error().reason, kPassphraseMissing);
}

TEST_F(Keys, EveryDamagedFileIsNamed) {
  ASSERT_TRUE(KeyStore::Create(store_folder(), Words("x"), entropy_, kCheap).ok());
  for (const Purpose purpose : Purposes()) {
    Flip(File(purpose), 30);
    const auto opened = KeyStore::Open(store_folder(), Words("x"));
    ASSERT_FALSE(opened.ok()) << PurposeText(purpose);
    EXPECT_EQ(opened.error().reason, kKeyFileDamaged);
    EXPECT_EQ(opened.error().detail, File(purpose).string());
    Flip(File(purpose), 30);

    std::filesystem::rename(File(purpose), folder_ / "aside");
    EXPECT_EQ(KeyStore::Open(store_folder(), Words("x")).error().reason, kKeyFileMissing) << PurposeText(purpose);
    std::filesystem::rename(folder_ / "aside", File(purpose));
  }
  EXPECT_TRUE(KeyStore::Open(store_folder(), Words("x")).ok());
  Flip(store_folder() / "seal.key", 0);
  EXPECT_EQ(KeyStore::Open(store_folder(), Words("x")).error().reason, kKeyFileDamaged);
}

TEST_F(Keys, AFileUnderAnotherPurposesNameDoesNotOpen) {
  ASSERT_TRUE(KeyStore::Create(store_folder(), Words("x"), entropy_, kCheap).ok());
  std::filesystem::copy_file(File(Purpose::kAlias), File(Purpose::kData), std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(KeyStore::Open(store_folder(), Words("x")).error().reason, kKeyFileDamaged);
}

TEST_F(Keys, APassphraseFileMayEndItsLine) {
  const auto file = folder_ / "seal";
  EXPECT_EQ(ReadPassphrase(file).error().reason, kPassphraseMissing);
  for (const std::string& empty : {std::string(), std::string("\n"), std::string("\r\n")}) {
    ASSERT_TRUE(host::WriteFileDurably(file, ToBytes(empty)).ok());
    EXPECT_EQ(ReadPassphrase(file).error().reason, kPassphraseMissing);
  }
  ASSERT_TRUE(host::WriteFileDurably(file, ToBytes("two words\r\n")).ok());
  EXPECT_EQ(ReadPassphrase(file)->Expose(), ToBytes("two words"));
}

TEST_F(Keys, TheRootComesBackWithItsOwnRecord) {
  const auto root_folder = folder_ / "root";
  const RootKey made = *RootKey::Create(root_folder, 7, Words("x"), entropy_, kCheap);
  EXPECT_EQ(RootKey::Create(root_folder, 7, Words("x"), entropy_, kCheap).error().reason, kKeysExist);
  const RootKey opened = *RootKey::Open(root_folder, Words("x"));
  EXPECT_EQ(opened.key().public_key(), made.key().public_key());
  EXPECT_EQ(opened.record().index, 7);
  EXPECT_EQ(RootKey::Open(root_folder, Words("y")).error().reason, kKeyPassphraseWrong);
  EXPECT_EQ(RootKey::Open(folder_, Words("x")).error().reason, kKeyFileMissing);
  const RootRecord other{7, sm2::PrivateKey::Generate(entropy_).public_key()};
  ASSERT_TRUE(host::WriteFileDurably(root_folder / "root-record", ToBytes(RootRecordText(other))).ok());
  EXPECT_EQ(RootKey::Open(root_folder, Words("x")).error().reason, kRootRecordMalformed);
}

TEST_F(Keys, ARootRecordReadsOnlyWhatItWrites) {
  const RootRecord record{255, sm2::PrivateKey::Generate(entropy_).public_key()};
  const std::string text = RootRecordText(record);
  EXPECT_EQ(ParseRootRecord(text)->key, record.key);
  EXPECT_EQ(ParseRootRecord(text)->index, 255);
  const std::string hex = ToHex(record.key.compressed());
  for (const std::string& wrong : {std::string(), text.substr(1), text + "\n", text.substr(0, text.size() - 1),
                                   "yukuai root record\n256\n" + hex + "\n", "yukuai root record\n-1\n" + hex + "\n",
                                   "yukuai root record\n\n" + hex + "\n", "yukuai root record\n1\n04" + hex.substr(2) + "\n"}) {
    EXPECT_EQ(ParseRootRecord(wrong).error().reason, kRootRecordMalformed) << wrong;
  }
}

TEST_F(Keys, AClerksKeySignsAfterItsFileWasRead) {
  const auto file = folder_ / "clerk.key";
  EXPECT_EQ(ReadStaffKey(file).error().reason, kStaffKeyMissing);
  const StaffKey made{StaffId::Make({}, 0, entropy_), p256::Generate(entropy_), "https://localhost:8443"};
  ASSERT_TRUE(WriteStaffKey(file, made).ok());
  EXPECT_EQ(WriteStaffKey(file, made).error().reason, kKeysExist);
  const StaffKey read = *ReadStaffKey(file);
  EXPECT_EQ(read.id, made.id);
  EXPECT_EQ(read.server_url, made.server_url);
  EXPECT_TRUE(p256::Verify(made.key.public_key, AsBytes("hello"), p256::Sign(read.key, AsBytes("hello"))));

  const std::string text(AsText(*host::ReadFile(file, 4096)));
  for (const std::string& wrong :
       {std::string(), text.substr(1), text + "more\n", text.substr(0, 40), text.substr(0, 50) + "g" + text.substr(51)}) {
    ASSERT_TRUE(host::WriteFileDurably(file, ToBytes(wrong)).ok());
    const auto parsed = ReadStaffKey(file);
    ASSERT_FALSE(parsed.ok()) << wrong;
    EXPECT_EQ(parsed.error().reason, kStaffKeyMalformed);
    EXPECT_EQ(parsed.error().detail, file.string()) << "The key never reaches a log";
  }
}

}  // namespace
}  // namespace yukuai::keys
