// SPDX-License-Identifier: Apache-2.0
// FF1 over AES against NIST's samples and Wycheproof; over SM4, that it is a permutation and stays the one it is.
#include "crypto/permutation/permutation.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include "base/entropy/entropy.h"
#include "base/result/check.h"

namespace yukuai::permutation {
namespace {

constexpr uint64_t kSeed = 20260305;

BlockFunction Aes(ByteSpan key) {
  const char* name = key.size() == 16 ? "AES-128-ECB" : key.size() == 24 ? "AES-192-ECB" : "AES-256-ECB";
  std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  YUKUAI_CHECK(EVP_EncryptInit_ex2(context.get(), cipher, key.data(), nullptr, nullptr) == 1);
  EVP_CIPHER_free(cipher);
  return [context](const ByteArray<16>& in) {
    ByteArray<16> out;
    int written = 0;
    YUKUAI_CHECK(EVP_EncryptUpdate(context.get(), out.data(), &written, in.data(), 16) == 1 && written == 16);
    return out;
  };
}

Digits FromText(std::string_view text) {
  Digits out;
  for (const char c : text) out.push_back(static_cast<uint16_t>(c <= '9' ? c - '0' : c - 'a' + 10));
  return out;
}

std::string ToText(const Digits& digits) {
  std::string out;
  for (const uint16_t digit : digits) out.push_back(static_cast<char>(digit < 10 ? '0' + digit : 'a' + digit - 10));
  return out;
}

TEST(Ff1, GivesTheSamplesOfTheStandard) {
  const struct {
    const char* key;
    uint32_t radix;
    const char* tweak;
    const char* plain;
    const char* cipher;
  } rows[] = {
      {"2b7e151628aed2a6abf7158809cf4f3c", 10, "", "0123456789", "2433477484"},
      {"2b7e151628aed2a6abf7158809cf4f3c", 10, "39383736353433323130", "0123456789", "6124200773"},
      {"2b7e151628aed2a6abf7158809cf4f3c", 36, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"},
  };
  for (const auto& row : rows) {
    const auto block = Aes(*FromHex(row.key));
    const Bytes tweak = *FromHex(row.tweak);
    EXPECT_EQ(ToText(Encrypt(block, row.radix, tweak, FromText(row.plain))), row.cipher);
    EXPECT_EQ(ToText(Decrypt(block, row.radix, tweak, FromText(row.cipher))), row.plain);
  }
}

TEST(Ff1, AgreesWithWycheproof) {
  std::ifstream file(YUKUAI_SOURCE_DIR "/tests/vectors/aes_ff1_base10_test.json");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const boost::json::value document = boost::json::parse(text);
  int64_t count = 0;
  for (const auto& group : document.at("testGroups").as_array()) {
    const auto radix = static_cast<uint32_t>(group.at("radix").as_int64());
    for (const auto& test : group.at("tests").as_array()) {
      const auto block = Aes(*FromHex(test.at("key").as_string().c_str()));
      const Bytes tweak = *FromHex(test.at("tweak").as_string().c_str());
      const std::string plain(test.at("msg").as_string().c_str());
      const std::string cipher(test.at("ct").as_string().c_str());
      ASSERT_EQ(ToText(Encrypt(block, radix, tweak, FromText(plain))), cipher) << test.at("tcId").as_int64();
      ASSERT_EQ(ToText(Decrypt(block, radix, tweak, FromText(cipher))), plain) << test.at("tcId").as_int64();
      ++count;
    }
  }
  EXPECT_EQ(count, document.at("numberOfTests").as_int64());
  EXPECT_GT(count, 600);
}

TEST(Ff1, InvertsInEveryShape) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  const sm4::Cipher cipher(entropy.Take<16>());
  const BlockFunction block = [&](const ByteArray<16>& in) { return cipher.Encrypt(in); };
  for (const uint32_t radix : {2u, 3u, 10u, 32u, 255u, 256u, 257u, 65535u, 65536u}) {
    for (const size_t length : {20u, 21u, 40u}) {
      Digits plain(length);
      for (uint16_t& digit : plain) digit = static_cast<uint16_t>(entropy.Below(radix));
      for (const Digits& digits : {plain, Digits(length, 0), Digits(length, static_cast<uint16_t>(radix - 1))}) {
        for (const size_t tweak_size : {0u, 1u, 15u, 16u, 64u}) {
          const Bytes tweak(tweak_size, 0x5A);
          const Digits hidden = Encrypt(block, radix, tweak, digits);
          ASSERT_NE(hidden, digits);
          ASSERT_EQ(Decrypt(block, radix, tweak, hidden), digits) << radix << " " << length << " " << tweak_size;
        }
      }
    }
  }
}

TEST(NumberPermutation, MapsNumbersToDifferentNumbersAndBack) {
  const NumberPermutation permutation(sm4::Key{1, 2, 3}, 10, 6);
  EXPECT_EQ(permutation.size(), 1'000'000u);
  std::set<Digits> seen;
  for (uint64_t number = 0; number < 1'000'000; number += 997) {
    const Digits digits = permutation.Apply(number, AsBytes("card"));
    ASSERT_EQ(digits.size(), 6u);
    ASSERT_TRUE(seen.insert(digits).second);
    ASSERT_EQ(permutation.Invert(digits, AsBytes("card")), number);
  }
  EXPECT_EQ(permutation.Invert(permutation.Apply(999'999, {}), {}), 999'999u);
}

TEST(NumberPermutation, DependsOnKeyAndTweak) {
  const NumberPermutation one(sm4::Key{1}, 10, 13);
  const NumberPermutation two(sm4::Key{2}, 10, 13);
  EXPECT_NE(one.Apply(42, AsBytes("a")), two.Apply(42, AsBytes("a")));
  EXPECT_NE(one.Apply(42, AsBytes("a")), one.Apply(42, AsBytes("b")));
  EXPECT_NE(one.Invert(one.Apply(42, AsBytes("a")), AsBytes("b")), 42u);
}

// These numbers are in codes and records: changing them is changing the format. They were computed a second time by a
// separate program written from the standard.
TEST(NumberPermutation, GivesTheSameNumbersForEver) {
  const sm4::Key key{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
  const NumberPermutation card(key, 10, 13);
  const NumberPermutation pay(key, 32, 16);
  EXPECT_EQ(ToText(card.Apply(0, AsBytes("card"))), "3600743232758");
  EXPECT_EQ(ToText(card.Apply(1, AsBytes("card"))), "0942569049278");
  EXPECT_EQ(ToText(pay.Apply(0, AsBytes("pay"))), "4ukkcb2da43im032");
  EXPECT_EQ(ToText(pay.Apply(UINT64_MAX, AsBytes("pay"))), "op0p5urimfiro4sd");
}

TEST(NumberPermutation, ServesDomainsAboveSixtyFourBits) {
  const NumberPermutation pay(sm4::Key{7}, 32, 16);
  EXPECT_EQ(pay.size(), UINT64_MAX);
  for (const uint64_t number : {uint64_t{0}, uint64_t{1} << 40, UINT64_MAX})
    EXPECT_EQ(pay.Invert(pay.Apply(number, {}), {}), number);
  // Of 2^80 numbers one in 65536 fits: numerals that nobody issued resolve to nothing.
  EXPECT_EQ(pay.Invert(Digits(16, 5), {}), std::nullopt);
  const NumberPermutation twenty(sm4::Key{7}, 10, 20);
  EXPECT_EQ(twenty.size(), UINT64_MAX);
  EXPECT_EQ(twenty.Invert(twenty.Apply(UINT64_MAX, {}), {}), UINT64_MAX);
}

TEST(NumberPermutation, AnswersNothingForForeignDigits) {
  const NumberPermutation permutation(sm4::Key{1}, 10, 13);
  EXPECT_EQ(permutation.Invert({}, {}), std::nullopt);
  EXPECT_EQ(permutation.Invert(Digits(12, 1), {}), std::nullopt);
  EXPECT_EQ(permutation.Invert(Digits(14, 1), {}), std::nullopt);
  EXPECT_EQ(permutation.Invert(Digits(13, 10), {}), std::nullopt);
  EXPECT_TRUE(permutation.Invert(Digits(13, 9), {}).has_value());
}

TEST(NumberPermutationDeathTest, RefusesDomainsThatCanBeSearched) {
  EXPECT_DEATH(NumberPermutation(sm4::Key{}, 10, 5), "invariant violated");
  EXPECT_DEATH((void)NumberPermutation(sm4::Key{}, 10, 6).Apply(1'000'000, {}), "invariant violated");
}

}  // namespace
}  // namespace yukuai::permutation
