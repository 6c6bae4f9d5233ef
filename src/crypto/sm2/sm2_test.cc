// SPDX-License-Identifier: Apache-2.0
// SM2 against the standard's example, published vectors and Botan, and against every alteration that must not hold.
#include "crypto/sm2/sm2.h"

#include <botan/auto_rng.h>
#include <botan/bigint.h>
#include <botan/ec_group.h>
#include <botan/pubkey.h>
#include <botan/sm2.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>

namespace yukuai::sm2 {
namespace {

constexpr uint64_t kSeed = 20260303;
constexpr std::string_view kP = "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff";
constexpr std::string_view kN = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

template <size_t N>
ByteArray<N> Hex(std::string_view text) {
  const auto bytes = FromHex(text);
  EXPECT_TRUE(bytes && bytes->size() == N) << text;
  ByteArray<N> out{};
  if (bytes && bytes->size() == N) std::ranges::copy(*bytes, out.begin());
  return out;
}

Botan::BigInt BigHex(std::string_view text) { return Botan::BigInt("0x" + std::string(text)); }

ByteArray<32> FromBig(const Botan::BigInt& value) {
  ByteArray<32> out;
  Botan::BigInt::encode_1363(out.data(), out.size(), value);
  return out;
}

Signature Join(const ByteArray<32>& r, const ByteArray<32>& s) {
  Signature out;
  std::ranges::copy(r, out.begin());
  std::ranges::copy(s, out.begin() + 32);
  return out;
}

// GB/T 32918.5 annex A.
struct Example {
  PrivateKey key = *PrivateKey::Parse(Hex<32>("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"));
  ByteSpan id = AsBytes(kDefaultId);
  ByteSpan message = AsBytes("message digest");
  ByteArray<32> r = Hex<32>("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3");
  ByteArray<32> s = Hex<32>("b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
};

TEST(Sm2, DerivesKeyAndDigestOfTheStandardsExample) {
  const Example example;
  EXPECT_EQ(ToHex(example.key.public_key().compressed()), "0309f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020");
  EXPECT_EQ(ToHex(example.key.public_key().xy()),
            "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
            "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
  EXPECT_EQ(ToHex(IdentityDigest(example.key.public_key(), example.id)),
            "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3");
  EXPECT_TRUE(Verify(example.key.public_key(), example.id, example.message, Join(example.r, example.s)));
}

TEST(Sm2, VerifiesThePublishedVectors) {
  std::ifstream file(YUKUAI_SOURCE_DIR "/tests/vectors/sm2-verify.json");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const boost::json::value document = boost::json::parse(text);
  ASSERT_EQ(document.at("cases").as_array().size(), 3u);
  for (const auto& test : document.at("cases").as_array()) {
    const auto encoded = Hex<65>(test.at("public_key").as_string().c_str());
    const auto key = PublicKey::ParseUncompressed(ByteSpan(encoded).subspan(1));
    ASSERT_TRUE(key.has_value());
    const auto e = Hex<32>(test.at("digest_e").as_string().c_str());
    Signature signature = Hex<64>(test.at("signature_rs").as_string().c_str());
    EXPECT_EQ(VerifyDigest(*key, e, signature), test.at("valid").as_bool()) << test.at("name");
    for (size_t i = 0; i < signature.size(); ++i) {
      signature[i] ^= 1;
      EXPECT_FALSE(VerifyDigest(*key, e, signature)) << test.at("name") << " byte " << i;
      signature[i] ^= 1;
    }
  }
}

TEST(Sm2, RefusesSignaturesThatAreNotThisOne) {
  const Example example;
  const auto n = BigHex(kN);
  const Botan::BigInt r(example.r.data(), 32);
  const Botan::BigInt s(example.s.data(), 32);
  const ByteArray<32> zero{};
  const ByteArray<32> all_ones = [] {
    ByteArray<32> out;
    out.fill(0xFF);
    return out;
  }();
  const struct {
    const char* what;
    Signature signature;
  } rows[] = {
      {"r = 0", Join(zero, example.s)},
      {"s = 0", Join(example.r, zero)},
      {"r = s = 0", Join(zero, zero)},
      {"r = n", Join(FromBig(n), example.s)},
      {"s = n", Join(example.r, FromBig(n))},
      {"r = 2^256 - 1", Join(all_ones, example.s)},
      {"s = 2^256 - 1", Join(example.r, all_ones)},
      {"r + s = n", Join(example.r, FromBig(n - r))},
      {"s replaced by n - s", Join(example.r, FromBig(n - s))},
      {"r replaced by n - r", Join(FromBig(n - r), example.s)},
      {"r and s exchanged", Join(example.s, example.r)},
      {"r = n - 1", Join(FromBig(n - 1), example.s)},
      {"s = 1", Join(example.r, FromBig(1))},
  };
  for (const auto& row : rows)
    EXPECT_FALSE(Verify(example.key.public_key(), example.id, example.message, row.signature)) << row.what;
}

// A value that holds only modulo n must not hold: r + n and s + n are other bytes for the same residues. Such sums fit 32
// bytes only for small r or s, so the signature is searched for by choosing e.
TEST(Sm2, RefusesResiduesAboveTheOrder) {
  const Example example;
  const auto n = BigHex(kN);
  // With r' = r mod n unchanged, e moves r: for any (r, s) the matching e is r - x(sG + (r+s)P).
  Botan::EC_Group group("sm2p256v1");
  const Botan::BigInt d(example.key.d().Expose().data(), 32);
  const Botan::BigInt small(7);
  const Botan::BigInt s(example.s.data(), 32);
  const auto e_for = [&](const Botan::BigInt& r_value, const Botan::BigInt& s_value) {
    const Botan::BigInt k = (s_value + (r_value + s_value) * d) % n;
    Botan::AutoSeeded_RNG rng;
    std::vector<Botan::BigInt> scratch;
    const Botan::BigInt x = group.blinded_base_point_multiply_x(k, rng, scratch);
    return FromBig((r_value + n - x) % n);
  };
  const auto e_small_r = e_for(small, s);
  EXPECT_TRUE(VerifyDigest(example.key.public_key(), e_small_r, Join(FromBig(small), example.s)));
  EXPECT_FALSE(VerifyDigest(example.key.public_key(), e_small_r, Join(FromBig(small + n), example.s)));
  const Botan::BigInt r(example.r.data(), 32);
  const auto e_small_s = e_for(r, small);
  EXPECT_TRUE(VerifyDigest(example.key.public_key(), e_small_s, Join(example.r, FromBig(small))));
  EXPECT_FALSE(VerifyDigest(example.key.public_key(), e_small_s, Join(example.r, FromBig(small + n))));
  // The largest values in range.
  const auto e_largest = e_for(n - 1, n - 1);
  EXPECT_TRUE(VerifyDigest(example.key.public_key(), e_largest, Join(FromBig(n - 1), FromBig(n - 1))));
}

TEST(Sm2, BindsIdMessageAndKey) {
  const Example example;
  SeededEntropy entropy(kSeed);
  const auto other = PrivateKey::Generate(entropy);
  const Signature signature = Sign(example.key, example.id, example.message);
  EXPECT_TRUE(Verify(example.key.public_key(), example.id, example.message, signature));
  EXPECT_FALSE(Verify(example.key.public_key(), AsBytes("1234567812345679"), example.message, signature));
  EXPECT_FALSE(Verify(example.key.public_key(), ByteSpan{}, example.message, signature));
  EXPECT_FALSE(Verify(example.key.public_key(), example.id, AsBytes("message digesu"), signature));
  EXPECT_FALSE(Verify(example.key.public_key(), example.id, ByteSpan{}, signature));
  EXPECT_FALSE(Verify(other.public_key(), example.id, example.message, signature));
  EXPECT_NE(signature, Sign(example.key, example.id, example.message));
}

TEST(Sm2, TakesIdsUpToTheirLimit) {
  const Example example;
  const Bytes longest(8191, 'x');
  const Signature signature = Sign(example.key, longest, example.message);
  EXPECT_TRUE(Verify(example.key.public_key(), longest, example.message, signature));
  EXPECT_FALSE(Verify(example.key.public_key(), Bytes(8192, 'x'), example.message, signature));
  EXPECT_TRUE(Verify(example.key.public_key(), ByteSpan{}, ByteSpan{}, Sign(example.key, ByteSpan{}, ByteSpan{})));
}

TEST(Sm2PublicKey, RefusesWhatIsNoPoint) {
  const Example example;
  const auto& key = example.key.public_key();
  const auto p = BigHex(kP);
  const auto compressed = [](uint8_t prefix, const ByteArray<32>& x) {
    CompressedKey out{prefix};
    std::ranges::copy(x, out.begin() + 1);
    return out;
  };
  ByteArray<32> x;
  std::copy(key.xy().begin(), key.xy().begin() + 32, x.begin());

  for (int prefix = 0; prefix < 256; ++prefix) {
    EXPECT_EQ(PublicKey::Parse(compressed(static_cast<uint8_t>(prefix), x)).has_value(), prefix == 2 || prefix == 3) << prefix;
  }
  EXPECT_FALSE(PublicKey::Parse(ByteSpan{}));
  EXPECT_FALSE(PublicKey::Parse(ByteSpan(key.compressed()).first(32)));
  Bytes longer(key.compressed().begin(), key.compressed().end());
  longer.push_back(0);
  EXPECT_FALSE(PublicKey::Parse(longer));
  Bytes with_prefix{4};
  with_prefix.insert(with_prefix.end(), key.xy().begin(), key.xy().end());
  EXPECT_FALSE(PublicKey::Parse(with_prefix));
  EXPECT_FALSE(PublicKey::ParseUncompressed(with_prefix));
  EXPECT_FALSE(PublicKey::Parse(Bytes{0}));  // The point at infinity has no place here.

  // x = 0 lies on this curve (b is a square); x + p would be the same residue in other bytes.
  EXPECT_TRUE(PublicKey::Parse(compressed(2, ByteArray<32>{})));
  EXPECT_FALSE(PublicKey::Parse(compressed(2, FromBig(p))));
  for (int i = 1; i < 40; ++i) EXPECT_FALSE(PublicKey::Parse(compressed(3, FromBig(p + i)))) << i;

  ByteArray<64> off = key.xy();
  off[63] ^= 1;
  EXPECT_FALSE(PublicKey::ParseUncompressed(off));
  EXPECT_FALSE(PublicKey::ParseUncompressed(ByteArray<64>{}));
  EXPECT_FALSE(PublicKey::ParseUncompressed(ByteSpan(key.xy()).first(63)));
}

TEST(Sm2PublicKey, ParsesTheSamePointsAsBotan) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  const Botan::EC_Group group("sm2p256v1");
  int points = 0;
  for (int i = 0; i < 200; ++i) {
    CompressedKey bytes = entropy.Take<33>();
    bytes[0] = static_cast<uint8_t>(2 + (bytes[0] & 1));
    const auto key = PublicKey::Parse(bytes);
    std::vector<uint8_t> expected;
    try {
      const Botan::PointGFp point = group.OS2ECP(bytes.data(), bytes.size());
      expected = point.encode(Botan::PointGFp::UNCOMPRESSED);
    } catch (const Botan::Exception&) {}
    ASSERT_EQ(key.has_value(), !expected.empty()) << ToHex(bytes);
    if (!key) continue;
    ++points;
    EXPECT_TRUE(Equal(key->xy(), ByteSpan(expected).subspan(1)));
    EXPECT_EQ(*PublicKey::ParseUncompressed(key->xy()), *key);
  }
  EXPECT_GT(points, 50);
  EXPECT_LT(points, 150);
}

TEST(Sm2PrivateKey, AcceptsExactlyItsRange) {
  const auto n = BigHex(kN);
  const struct {
    const char* what;
    ByteArray<32> d;
    bool valid;
  } rows[] = {
      {"0", ByteArray<32>{}, false},    {"1", FromBig(1), true},  {"n - 2", FromBig(n - 2), true},
      {"n - 1", FromBig(n - 1), false}, {"n", FromBig(n), false}, {"n + 1", FromBig(n + 1), false},
  };
  for (const auto& row : rows) EXPECT_EQ(PrivateKey::Parse(row.d).has_value(), row.valid) << row.what;
  EXPECT_FALSE(PrivateKey::Parse(ByteSpan{}));
  EXPECT_FALSE(PrivateKey::Parse(Bytes(31, 1)));
  EXPECT_FALSE(PrivateKey::Parse(Bytes(33, 1)));
}

// Gives out of range bytes first, so that Generate has to draw again.
class LateEntropy : public Entropy {
 public:
  void Fill(std::span<uint8_t> out) override {
    const uint8_t byte = draws_ == 0 ? 0xFF : draws_ == 1 ? 0x00 : 0x42;
    ++draws_;
    std::ranges::fill(out, byte);
  }
  int draws() const { return draws_; }

