// SPDX-License-Identifier: Apache-2.0
// Who sent this request: checks the host, the signature's coverage and time, finds the key, verifies, and remembers the
// nonce for as long as the signature would be good. After a restart the memory is empty, therefore signatures made before
// the start are refused: nothing that was used before can be used again.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/http_signature/http_signature.h"
#include "platform/http/message.h"

namespace yukuai::signing {

// In order of precedence, among those of formats/http_signature at their places.
inline constexpr Reason kHostUnknown{Kind::kMalformed, "host_unknown"};
// … signature_missing, signature_malformed, signature_components, signature_time, content_digest_wrong …
inline constexpr Reason kSignatureBeforeStart{Kind::kUnauthenticated, "signature_before_start"};
inline constexpr Reason kSignerUnknown{Kind::kUnauthenticated, "signer_unknown"};  // Also one that was revoked.
// … signature_wrong …
inline constexpr Reason kNonceReplayed{Kind::kUnauthenticated, "nonce_replayed"};
inline constexpr Reason kNoncesFull{Kind::kLimited, "nonces_full"};

// Remembers (keyid, nonce) until the signature is too old. Thread-safe, bounded.
class NonceMemory {
 public:
  explicit NonceMemory(size_t capacity = 1'000'000) : capacity_(capacity) {}
  // kNonceReplayed, kNoncesFull.
  Result<void> Remember(std::string_view keyid, std::string_view nonce, int64_t created, Instant now);

 private:
  struct Generation {
    int64_t bucket = 0;
    std::unordered_set<uint64_t> seen;
  };
  std::mutex mutex_;
  size_t capacity_;
  size_t size_ = 0;
  std::deque<Generation> generations_;
};

struct Options {
  std::vector<std::string> authorities;  // "city.example", "localhost:8443": what a Host header may say.
  Instant started_at;
};

struct Key {
  http_signature::Algorithm algorithm = http_signature::Algorithm::kEcdsaP256Sha256;
  Bytes bytes;
};
// The key that speaks under this id, or nothing; kSignerUnknown is then the answer.
using FindKey = std::function<Result<std::optional<Key>>(std::string_view keyid)>;

class Authenticator {
 public:
  explicit Authenticator(Options options) : options_(std::move(options)) {}
  // The id under which the request is signed.
  Result<std::string> Authenticate(const http::Request& request, const FindKey& find, Instant now);

 private:
  Options options_;
  NonceMemory nonces_;
};

}  // namespace yukuai::signing
