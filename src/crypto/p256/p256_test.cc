// SPDX-License-Identifier: Apache-2.0
// P-256 against Wycheproof and Botan, and against what must not hold.
#include "crypto/p256/p256.h"

#include <botan/auto_rng.h>
#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/pubkey.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>

namespace yukuai::p256 {
namespace {

constexpr uint64_t kSeed = 20260304;
constexpr std::string_view kN = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

Bytes Hex(std::string_view text) {
  auto bytes = FromHex(text);
  EXPECT_TRUE(bytes.has_value()) << text;
  return bytes.value_or(Bytes{});
}

TEST(P256, AgreesWithWycheproof) {
  std::ifstream file(YUKUAI_SOURCE_DIR "/tests/vectors/ecdsa_secp256r1_sha256_p1363_test.json");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const boost::json::value document = boost::json::parse(text);
  int valid = 0;
  int invalid = 0;
  for (const auto& group : document.at("testGroups").as_array()) {
    const Bytes key = Hex(group.at("publicKey").at("uncompressed").as_string().c_str());
    ASSERT_TRUE(IsPublicKey(key));
    for (const auto& test : group.at("tests").as_array()) {
      const Bytes message = Hex(test.at("msg").as_string().c_str());
      const Bytes signature = Hex(test.at("sig").as_string().c_str());
      const bool expected = test.at("result").as_string() == "valid";
      EXPECT_EQ(Verify(key, message, signature), expected) << test.at("tcId").as_int64() << " " << test.at("comment").as_string();
      ++(expected ? valid : invalid);
    }
  }
  EXPECT_EQ(valid, 173);
  EXPECT_EQ(invalid, 89);
}

TEST(P256, RefusesAlteredKeysMessagesAndSignatures) {
  SeededEntropy entropy(kSeed);
  const KeyPair key = Generate(entropy);
  const ByteSpan message = AsBytes("POST /v1/ride-grants");
  const Signature signature = Sign(key, message);
  ASSERT_TRUE(Verify(key.public_key, message, signature));
  EXPECT_TRUE(Verify(key.public_key, ByteSpan{}, Sign(key, ByteSpan{})));
  EXPECT_FALSE(Verify(key.public_key, AsBytes("POST /v1/ride-grant"), signature));
  EXPECT_FALSE(Verify(Generate(entropy).public_key, message, signature));
  for (size_t i = 0; i < signature.size(); ++i) {
    Signature altered = signature;
    altered[i] ^= 1;
    EXPECT_FALSE(Verify(key.public_key, message, altered)) << i;
  }
  for (size_t i = 0; i < key.public_key.size(); ++i) {
    PublicKeyBytes altered = key.public_key;
    altered[i] ^= 1;
    EXPECT_FALSE(IsPublicKey(altered)) << i;
    EXPECT_FALSE(Verify(altered, message, signature)) << i;
  }
  EXPECT_FALSE(Verify(key.public_key, message, ByteSpan(signature).first(63)));
  EXPECT_FALSE(Verify(key.public_key, message, ByteSpan{}));
  EXPECT_FALSE(Verify(ByteSpan(key.public_key).first(64), message, signature));
  EXPECT_FALSE(Verify(ByteSpan{}, message, signature));
}

TEST(P256, RefusesWhatIsNoUncompressedPoint) {
  SeededEntropy entropy(kSeed);
  const KeyPair key = Generate(entropy);
  for (int prefix = 0; prefix < 256; ++prefix) {
    PublicKeyBytes altered = key.public_key;
    altered[0] = static_cast<uint8_t>(prefix);
    EXPECT_EQ(IsPublicKey(altered), prefix == 4) << prefix;
  }
  EXPECT_FALSE(IsPublicKey(Bytes{0}));  // The point at infinity.
  Bytes compressed(key.public_key.begin(), key.public_key.begin() + 33);
  compressed[0] = static_cast<uint8_t>(2 + (key.public_key[64] & 1));
  EXPECT_FALSE(IsPublicKey(compressed));
  EXPECT_FALSE(IsPublicKey(PublicKeyBytes{4}));
}

TEST(P256, MakesPrivateKeysOfExactlyTheirRange) {
  Bytes n = Hex(kN);
  EXPECT_FALSE(FromPrivate(n));
  n.back() -= 1;
  EXPECT_TRUE(FromPrivate(n));
  EXPECT_FALSE(FromPrivate(Bytes(32, 0)));
  EXPECT_FALSE(FromPrivate(Bytes(32, 0xFF)));
  EXPECT_FALSE(FromPrivate(Bytes(31, 1)));
  EXPECT_FALSE(FromPrivate(ByteSpan{}));
  Bytes one(32, 0);
  one.back() = 1;
  const auto key = FromPrivate(one);
  ASSERT_TRUE(key);
  EXPECT_EQ(ToHex(key->public_key),
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
}

TEST(P256Oracle, SignsForBotanAndVerifiesBotan) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  Botan::AutoSeeded_RNG rng;
  const Botan::EC_Group group("secp256r1");
  for (int i = 0; i < 30; ++i) {
    const KeyPair key = Generate(entropy);
    Bytes message(entropy.Below(300));
    entropy.Fill(message);
    const Botan::ECDSA_PrivateKey theirs(rng, group, Botan::BigInt(key.d.Expose().data(), 32));
    ASSERT_TRUE(Equal(key.public_key, theirs.public_point().encode(Botan::PointGFp::UNCOMPRESSED)));
    const Signature ours = Sign(key, message);
    Botan::PK_Verifier verifier(theirs, "EMSA1(SHA-256)");
    EXPECT_TRUE(verifier.verify_message(message, std::vector<uint8_t>(ours.begin(), ours.end())));
    Botan::PK_Signer signer(theirs, rng, "EMSA1(SHA-256)");
    EXPECT_TRUE(Verify(key.public_key, message, signer.sign_message(message, rng)));
  }
}

}  // namespace
}  // namespace yukuai::p256
