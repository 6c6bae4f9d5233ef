// SPDX-License-Identifier: Apache-2.0
#include "formats/signed_file/signed_file.h"

#include <gtest/gtest.h>

#include "base/entropy/entropy.h"

namespace yukuai::signed_file {
namespace {

TEST(SignedFile, HoldsForItsKeyAndItsBytesAlone) {
  SeededEntropy entropy(1);
  const auto key = sm2::PrivateKey::Generate(entropy);
  const auto other = sm2::PrivateKey::Generate(entropy);
  const Bytes body = ToBytes("anything");
  const Bytes file = Sign(body, key);
  ASSERT_EQ(file.size(), body.size() + kSignatureLength);
  const auto checked = CheckSignature(file, key.public_key());
  ASSERT_TRUE(checked.ok());
  EXPECT_TRUE(Equal(*checked, body));
  EXPECT_EQ(CheckSignature(file, other.public_key()).error().reason, kFileSignature);
  for (size_t i = 0; i < file.size(); ++i) {
    Bytes changed = file;
    changed[i] = static_cast<uint8_t>(changed[i] ^ 1);
    EXPECT_EQ(CheckSignature(changed, key.public_key()).error().reason, kFileSignature) << i;
  }
  EXPECT_EQ(CheckSignature(ByteSpan(file).first(63), key.public_key()).error().reason, kFileMalformed);
  EXPECT_EQ(CheckSignature({}, key.public_key()).error().reason, kFileMalformed);
}

TEST(SignedFile, IsGoodFromTheVersionHeldUntilItExpires) {
  const Edition edition{5, Instant{1000}, Instant{2000}};
  struct Row {
    uint64_t held;
    int64_t now_us;
    std::string_view answer;
  };
  for (const Row& row :
       {Row{0, 1000, ""}, {5, 1999, ""}, {6, 1999, "file_older"}, {5, 2000, "file_expired"}, {6, 2000, "file_older"}}) {
    const auto checked = CheckEdition(edition, row.held, Instant{row.now_us});
    EXPECT_EQ(checked.ok() ? "" : checked.error().reason.slug, row.answer) << row.held << " " << row.now_us;
  }
}

TEST(SignedFile, EditionsHaveAVersionAndTimesInOrder) {
  const Instant last = Instant::FromSeconds(253'402'300'799);
  EXPECT_TRUE(IsValid({1, Instant{0}, Instant{0}}));
  EXPECT_TRUE(IsValid({UINT64_MAX, last, last}));
  EXPECT_FALSE(IsValid({0, Instant{0}, Instant{0}}));
  EXPECT_FALSE(IsValid({1, Instant{-1}, Instant{0}}));
  EXPECT_FALSE(IsValid({1, Instant{2}, Instant{1}}));
  EXPECT_FALSE(IsValid({1, Instant{0}, Instant{last.us + 1}}));
}

}  // namespace
}  // namespace yukuai::signed_file
