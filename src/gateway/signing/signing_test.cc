// SPDX-License-Identifier: Apache-2.0
#include "gateway/signing/signing.h"

#include <gtest/gtest.h>

#include "crypto/p256/p256.h"

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
    const auto result = authenticator_.Authenticate(request, find_, now);
    return result.ok() ? *result : std::string(result.error().reason.slug);
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
  EXPECT_EQ(SlugOf(Signed("nonce-0123456789", kStart.PlusSeconds(-1)), kStart), "signature_before_start");
  EXPECT_EQ(SlugOf(Signed("nonce-0123456789", kStart), kStart), "dev_x");
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

TEST(NonceMemory, IsBoundedAndForgetsInTime) {
  NonceMemory memory(2);
  EXPECT_TRUE(memory.Remember("a", "1", kNow.seconds(), kNow).ok());
  EXPECT_TRUE(memory.Remember("a", "2", kNow.seconds(), kNow).ok());
  EXPECT_EQ(memory.Remember("a", "3", kNow.seconds(), kNow).error().reason, kNoncesFull);
  EXPECT_EQ(memory.Remember("a", "1", kNow.seconds(), kNow).error().reason, kNonceReplayed);
  const Instant later = kNow.PlusSeconds(900);
  EXPECT_TRUE(memory.Remember("a", "3", later.seconds(), later).ok());
}

}  // namespace
}  // namespace yukuai::signing
