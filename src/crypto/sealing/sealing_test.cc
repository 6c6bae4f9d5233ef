// SPDX-License-Identifier: Apache-2.0
// Seals open for their key and context only, at full length and unaltered; the layout is fixed byte by byte.
#include "crypto/sealing/sealing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/sm3/sm3.h"
#include "crypto/sm4/sm4.h"

namespace yukuai::sealing {
namespace {

constexpr uint64_t kSeed = 20260306;
constexpr Cost kCheap{.log2_n = 4};

const BoxKey& TestKey() {
  static const BoxKey key(ByteArray<32>{1, 2, 3});
  return key;
}

Reason WhyBoxIsClosed(const BoxKey& key, std::string_view context, ByteSpan box) {
  const auto opened = OpenBox(key, AsBytes(context), box);
  EXPECT_FALSE(opened.ok());
  return opened.ok() ? Reason{Kind::kInternal, "opened"} : opened.error().reason;
}

Reason WhyFileIsClosed(std::string_view passphrase, ByteSpan file) {
  const auto opened = OpenFile(AsBytes(passphrase), file);
  EXPECT_FALSE(opened.ok());
  return opened.ok() ? Reason{Kind::kInternal, "opened"} : opened.error().reason;
}

TEST(SealedBox, OpensForItsKeyAndContext) {
  SeededEntropy entropy(kSeed);
  for (size_t size = 0; size < 70; ++size) {
    Bytes plain(size);
    entropy.Fill(plain);
    const Bytes box = SealBox(TestKey(), AsBytes("persons.number"), plain, entropy);
    EXPECT_EQ(box.size(), size + 52);
    const auto opened = OpenBox(TestKey(), AsBytes("persons.number"), box);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened, plain);
  }
}

TEST(SealedBox, HasTheDocumentedLayout) {
  SeededEntropy entropy(kSeed);
  const Bytes box = SealBox(TestKey(), AsBytes("ctx"), AsBytes("plain"), entropy);
  SeededEntropy again(kSeed);
  const auto nonce = again.Take<16>();
  const auto encryption = sm3::Hmac(TestKey().Expose(), AsBytes("box encryption"));
  const auto authentication = sm3::Hmac(TestKey().Expose(), AsBytes("box authentication"));
  sm4::Key key;
  std::copy_n(encryption.begin(), 16, key.begin());
  Bytes expected = ByteWriter().AppendText("YKB1").Append(nonce).Append(sm4::Counter(key, nonce, AsBytes("plain"))).Finish();
  const auto tag = sm3::Hmac(authentication, {*FromHex("0000000000000003"), AsBytes("ctx"), expected});
  expected.insert(expected.end(), tag.begin(), tag.end());
  EXPECT_EQ(ToHex(box), ToHex(expected));
}

TEST(SealedBox, DiffersEachTime) {
  SeededEntropy entropy(kSeed);
  EXPECT_NE(SealBox(TestKey(), {}, AsBytes("same"), entropy), SealBox(TestKey(), {}, AsBytes("same"), entropy));
}

TEST(SealedBox, StaysClosed) {
  SeededEntropy entropy(kSeed);
  const Bytes box = SealBox(TestKey(), AsBytes("row 1"), AsBytes("500101190001010000"), entropy);
  EXPECT_EQ(WhyBoxIsClosed(BoxKey(ByteArray<32>{1, 2, 4}), "row 1", box), kSealWrongKey);
  EXPECT_EQ(WhyBoxIsClosed(TestKey(), "row 2", box), kSealWrongKey);
  EXPECT_EQ(WhyBoxIsClosed(TestKey(), "", box), kSealWrongKey);
  for (size_t i = 0; i < box.size(); ++i) {
    for (const uint8_t mask : {uint8_t{0x01}, uint8_t{0x80}, uint8_t{0xFF}}) {
      Bytes altered = box;
      altered[i] ^= mask;
      EXPECT_EQ(WhyBoxIsClosed(TestKey(), "row 1", altered), i < 4 ? kSealMalformed : kSealWrongKey) << i;
    }
  }
  for (size_t size = 0; size < box.size(); ++size) {
    EXPECT_EQ(WhyBoxIsClosed(TestKey(), "row 1", ByteSpan(box).first(size)), size < 52 ? kSealMalformed : kSealWrongKey) << size;
  }
  Bytes longer = box;
  longer.push_back(0);
  EXPECT_EQ(WhyBoxIsClosed(TestKey(), "row 1", longer), kSealWrongKey);
}

// If the tag ran over context and box without saying where one ends, the last byte of one could become the first of the other.
TEST(SealedBox, KeepsContextAndContentApart) {
  SeededEntropy entropy(kSeed);
  const Bytes box = SealBox(TestKey(), AsBytes("ab"), AsBytes("content"), entropy);
  Bytes moved(box.begin(), box.end() - 32);
  moved.push_back('b');
  moved.insert(moved.end(), box.end() - 32, box.end());
  EXPECT_EQ(WhyBoxIsClosed(TestKey(), "a", moved), kSealWrongKey);
  Bytes front{'b'};
  front.insert(front.end(), box.begin(), box.end());
  EXPECT_EQ(WhyBoxIsClosed(TestKey(), "a", front), kSealMalformed);
}

TEST(SealedFile, OpensForItsPassphrase) {
  SeededEntropy entropy(kSeed);
  for (const size_t size : {0u, 1u, 15u, 16u, 17u, 1000u}) {
    Bytes plain(size);
    entropy.Fill(plain);
    const Bytes file = SealFile(AsBytes("a passphrase"), plain, entropy, kCheap);
    EXPECT_EQ(file.size(), size + 71);
    const auto opened = OpenFile(AsBytes("a passphrase"), file);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened, plain);
  }
  EXPECT_TRUE(OpenFile({}, SealFile({}, AsBytes("x"), entropy, kCheap)).ok());
}

