// SPDX-License-Identifier: Apache-2.0
// SM4 against the standard's example and Botan as an independent implementation.
#include "crypto/sm4/sm4.h"

#include <botan/block_cipher.h>
#include <botan/stream_cipher.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/entropy/entropy.h"

namespace yukuai::sm4 {
namespace {

constexpr uint64_t kSeed = 20260302;
constexpr Block kExample{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};

TEST(Sm4, EncryptsTheExampleOfTheStandard) {
  const Cipher cipher(kExample);
  const Block encrypted = cipher.Encrypt(kExample);
  EXPECT_EQ(ToHex(encrypted), "681edf34d206965e86b3e94f536e4246");
  EXPECT_EQ(cipher.Decrypt(encrypted), kExample);
}

TEST(Sm4, AgreesWithBotanBlockByBlock) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  for (int i = 0; i < 200; ++i) {
    const Key key = entropy.Take<16>();
    const Block plain = entropy.Take<16>();
    const auto oracle = Botan::BlockCipher::create_or_throw("SM4");
    oracle->set_key(key.data(), key.size());
    Block expected;
    oracle->encrypt(plain.data(), expected.data());
    const Cipher cipher(key);
    ASSERT_EQ(cipher.Encrypt(plain), expected);
    ASSERT_EQ(cipher.Decrypt(expected), plain);
  }
}

TEST(Sm4, CopiesShareTheKeyAndOutliveTheOriginal) {
  auto original = std::make_unique<Cipher>(kExample);
  const Cipher copy = *original;
  original.reset();
  EXPECT_EQ(ToHex(copy.Encrypt(kExample)), "681edf34d206965e86b3e94f536e4246");
}

TEST(Sm4, ServesSeveralThreadsFromOneSchedule) {
  const Cipher cipher(kExample);
  int wrong[4] = {};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cipher, &wrong, t] {
      Block block{};
      for (int i = 0; i < 2000; ++i) {
        block[0] = static_cast<uint8_t>(t);
        block[1] = static_cast<uint8_t>(i);
        if (cipher.Decrypt(cipher.Encrypt(block)) != block) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::ranges::count(wrong, 0), 4);
}

TEST(Sm4Counter, AgreesWithBotanOnEveryShortLength) {
  SeededEntropy entropy(kSeed);
  SCOPED_TRACE(kSeed);
  for (size_t size = 0; size < 100; ++size) {
    const Key key = entropy.Take<16>();
    const Block initial = entropy.Take<16>();
    Bytes plain(size);
    entropy.Fill(plain);
    const auto oracle = Botan::StreamCipher::create_or_throw("CTR-BE(SM4)");
    oracle->set_key(key.data(), key.size());
    oracle->set_iv(initial.data(), initial.size());
    Bytes expected = plain;
    oracle->encrypt(expected);
    ASSERT_EQ(Counter(key, initial, plain), expected) << size;
    ASSERT_EQ(Counter(key, initial, expected), plain) << size;
  }
}

TEST(Sm4Counter, CarriesThroughAllSixteenBytes) {
  Block last;
  last.fill(0xFF);
  const Bytes stream = Counter(kExample, last, Bytes(32));
  const Cipher cipher(kExample);
  EXPECT_TRUE(Equal(ByteSpan(stream).first(16), cipher.Encrypt(last)));
  EXPECT_TRUE(Equal(ByteSpan(stream).subspan(16), cipher.Encrypt(Block{})));
}

}  // namespace
}  // namespace yukuai::sm4
