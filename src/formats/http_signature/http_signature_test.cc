// SPDX-License-Identifier: Apache-2.0
#include "formats/http_signature/http_signature.h"

#include <gtest/gtest.h>

#include "crypto/p256/p256.h"
#include "crypto/sm2/sm2.h"

namespace yukuai::http_signature {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");
constexpr std::string_view kUri = "https://city.example/v1/freezes";
constexpr std::string_view kNonce = "abcdefghijklmnop";

class HttpSignature : public ::testing::Test {
 protected:
  SeededEntropy entropy_{3};
  p256::KeyPair device_ = p256::Generate(entropy_);
  sm2::PrivateKey terminal_ = sm2::PrivateKey::Generate(entropy_);
  Signer device_signer_{"dev_x", Algorithm::kEcdsaP256Sha256, [this](ByteSpan base) { return p256::Sign(device_, base); }};
  Signer terminal_signer_{"ter_x", Algorithm::kSm2Sm3,
                          [this](ByteSpan base) { return sm2::Sign(terminal_, AsBytes(sm2::kDefaultId), base); }};
  Request post_{"POST", kUri, R"({"a":1})", "key-1"};

  Message MessageOf(const Request& request, const Fields& fields) {
    Message message{request.method, request.target_uri, request.body, std::nullopt, request.idempotency_key};
    if (!fields.content_digest.empty()) message.content_digest = fields.content_digest;
    return message;
  }
};

std::string_view SlugOf(const Result<void>& result) { return result.ok() ? "ok" : result.error().reason.slug; }

TEST_F(HttpSignature, WhatIsSignedVerifiesUnderItsKeyAlone) {
  const p256::KeyPair other = p256::Generate(entropy_);
  for (const Request& request : {post_, Request{"GET", kUri, "", std::nullopt}}) {
    const Fields by_device = Sign(request, device_signer_, kNonce, kNow);
    const auto parsed = Parse(by_device.signature_input, by_device.signature);
    ASSERT_TRUE(parsed.ok()) << parsed.error().detail;
    EXPECT_EQ(parsed->parameters.keyid, "dev_x");
    EXPECT_EQ(parsed->parameters.nonce, kNonce);
    const Message message = MessageOf(request, by_device);
    EXPECT_EQ(SlugOf(CheckCoverage(*parsed, message, kNow)), "ok");
    EXPECT_EQ(SlugOf(VerifySignature(*parsed, message, device_.public_key)), "ok");
    EXPECT_EQ(SlugOf(VerifySignature(*parsed, message, other.public_key)), "signature_wrong");

    const Fields by_terminal = Sign(request, terminal_signer_, kNonce, kNow);
    const auto second = Parse(by_terminal.signature_input, by_terminal.signature);
    ASSERT_TRUE(second.ok());
    EXPECT_EQ(SlugOf(VerifySignature(*second, MessageOf(request, by_terminal), terminal_.public_key().compressed())), "ok");
    EXPECT_EQ(SlugOf(VerifySignature(*second, MessageOf(request, by_terminal), device_.public_key)), "signature_wrong");
  }
}

TEST_F(HttpSignature, AnyChangeOfTheMessageIsFound) {
  const Fields fields = Sign(post_, device_signer_, kNonce, kNow);
  const auto parsed = Parse(fields.signature_input, fields.signature);
  ASSERT_TRUE(parsed.ok());
  Message message = MessageOf(post_, fields);
  message.method = "PUT";
  EXPECT_EQ(SlugOf(VerifySignature(*parsed, message, device_.public_key)), "signature_wrong");
  message = MessageOf(post_, fields);
  message.target_uri = "https://other.example/v1/freezes";
  EXPECT_EQ(SlugOf(VerifySignature(*parsed, message, device_.public_key)), "signature_wrong");
  message = MessageOf(post_, fields);
  message.idempotency_key = "key-2";
  EXPECT_EQ(SlugOf(VerifySignature(*parsed, message, device_.public_key)), "signature_wrong");
  message = MessageOf(post_, fields);
  message.body = R"({"a":2})";
  EXPECT_EQ(SlugOf(CheckCoverage(*parsed, message, kNow)), "content_digest_wrong");
  const std::string digest = ContentDigest(message.body);
  message.content_digest = digest;
  EXPECT_EQ(SlugOf(CheckCoverage(*parsed, message, kNow)), "ok");
  EXPECT_EQ(SlugOf(VerifySignature(*parsed, message, device_.public_key)), "signature_wrong");
}

TEST_F(HttpSignature, CoverageAndTimeHaveTheirReasons) {
  const Fields fields = Sign(post_, device_signer_, kNonce, kNow);
  const auto full = *Parse(fields.signature_input, fields.signature);
  const Message message = MessageOf(post_, fields);
  EXPECT_EQ(SlugOf(CheckCoverage(full, message, kNow.PlusSeconds(300))), "ok");
  EXPECT_EQ(SlugOf(CheckCoverage(full, message, kNow.PlusSeconds(301))), "signature_time");
  EXPECT_EQ(SlugOf(CheckCoverage(full, message, kNow.PlusSeconds(-300))), "ok");
  EXPECT_EQ(SlugOf(CheckCoverage(full, message, kNow.PlusSeconds(-301))), "signature_time");

  // A body or key that the signature leaves out, and a covered field that is not there.
  const Fields bare = Sign({"POST", kUri, "", std::nullopt}, device_signer_, kNonce, kNow);
  const auto uncovered = *Parse(bare.signature_input, bare.signature);
  EXPECT_EQ(SlugOf(CheckCoverage(uncovered, message, kNow)), "signature_components");
  EXPECT_EQ(SlugOf(CheckCoverage(full, {"POST", kUri, "", std::nullopt, std::nullopt}, kNow)), "signature_components");
}

TEST_F(HttpSignature, OnlyTheProfileIsRead) {
  const Fields good = Sign(post_, device_signer_, kNonce, kNow);
  const std::string params = ";created=1772323200;nonce=\"abcdefghijklmnop\";keyid=\"dev_x\";alg=\"sm2-sm3\"";
  const std::string list = "sig1=(\"@method\" \"@target-uri\")";
  ASSERT_TRUE(Parse(list + params, good.signature).ok());
  const std::string wrong_inputs[] = {
      "",
      "sig1=",
      "sig2=(\"@method\")" + params,
      "sig1=(\"@method\" \"@method\")" + params,
      "sig1=(\"@method\"  \"@target-uri\")" + params,
      "sig1=(\"@authority\")" + params,
      "sig1=(\"@method\";req)" + params,
      list + params + ";expires=5",
      list + params + ", sig2=()" + params,
      list + ";created=1",
      list + ";created=-5;nonce=\"abcdefghijklmnop\";keyid=\"dev_x\";alg=\"sm2-sm3\"",
      list + ";created=1;created=1;nonce=\"abcdefghijklmnop\";keyid=\"dev_x\";alg=\"sm2-sm3\"",
      list + ";created=1;nonce=\"short\";keyid=\"dev_x\";alg=\"sm2-sm3\"",
      list + ";created=1;nonce=\"abcdefghijklmnop\";keyid=\"\";alg=\"sm2-sm3\"",
      list + ";created=1;nonce=\"abcdefghijklmnop\";keyid=\"dev_x\";alg=\"rsa-v1_5-sha256\"",
      list + ";created=1;nonce=\"abcdefghijk\\\"mnop\";keyid=\"dev_x\";alg=\"sm2-sm3\"",
      list + ";created=1;nonce=\"" + std::string(65, 'a') + "\";keyid=\"dev_x\";alg=\"sm2-sm3\"",
      list + params + std::string(kFieldBytesMax, ' '),
  };
  for (const std::string& wrong : wrong_inputs) {
    const auto parsed = Parse(wrong, good.signature);
    ASSERT_FALSE(parsed.ok()) << wrong;
    EXPECT_EQ(parsed.error().reason, kSignatureMalformed);
  }
  for (const std::string& wrong :
       std::vector<std::string>{"", "sig1=", "sig1=::", "sig1=:AAAA:", "sig2" + good.signature.substr(4), good.signature + "x"}) {
    EXPECT_FALSE(Parse(good.signature_input, wrong).ok()) << wrong;
  }
  EXPECT_EQ(Parse(std::nullopt, std::nullopt).error().reason, kSignatureMissing);
  EXPECT_EQ(Parse(good.signature_input, std::nullopt).error().reason, kSignatureMalformed);
}

}  // namespace
}  // namespace yukuai::http_signature
