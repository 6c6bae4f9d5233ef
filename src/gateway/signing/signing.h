// SPDX-License-Identifier: Apache-2.0
// Who sent this request: checks the host, the signature's coverage and time, finds the key, verifies, and sees to it that a
// signature is taken once.
//
// A nonce is remembered in memory for as long as its signature would be good. A restart empties that memory, so two rules stand
// for it. What was signed up to the second of the start is refused (kSignatureBeforeStart): it may have been used before. What
// had been signed by a clock that runs ahead of ours is not caught by that, so its nonce, and only its, is written down when it
// is taken (WriteDown, in no later commit than the effect) and read again at the start (Recall). Nearly every clock is not
// ahead by a second, so nearly no request costs a write, and nobody waits after a restart longer than a second: rejected were
// refusing everything for the whole skew after a start, and a durable row for each request.
//
// What this leaves: a read whose nonce was still being written when the machine lost its power can be repeated once, and has no
// effect. The server's clock must not be set back across a restart. A request that brings its own key (`OwnKey::kBrought`) has
// no nonce remembered, because whoever may sign with any key could fill the memory: its Idempotency-Key, which the signature
// covers, makes it happen once.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/http_signature/http_signature.h"
#include "platform/http/message.h"
#include "platform/storage/storage.h"

namespace yukuai::signing {

extern const std::vector<storage::Migration> kSchema;

// In order of precedence, among those of formats/http_signature at their places.
inline constexpr Reason kHostUnknown{Kind::kMalformed, "host_unknown"};
// … signature_missing, signature_malformed, signature_components, signature_time, content_digest_wrong …
inline constexpr Reason kSignatureBeforeStart{Kind::kUnauthenticated, "signature_before_start"};
inline constexpr Reason kSignerUnknown{Kind::kUnauthenticated, "signer_unknown"};  // Also one that was revoked.
// … signature_wrong …
inline constexpr Reason kNonceReplayed{Kind::kUnauthenticated, "nonce_replayed"};
inline constexpr Reason kNoncesFull{Kind::kLimited, "nonces_full"};  // Of this key, or of all.

// A nonce that was taken, under its key: 64 bits of a hash. Among a million remembered ones a false match has a chance of
// 2^-44, and costs one retry.
struct UsedNonce {
  ByteArray<8> hash{};
  int64_t created = 0;  // Of the signature, UTC seconds.
};

// Remembers (keyid, nonce) until the signature is too old. Thread-safe, bounded.
class NonceMemory {
 public:
  struct Bounds {
    size_t all = 1'000'000;
    size_t of_one_key = 16'384;  // So that no single key can shut out the others.
  };
  explicit NonceMemory(Bounds bounds) : bounds_(bounds) {}
  // kNonceReplayed, kNoncesFull.
  Result<UsedNonce> Remember(std::string_view keyid, std::string_view nonce, int64_t created, Instant now);
  // One that an earlier process took. Not counted against its key, which is not known any more.
  void Recall(const UsedNonce& nonce);

 private:
  struct Generation {
    int64_t bucket = 0;
    std::unordered_set<uint64_t> seen;
    std::unordered_map<uint64_t, size_t> of_key;
  };
  Generation& GenerationOf(int64_t created);

  std::mutex mutex_;
  Bounds bounds_;
  size_t size_ = 0;
  std::deque<Generation> generations_;
};

// Forgets on the way those whose signatures are too old by now, some at a time.
Result<void> WriteDown(storage::Transaction& transaction, const UsedNonce& nonce, Instant now);

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

enum class OwnKey { kKnown, kBrought };

struct Authenticated {
  std::string keyid;
  std::optional<UsedNonce> ahead;  // To be written down before the request has an effect.
};

class Authenticator {
 public:
  explicit Authenticator(Options options, NonceMemory::Bounds bounds = {}) : options_(std::move(options)), nonces_(bounds) {}
  // What earlier processes wrote down. Once, before the first request.
  Result<void> Recall(storage::Reader& reader);
  // The id under which the request is signed.
  Result<Authenticated> Authenticate(const http::Request& request, const FindKey& find, OwnKey own_key, Instant now);

 private:
  Options options_;
  NonceMemory nonces_;
};

}  // namespace yukuai::signing
