// SPDX-License-Identifier: Apache-2.0
#include "gateway/signing/signing.h"

#include <algorithm>

#include "crypto/sm3/sm3.h"

namespace yukuai::signing {
namespace {

constexpr int64_t kBucketSeconds = http_signature::kCreatedSkewSeconds;

// A header that must be unambiguous: two of them are as bad as a malformed one.
Result<std::optional<std::string_view>> Single(const http::Headers& headers, std::string_view name) {
  if (headers.Count(name) > 1) return Fault(http_signature::kSignatureMalformed, std::string(name) + " is sent twice");
  return headers.Find(name);
}

}  // namespace

Result<void> NonceMemory::Remember(std::string_view keyid, std::string_view nonce, int64_t created, Instant now) {
  // 64 bits of a hash: among a million remembered ones a false match has a chance of 2^-44, and costs one retry.
  const sm3::Digest digest = sm3::Hash({AsBytes(keyid), AsBytes("\n"), AsBytes(nonce)});
  ByteReader reader(digest);
  const uint64_t hash = reader.U64();
  const int64_t bucket = created / kBucketSeconds;
  const std::lock_guard lock(mutex_);
  // A signature is taken for kCreatedSkewSeconds on both sides of now: three buckets cover it.
  const int64_t oldest = (now.seconds() - http_signature::kCreatedSkewSeconds) / kBucketSeconds;
  while (!generations_.empty() && generations_.front().bucket < oldest) {
    size_ -= generations_.front().seen.size();
    generations_.pop_front();
  }
  auto at = std::ranges::lower_bound(generations_, bucket, {}, &Generation::bucket);
  if (at == generations_.end() || at->bucket != bucket) at = generations_.insert(at, Generation{bucket, {}});
  if (at->seen.contains(hash)) return Fault(kNonceReplayed);
  if (size_ >= capacity_) return Fault(kNoncesFull);
  at->seen.insert(hash);
  ++size_;
  return {};
}

Result<std::string> Authenticator::Authenticate(const http::Request& request, const FindKey& find, Instant now) {
  YUKUAI_ASSIGN(const auto host, Single(request.headers, "host"));
  if (!host || std::ranges::count(options_.authorities, *host) == 0) return Fault(kHostUnknown);
  YUKUAI_ASSIGN(const auto input, Single(request.headers, "signature-input"));
  YUKUAI_ASSIGN(const auto signature, Single(request.headers, "signature"));
  YUKUAI_ASSIGN(const auto digest, Single(request.headers, "content-digest"));
  YUKUAI_ASSIGN(const auto idempotency_key, Single(request.headers, "idempotency-key"));
  YUKUAI_ASSIGN(const http_signature::Signed parsed, http_signature::Parse(input, signature));

  const std::string uri = "https://" + std::string(*host) + request.target;
  const http_signature::Message message{request.method, uri, request.body, digest, idempotency_key};
  YUKUAI_TRY(http_signature::CheckCoverage(parsed, message, now));
  if (parsed.parameters.created < options_.started_at.seconds()) return Fault(kSignatureBeforeStart);
  YUKUAI_ASSIGN(const auto key, find(parsed.parameters.keyid));
  if (!key || key->algorithm != parsed.parameters.algorithm) return Fault(kSignerUnknown);
  YUKUAI_TRY(http_signature::VerifySignature(parsed, message, key->bytes));
  YUKUAI_TRY(nonces_.Remember(parsed.parameters.keyid, parsed.parameters.nonce, parsed.parameters.created, now));
  return parsed.parameters.keyid;
}

}  // namespace yukuai::signing