TEST(SealedFile, HasTheDocumentedLayout) {
  SeededEntropy entropy(kSeed);
  const Bytes file = SealFile(AsBytes("p"), AsBytes("secret"), entropy, kCheap);
  EXPECT_EQ(ToHex(ByteSpan(file).first(7)), "594b5331040801");
  SeededEntropy again(kSeed);
  const auto salt = again.Take<16>();
  const auto nonce = again.Take<16>();
  EXPECT_TRUE(Equal(ByteSpan(file).subspan(7, 16), salt));
  EXPECT_TRUE(Equal(ByteSpan(file).subspan(23, 16), nonce));
}

// Made with another implementation of scrypt, SM4 and HMAC-SM3, at the real cost: files must open for ever.
TEST(SealedFile, OpensAFileMadeElsewhere) {
  const auto file = FromHex(
      "594b5331110801000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fcb8b69666e74ad1611"
      "6bf6192b92fef1c273361d6b20941e09f6c789e31b0c4bc6fbc10ca327c81d8e586e84a2656e");
  ASSERT_TRUE(file.has_value());
  const auto opened = OpenFile(AsBytes("correct horse"), *file);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(AsText(*opened), "a sealed secret");
}

TEST(SealedFile, StaysClosed) {
  SeededEntropy entropy(kSeed);
  const Bytes file = SealFile(AsBytes("right"), AsBytes("thirty-two bytes of some secret"), entropy, kCheap);
  EXPECT_EQ(WhyFileIsClosed("wrong", file), kSealWrongKey);
  EXPECT_EQ(WhyFileIsClosed("", file), kSealWrongKey);
  EXPECT_EQ(WhyFileIsClosed("right ", file), kSealWrongKey);
  for (size_t i = 0; i < file.size(); ++i) {
    Bytes altered = file;
    altered[i] ^= 0x01;  // Makes the cost 2^5, still cheap.
    const bool header = i < 4 || i == 5 || i == 6;
    EXPECT_EQ(WhyFileIsClosed("right", altered), header ? kSealMalformed : kSealWrongKey) << i;
  }
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(WhyFileIsClosed("right", ByteSpan(file).first(size)), size < 71 ? kSealMalformed : kSealWrongKey) << size;
  }
}

TEST(SealedFile, RefusesCostsOutOfRangeBeforeSpendingThem) {
  SeededEntropy entropy(kSeed);
  Bytes file = SealFile(AsBytes("p"), AsBytes("x"), entropy, kCheap);
  for (const uint8_t log2_n : {0, 21, 22, 63, 64, 255}) {
    file[4] = log2_n;
    EXPECT_EQ(WhyFileIsClosed("p", file), kSealMalformed) << int{log2_n};
  }
}

TEST(DeriveKey, GivesOneKeyPerLabel) {
  const auto one = DeriveKey(TestKey(), "pay");
  EXPECT_EQ(one.Expose(), sm3::Hmac(TestKey().Expose(), AsBytes("pay")));
  EXPECT_NE(one.Expose(), DeriveKey(TestKey(), "card").Expose());
  EXPECT_NE(one.Expose(), DeriveKey(BoxKey(ByteArray<32>{9}), "pay").Expose());
}

}  // namespace
}  // namespace yukuai::sealing
