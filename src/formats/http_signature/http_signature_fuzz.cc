// SPDX-License-Identifier: Apache-2.0
// Any two header values: parsing never crashes, and what parses has a base that verification can take. Any body: what signing
// writes, parsing reads, and it covers the message.
#include "formats/http_signature/http_signature.h"

namespace yukuai {
namespace {

void SignAndRead(std::string_view body) {
  constexpr Instant kNow{1'772'000'000'000'000};
  const bool write = !body.empty();
  const http_signature::Request request{write ? "POST" : "GET", "https://city.example/v1/me", body,
                                        write ? std::optional<std::string_view>("key-1") : std::nullopt};
  const auto algorithm = body.size() % 2 == 0 ? http_signature::Algorithm::kEcdsaP256Sha256 : http_signature::Algorithm::kSm2Sm3;
  const http_signature::Signer signer{"dev_1", algorithm, [](ByteSpan) { return ByteArray<64>{1}; }};
  const http_signature::Fields fields = http_signature::Sign(request, signer, "0123456789abcdefABCDEF", kNow);
  const auto read = http_signature::Parse(fields.signature_input, fields.signature);
  YUKUAI_CHECK(read.ok() && read->parameters.created == kNow.seconds());
  std::optional<std::string_view> digest;
  if (!fields.content_digest.empty()) digest = fields.content_digest;
  YUKUAI_CHECK(
      http_signature::CheckCoverage(*read, {request.method, request.target_uri, body, digest, request.idempotency_key}, kNow)
          .ok());
}

}  // namespace
}  // namespace yukuai

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  SignAndRead(text);
  const size_t line = text.find('\n');
  const std::string_view input = text.substr(0, line);
  const std::string_view signature = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  const auto parsed = http_signature::Parse(input, signature);
  if (!parsed.ok()) return 0;
  const std::string digest = http_signature::ContentDigest("body");
  const http_signature::Message message{"POST", "https://city.example/", "body", digest, "key"};
  const Instant at = Instant::FromSeconds(parsed->parameters.created);
  if (http_signature::CheckCoverage(*parsed, message, at).ok()) {
    const ByteArray<65> key{4};
    (void)http_signature::VerifySignature(*parsed, message, key);
  }
  return 0;
}
