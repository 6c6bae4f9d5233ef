// SPDX-License-Identifier: Apache-2.0
// SM3, HMAC-SM3 and SHA-256 against the standard's examples, Wycheproof, and Botan as an independent implementation.
#include "crypto/sm3/sm3.h"

#include <botan/hash.h>
#include <botan/mac.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "base/entropy/entropy.h"

namespace yukuai::sm3 {
namespace {

constexpr uint64_t kSeed = 20260301;

TEST(Sm3, HashesTheExamplesOfTheStandard) {
  EXPECT_EQ(ToHex(Hash(AsBytes("abc"))), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  std::string repeated;
  for (int i = 0; i < 16; ++i) repeated += "abcd";
  EXPECT_EQ(ToHex(Hash(AsBytes(repeated))), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
  EXPECT_EQ(ToHex(Hash(ByteSpan{})), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
}

TEST(Sm3, HashesPartsLikeTheirConcatenation) {
  EXPECT_EQ(Hash({AsBytes("a"), ByteSpan{}, AsBytes("bc")}), Hash(AsBytes("abc")));
  EXPECT_NE(Hash({AsBytes("a"), AsBytes("cb")}), Hash(AsBytes("abc")));
}

TEST(Sm3, AgreesWithBotanOnEveryShortLength) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  const auto oracle = Botan::HashFunction::create_or_throw("SM3");
  for (size_t size = 0; size < 300; ++size) {
    Bytes message(size);
    entropy.Fill(message);
    oracle->update(message.data(), message.size());
    const auto expected = oracle->final();
    ASSERT_TRUE(Equal(Hash(message), expected)) << size;
  }
}

TEST(HmacSm3, AgreesWithBotanOnKeysAroundTheBlock) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  for (size_t size = 0; size < 140; ++size) {
    Bytes key(size);
    Bytes message(entropy.Below(200));
    entropy.Fill(key);
    entropy.Fill(message);
    const auto oracle = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SM3)");
    oracle->set_key(key.data(), key.size());
    oracle->update(message.data(), message.size());
    const auto expected = oracle->final();
    ASSERT_TRUE(Equal(Hmac(key, message), expected)) << size;
    const size_t middle = message.size() / 2;
    ASSERT_EQ(Hmac(key, {ByteSpan(message).first(middle), ByteSpan(message).subspan(middle)}), Hmac(key, message));
  }
}

TEST(HmacSm3, GivesTheTagsOfWycheproof) {
  std::ifstream file(YUKUAI_SOURCE_DIR "/tests/vectors/hmac_sm3_test.json");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const boost::json::value document = boost::json::parse(text);
  int valid = 0;
  int invalid = 0;
  for (const auto& group : document.at("testGroups").as_array()) {
    const auto tag_size = static_cast<size_t>(group.at("tagSize").as_int64()) / 8;
    for (const auto& test : group.at("tests").as_array()) {
      const auto key = FromHex(test.at("key").as_string().c_str());
      const auto message = FromHex(test.at("msg").as_string().c_str());
      const auto tag = FromHex(test.at("tag").as_string().c_str());
      ASSERT_TRUE(key && message && tag && tag_size <= sizeof(Digest));
      const Digest mac = Hmac(*key, *message);
      const bool expected = test.at("result").as_string() == "valid";
      EXPECT_EQ(Equal(ByteSpan(mac).first(tag_size), *tag), expected) << test.at("tcId").as_int64();
      ++(expected ? valid : invalid);
    }
  }
  EXPECT_EQ(valid, 66);
  EXPECT_EQ(invalid, 108);
}

TEST(Sha256, HashesTheExamplesOfTheStandard) {
  EXPECT_EQ(ToHex(Sha256(AsBytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(Sha256(ByteSpan{})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace yukuai::sm3
