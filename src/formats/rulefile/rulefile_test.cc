// SPDX-License-Identifier: Apache-2.0
#include "formats/rulefile/rulefile.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/entropy/entropy.h"

namespace yukuai::rulefile {
namespace {

class RuleFileTest : public testing::Test {
 protected:
  RuleFile Content() const {
    return {{3, Instant::FromSeconds(1'780'000'000), Instant::FromSeconds(1'780'600'000)},
            "metro-bus",
            ToBytes("{\"scene\":\"metro-bus\"}")};
  }
  SeededEntropy entropy_{20260303};
  sm2::PrivateKey key_ = sm2::PrivateKey::Generate(entropy_);
};

TEST_F(RuleFileTest, ReadsWhatItWrites) {
  for (const size_t length : {size_t{0}, size_t{2}, size_t{70'000}, kBodyBytesMax}) {
    RuleFile content = Content();
    content.body.assign(length, ' ');
    const auto file = Open(*Build(content, key_), key_.public_key());
    ASSERT_TRUE(file.ok()) << length;
    EXPECT_EQ(file->edition.version, 3u);
    EXPECT_EQ(file->edition.issued_at, content.edition.issued_at);
    EXPECT_EQ(file->edition.expires_at, content.edition.expires_at);
    EXPECT_EQ(file->scene_id, "metro-bus");
    EXPECT_EQ(file->body, content.body);
  }
}

TEST_F(RuleFileTest, IsNotBuiltOutOfBounds) {
  const auto reason_of = [&](const std::function<void(RuleFile&)>& spoil) {
    RuleFile content = Content();
    spoil(content);
    const auto built = Build(content, key_);
    return built.ok() ? std::string_view("built") : built.error().reason.slug;
  };
  EXPECT_EQ(reason_of([](RuleFile&) {}), "built");
  EXPECT_EQ(reason_of([](RuleFile& c) { c.edition.version = 0; }), "file_malformed");
  EXPECT_EQ(reason_of([](RuleFile& c) { c.edition.expires_at = Instant::FromSeconds(1); }), "file_malformed");
  EXPECT_EQ(reason_of([](RuleFile& c) { c.scene_id = ""; }), "file_malformed");
  EXPECT_EQ(reason_of([](RuleFile& c) { c.scene_id = "Metro"; }), "file_malformed");
  EXPECT_EQ(reason_of([](RuleFile& c) { c.scene_id = "../metro"; }), "file_malformed");
  EXPECT_EQ(reason_of([](RuleFile& c) { c.scene_id = std::string(64, 'a'); }), "built");
  EXPECT_EQ(reason_of([](RuleFile& c) { c.scene_id = std::string(65, 'a'); }), "file_malformed");
  EXPECT_EQ(reason_of([](RuleFile& c) { c.body.resize(kBodyBytesMax + 1); }), "file_malformed");
}

TEST_F(RuleFileTest, RefusesWhatIsNotWhole) {
  const Bytes file = *Build(Content(), key_);
  const Bytes body(file.begin(), file.end() - 64);
  const auto reason_of = [&](const std::function<void(Bytes&)>& spoil) {
    Bytes spoilt = body;
    spoil(spoilt);
    const auto opened = Open(signed_file::Sign(spoilt, key_), key_.public_key());
    return opened.ok() ? std::string_view("opened") : opened.error().reason.slug;
  };
  EXPECT_EQ(reason_of([](Bytes&) {}), "opened");
  EXPECT_EQ(reason_of([](Bytes& b) { b[0] = 'X'; }), "file_malformed");
  EXPECT_EQ(reason_of([](Bytes& b) { b[11] = 0; }), "file_malformed");    // Version 0.
  EXPECT_EQ(reason_of([](Bytes& b) { b[29] = 65; }), "file_malformed");   // Scene id longer than it may be.
  EXPECT_EQ(reason_of([](Bytes& b) { b[30] = 'M'; }), "file_malformed");  // Scene id with a capital.
  EXPECT_EQ(reason_of([](Bytes& b) { b[42] = static_cast<uint8_t>(b[42] + 1); }),
            "file_malformed");  // Body longer than the file.
  EXPECT_EQ(reason_of([](Bytes& b) { b.push_back(' '); }), "file_malformed");
  EXPECT_EQ(reason_of([](Bytes& b) { b.pop_back(); }), "file_malformed");
  EXPECT_EQ(reason_of([](Bytes& b) { b.clear(); }), "file_malformed");

  Bytes forged = file;
  forged[40] = static_cast<uint8_t>(forged[40] ^ 1);
  EXPECT_EQ(Open(forged, key_.public_key()).error().reason, signed_file::kFileSignature);
  EXPECT_EQ(Open(Bytes(kFileBytesMax + 1), key_.public_key()).error().reason, signed_file::kFileMalformed);
}

}  // namespace
}  // namespace yukuai::rulefile
