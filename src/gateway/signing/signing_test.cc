// SPDX-License-Identifier: Apache-2.0
#include "gateway/signing/signing.h"

#include <gtest/gtest.h>

#include "crypto/p256/p256.h"
#include "platform/storage/scratch.h"

namespace yukuai::signing {
namespace {

const Instant kStart = *ParseRfc3339("2026-03-01T08:00:00+08:00");
const Instant kNow = kStart.PlusSeconds(600);

class Signing : public ::testing::Test {
 protected:
  http::Request Signed(std::string_view nonce, Instant at, std::string body = "{}") {
    http::Request request;
    request.method = "POST";
    request.target = "/v1/freezes";
    request.body = std::move(body);
    const http_signature::Fields fields =
        http_signature::Sign({"POST", "https://city.example/v1/freezes", request.body, "key-12345"}, signer_, nonce, at);
    request.headers.Add("Host", "city.example");
    request.headers.Add("Idempotency-Key", "key-12345");
    request.headers.Add("Content-Digest", fields.content_digest);
    request.headers.Add("Signature-Input", fields.signature_input);
    request.headers.Add("Signature", fields.signature);
    return request;
  }
  std::string SlugOf(const http::Request& request, Instant now = kNow) {
    const auto result = authenticator_.Authenticate(request, find_, OwnKey::kKnown, now);
    return result.ok() ? result->keyid : std::string(result.error().reason.slug);
  }

