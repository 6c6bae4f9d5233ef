// SPDX-License-Identifier: Apache-2.0
#include "gateway/signing/signing.h"

#include <algorithm>

#include "crypto/sm3/sm3.h"

namespace yukuai::signing {
namespace {

using storage::Sql;

constexpr int64_t kBucketSeconds = http_signature::kCreatedSkewSeconds;
constexpr int64_t kForgottenAtOnce = 64;

constexpr Sql kInsert{"signing_insert_nonce", "INSERT INTO used_nonce (shard, nonce_hash, created) VALUES (?, ?, ?)"};
constexpr Sql kSelect{"signing_select_nonces", "SELECT nonce_hash, created FROM used_nonce WHERE created > ?"};
// Those before the cutoff, but no more than the oldest few: the first commit after a long rest must not be a long one.
constexpr Sql kForget{"signing_forget_nonces",
                      "DELETE FROM used_nonce WHERE created < ? AND created <= COALESCE((SELECT created FROM used_nonce ORDER BY "
                      "created LIMIT 1 OFFSET ?), created)"};

// A header that must be unambiguous: two of them are as bad as a malformed one.
Result<std::optional<std::string_view>> Single(const http::Headers& headers, std::string_view name) {
  if (headers.Count(name) > 1) return Fault(http_signature::kSignatureMalformed, std::string(name) + " is sent twice");
  return headers.Find(name);
}

uint64_t NumberOf(const ByteArray<8>& hash) { return ByteReader(hash).U64(); }

}  // namespace

NonceMemory::Generation& NonceMemory::GenerationOf(int64_t created) {
  const int64_t bucket = created / kBucketSeconds;
  auto at = std::ranges::lower_bound(generations_, bucket, {}, &Generation::bucket);
  if (at == generations_.end() || at->bucket != bucket) at = generations_.insert(at, Generation{bucket, {}, {}});
  return *at;
}

Result<UsedNonce> NonceMemory::Remember(std::string_view keyid, std::string_view nonce, int64_t created, Instant now) {
  const sm3::Digest digest = sm3::Hash({AsBytes(keyid), AsBytes("\n"), AsBytes(nonce)});
  UsedNonce used;
  std::copy_n(digest.begin(), used.hash.size(), used.hash.begin());
  used.created = created;
  const uint64_t key = std::hash<std::string_view>()(keyid);

  const std::lock_guard lock(mutex_);
  // A signature is taken for kCreatedSkewSeconds on both sides of now: three buckets cover it.
  const int64_t oldest = (now.seconds() - http_signature::kCreatedSkewSeconds) / kBucketSeconds;
  while (!generations_.empty() && generations_.front().bucket < oldest) {
    size_ -= generations_.front().seen.size();
    generations_.pop_front();
  }
  Generation& generation = GenerationOf(created);
  if (generation.seen.contains(NumberOf(used.hash))) return Fault(kNonceReplayed);
  size_t of_key = 0;
  for (const Generation& one : generations_) {
    if (const auto count = one.of_key.find(key); count != one.of_key.end()) of_key += count->second;
  }
  if (of_key >= bounds_.of_one_key || size_ >= bounds_.all) return Fault(kNoncesFull);
  generation.seen.insert(NumberOf(used.hash));
  ++generation.of_key[key];
  ++size_;
  return used;
}

void NonceMemory::Recall(const UsedNonce& nonce) {
  const std::lock_guard lock(mutex_);
  if (GenerationOf(nonce.created).seen.insert(NumberOf(nonce.hash)).second) ++size_;
}

Result<void> WriteDown(storage::Transaction& transaction, const UsedNonce& nonce, Instant now) {
  const auto shard = static_cast<Shard>(NumberOf(nonce.hash) & (kShardCount - 1));
  YUKUAI_TRY(transaction.InsertIfAbsent(kInsert, {shard, nonce.hash, nonce.created}));
  YUKUAI_TRY(transaction.Execute(kForget, {now.seconds() - http_signature::kCreatedSkewSeconds, kForgottenAtOnce}));
  return {};
}

Result<void> Authenticator::Recall(storage::Reader& reader) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kSelect, {options_.started_at.seconds()}));
  for (const storage::Row& row : rows) nonces_.Recall({row[0].Array<8>(), row[1].Int()});
  return {};
}

Result<Authenticated> Authenticator::Authenticate(const http::Request& request, const FindKey& find, OwnKey own_key,
                                                  Instant now) {
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
  const http_signature::Parameters& parameters = parsed.parameters;
  if (parameters.created <= options_.started_at.seconds()) return Fault(kSignatureBeforeStart);
  YUKUAI_ASSIGN(const auto key, find(parameters.keyid));
  if (!key || key->algorithm != parameters.algorithm) return Fault(kSignerUnknown);
  YUKUAI_TRY(http_signature::VerifySignature(parsed, message, key->bytes));
  Authenticated authenticated{parameters.keyid, std::nullopt};
  if (own_key == OwnKey::kBrought) return authenticated;
  YUKUAI_ASSIGN(const UsedNonce used, nonces_.Remember(parameters.keyid, parameters.nonce, parameters.created, now));
  if (parameters.created > now.seconds()) authenticated.ahead = used;
  return authenticated;
}

}  // namespace yukuai::signing