 private:
  int draws_ = 0;
};

TEST(Sm2PrivateKey, DrawsAgainWhatIsOutOfRange) {
  LateEntropy entropy;
  const auto key = PrivateKey::Generate(entropy);
  EXPECT_EQ(entropy.draws(), 3);
  EXPECT_EQ(key.d().Expose()[0], 0x42);
}

TEST(Sm2Oracle, SignsForBotanAndVerifiesBotan) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  Botan::AutoSeeded_RNG rng;
  const Botan::EC_Group group("sm2p256v1");
  for (int i = 0; i < 40; ++i) {
    const auto key = PrivateKey::Generate(entropy);
    Bytes message(entropy.Below(300));
    entropy.Fill(message);
    const std::string id = i % 2 == 0 ? std::string(kDefaultId) : "id of " + std::to_string(i);
    const Botan::SM2_PrivateKey theirs(rng, group, Botan::BigInt(key.d().Expose().data(), 32));
    const std::vector<uint8_t> their_point = theirs.public_point().encode(Botan::PointGFp::COMPRESSED);
    ASSERT_TRUE(Equal(key.public_key().compressed(), their_point));

    const Signature ours = Sign(key, AsBytes(id), message);
    Botan::PK_Verifier verifier(theirs, id + ",SM3");
    EXPECT_TRUE(verifier.verify_message(message, std::vector<uint8_t>(ours.begin(), ours.end())));

    Botan::PK_Signer signer(theirs, rng, id + ",SM3");
    const auto their_bytes = signer.sign_message(message, rng);
    ASSERT_EQ(their_bytes.size(), 64u);
    Signature their_signature;
    std::ranges::copy(their_bytes, their_signature.begin());
    EXPECT_TRUE(Verify(key.public_key(), AsBytes(id), message, their_signature));

    // One flipped bit anywhere: both say no.
    const size_t bit = entropy.Below(512);
    their_signature[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(Verify(key.public_key(), AsBytes(id), message, their_signature));
    EXPECT_FALSE(verifier.verify_message(message, std::vector<uint8_t>(their_signature.begin(), their_signature.end())));
  }
}

}  // namespace
}  // namespace yukuai::sm2