  SeededEntropy entropy_{5};
  p256::KeyPair key_ = p256::Generate(entropy_);
  http_signature::Signer signer_{"dev_x", http_signature::Algorithm::kEcdsaP256Sha256,
                                 [this](ByteSpan base) { return p256::Sign(key_, base); }};
  FindKey find_ = [this](std::string_view keyid) -> Result<std::optional<Key>> {
    if (keyid != "dev_x") return std::optional<Key>();
    return std::optional<Key>(
        Key{http_signature::Algorithm::kEcdsaP256Sha256, Bytes(key_.public_key.begin(), key_.public_key.end())});
  };
  Authenticator authenticator_{Options{{"city.example", "localhost:8443"}, kStart}};
};

TEST_F(Signing, TakesASignatureOnce) {
  const http::Request request = Signed("nonce-0123456789", kNow);
  EXPECT_EQ(SlugOf(request), "dev_x");
  EXPECT_EQ(SlugOf(request), "nonce_replayed");
  EXPECT_EQ(SlugOf(request, kNow.PlusSeconds(300)), "nonce_replayed");
  EXPECT_EQ(SlugOf(request, kNow.PlusSeconds(301)), "signature_time");
  EXPECT_EQ(SlugOf(Signed("nonce-9876543210", kNow)), "dev_x");
}

TEST_F(Signing, RefusesWhatWasSignedBeforeTheStart) {
  const Instant now = kStart.PlusSeconds(1);
  EXPECT_EQ(SlugOf(Signed("nonce-0123456789", kStart.PlusSeconds(-1)), now), "signature_before_start");
  // An earlier process may have taken it in this very second.
  EXPECT_EQ(SlugOf(Signed("nonce-0123456789", kStart), now), "signature_before_start");
  EXPECT_EQ(SlugOf(Signed("nonce-0123456789", now), now), "dev_x");
}

TEST_F(Signing, WhatAFastClockSignedIsKnownAfterARestart) {
  auto scratch = storage::Scratch::Open(kSchema);
  ASSERT_TRUE(scratch.ok());
  storage::Database& database = (*scratch)->database();
  const http::Request ahead = Signed("nonce-0123456789", kNow.PlusSeconds(1));
  const auto taken = authenticator_.Authenticate(ahead, find_, OwnKey::kKnown, kNow);
  ASSERT_TRUE(taken.ok() && taken->ahead);
  ASSERT_TRUE(database.Transact([&](storage::Transaction& t) { return WriteDown(t, *taken->ahead, kNow); }).ok());

  Authenticator restarted{Options{{"city.example"}, kNow}};
  ASSERT_TRUE(restarted.Recall(**database.Read()).ok());
  const auto again = restarted.Authenticate(ahead, find_, OwnKey::kKnown, kNow.PlusSeconds(1));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().reason, kNonceReplayed);
  EXPECT_TRUE(restarted.Authenticate(Signed("nonce-9876543210", kNow.PlusSeconds(1)), find_, OwnKey::kKnown, kNow).ok());
}

TEST_F(Signing, OnlyAFastClocksNonceIsToBeWrittenDown) {
  for (const auto& [offset, ahead] : {std::pair(-300, false), {-1, false}, {0, false}, {1, true}, {300, true}}) {
    const auto taken = authenticator_.Authenticate(
        Signed("nonce-of-" + std::to_string(10'000'000 + offset), kNow.PlusSeconds(offset)), find_, OwnKey::kKnown, kNow);
    ASSERT_TRUE(taken.ok()) << offset;
    EXPECT_EQ(taken->ahead.has_value(), ahead) << offset;
  }
}

TEST_F(Signing, AKeyThatIsBroughtFillsNoMemory) {
  const http::Request request = Signed("nonce-0123456789", kNow.PlusSeconds(1));
  for (int i = 0; i < 2; ++i) {
    const auto taken = authenticator_.Authenticate(request, find_, OwnKey::kBrought, kNow);
    ASSERT_TRUE(taken.ok());
    EXPECT_FALSE(taken->ahead);
  }
}

TEST_F(Signing, HostSignerAndDoubledHeadersHaveTheirReasons) {
  http::Request request = Signed("nonce-0123456789", kNow);
  http::Request other = request;
  other.headers = http::Headers();
  EXPECT_EQ(SlugOf(other), "host_unknown");
  other.headers.Add("Host", "evil.example");
  EXPECT_EQ(SlugOf(other), "host_unknown");
  other.headers = http::Headers();
  other.headers.Add("Host", "city.example");
  EXPECT_EQ(SlugOf(other), "signature_missing");
  // Signed for one name of the server, sent under another.
  other = request;
  other.headers = http::Headers();
  for (size_t i = 1; i < request.headers.size(); ++i) other.headers.Add(request.headers.name(i), request.headers.value(i));
  other.headers.Add("Host", "localhost:8443");
  EXPECT_EQ(SlugOf(other), "signature_wrong");
  request.headers.Add("Signature", "sig1=:AAAA:");
  EXPECT_EQ(SlugOf(request), "signature_malformed");
  signer_.keyid = "dev_unknown";
  EXPECT_EQ(SlugOf(Signed("nonce-0123456789", kNow)), "signer_unknown");
}

TEST_F(Signing, AWrongSignatureDoesNotUseUpTheNonce) {
  http::Request wrong = Signed("nonce-0123456789", kNow);
  wrong.target = "/v1/other";
  EXPECT_EQ(SlugOf(wrong), "signature_wrong");
  EXPECT_EQ(SlugOf(Signed("nonce-0123456789", kNow)), "dev_x");
}

std::string SlugOf(const Result<UsedNonce>& result) { return result.ok() ? "taken" : std::string(result.error().reason.slug); }

TEST(NonceMemory, IsBoundedAndForgetsInTime) {
  NonceMemory memory({.all = 3, .of_one_key = 2});
  EXPECT_EQ(SlugOf(memory.Remember("a", "1", kNow.seconds(), kNow)), "taken");
  EXPECT_EQ(SlugOf(memory.Remember("a", "2", kNow.seconds() + 300, kNow)), "taken");
  EXPECT_EQ(SlugOf(memory.Remember("a", "3", kNow.seconds(), kNow)), "nonces_full");  // A key's own bound,
  EXPECT_EQ(SlugOf(memory.Remember("b", "1", kNow.seconds(), kNow)), "taken");
  EXPECT_EQ(SlugOf(memory.Remember("c", "1", kNow.seconds(), kNow)), "nonces_full");  // and that of all.
  EXPECT_EQ(SlugOf(memory.Remember("a", "1", kNow.seconds(), kNow)), "nonce_replayed");
  const Instant later = kNow.PlusSeconds(1200);
  EXPECT_EQ(SlugOf(memory.Remember("a", "3", later.seconds(), later)), "taken");
}

TEST(NonceMemory, WhatIsWrittenDownGoesSomeAtATime) {
  auto scratch = storage::Scratch::Open(kSchema);
  ASSERT_TRUE(scratch.ok());
  constexpr storage::Sql kCount{"test_count_nonces", "SELECT COUNT(*) FROM used_nonce"};
  const auto write = [&](uint8_t first, uint8_t last, Instant now) {
    return (*scratch)->database().Transact([&](storage::Transaction& t) -> Result<void> {
      for (int i = first; i <= last; ++i) {
        const UsedNonce nonce{{static_cast<uint8_t>(i)}, now.seconds() + i};
        YUKUAI_TRY(WriteDown(t, nonce, now));
      }
      return {};
    });
  };
  const auto count = [&] { return (*(*scratch)->database().Read().value()->Query(kCount, {}))[0][0].Int(); };
  ASSERT_TRUE(write(1, 200, kNow).ok());
  EXPECT_EQ(count(), 200);
  ASSERT_TRUE(write(201, 201, kNow.PlusSeconds(1000)).ok());
  EXPECT_EQ(count(), 136);
  ASSERT_TRUE(write(202, 204, kNow.PlusSeconds(1000)).ok());
  EXPECT_EQ(count(), 4);
}

}  // namespace
}  // namespace yukuai::signing
