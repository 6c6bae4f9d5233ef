// SPDX-License-Identifier: Apache-2.0
// Signed HTTP requests: the one profile of RFC 9421 (HTTP Message Signatures) that phones, staff and terminals use. Both
// sides share this code. Covered, in any order: "@method", "@target-uri", and with a body "content-digest" (RFC 9530,
// sha-256), and with an Idempotency-Key that header. Parameters: created, nonce, keyid, alg; label sig1; nothing else.
//
//   Signature-Input: sig1=("@method" "@target-uri");created=1772323200;nonce="k3v…";keyid="dev_…";alg="ecdsa-p256-sha256"
//   Signature: sig1=:MEUC…:
//
// The signature base (section 2.5) for it, lines joined by LF:
//   "@method": GET
//   "@target-uri": https://city.example/v1/me
//   "@signature-params": ("@method" "@target-uri");created=…;nonce="…";keyid="…";alg="…"
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::http_signature {

// In order of precedence; nonces and keys are the gateway's.
inline constexpr Reason kSignatureMissing{Kind::kUnauthenticated, "signature_missing"};
inline constexpr Reason kSignatureMalformed{Kind::kMalformed, "signature_malformed"};
inline constexpr Reason kSignatureComponents{Kind::kUnauthenticated,
                                             "signature_components"};              // Something is not covered that must be.
inline constexpr Reason kSignatureTime{Kind::kUnauthenticated, "signature_time"};  // created is too far from now.
inline constexpr Reason kContentDigestWrong{Kind::kUnauthenticated, "content_digest_wrong"};
inline constexpr Reason kSignatureWrong{Kind::kUnauthenticated, "signature_wrong"};

inline constexpr size_t kFieldBytesMax = 2048;
inline constexpr size_t kNonceBytesMin = 16;  // As text.
inline constexpr size_t kTextBytesMax = 64;   // Of nonce and keyid.
inline constexpr int64_t kCreatedSkewSeconds = 300;

enum class Algorithm : uint8_t { kEcdsaP256Sha256, kSm2Sm3 };
std::string_view AlgorithmName(Algorithm algorithm);  // "ecdsa-p256-sha256", "sm2-sm3"

enum class Component : uint8_t { kMethod, kTargetUri, kContentDigest, kIdempotencyKey };
std::string_view ComponentName(Component component);

struct Parameters {
  std::vector<Component> components;
  int64_t created = 0;  // UTC seconds.
  std::string nonce;
  std::string keyid;
  Algorithm algorithm = Algorithm::kEcdsaP256Sha256;
};

// What of a message is signed. Views must outlive the call.
struct Message {
  std::string_view method;
  std::string_view target_uri;  // "https://city.example/v1/rides?page_size=2"
  std::string_view body;
  std::optional<std::string_view> content_digest;  // Field values as sent.
  std::optional<std::string_view> idempotency_key;
};

struct Signed {
  Parameters parameters;
  std::string parameters_text;  // As sent; it is part of the base.
  ByteArray<64> signature{};    // r || s
};

// Strict: exactly the profile. kSignatureMissing when both are absent, kSignatureMalformed otherwise.
Result<Signed> Parse(std::optional<std::string_view> signature_input, std::optional<std::string_view> signature);

// Whether everything is covered that must be, the time is near, and the body is the one that was digested. The signature
// itself is not looked at. kSignatureComponents, kSignatureTime, kContentDigestWrong.
Result<void> CheckCoverage(const Signed& signed_message, const Message& message, Instant now);

// What the key signs. The message has every component that is covered (CheckCoverage).
std::string SignatureBase(const Signed& signed_message, const Message& message);

// `key` is 65 bytes (P-256, uncompressed) or 33 (SM2, compressed), as the algorithm wants it.
Result<void> VerifySignature(const Signed& signed_message, const Message& message, ByteSpan key);

std::string ContentDigest(std::string_view body);  // "sha-256=:…:"

// The client's side: the fields to send. `sign` gets the base.
struct Fields {
  std::string content_digest;  // Empty without a body.
  std::string signature_input;
  std::string signature;
};
struct Request {
  std::string_view method;
  std::string_view target_uri;
  std::string_view body;
  std::optional<std::string_view> idempotency_key;
};
struct Signer {
  std::string keyid;
  Algorithm algorithm = Algorithm::kEcdsaP256Sha256;
  std::function<ByteArray<64>(ByteSpan base)> sign;
};
Fields Sign(const Request& request, const Signer& signer, std::string_view nonce, Instant now);

}  // namespace yukuai::http_signature
