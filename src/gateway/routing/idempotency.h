// SPDX-License-Identifier: Apache-2.0
// Answers kept under an Idempotency-Key: found and kept inside the operation's own transaction, so an operation and its
// answer happen together or not at all.
//
// What is kept tells nobody anything who has only the database: bodies are sealed (a counter code must not lie there in clear),
// and caller and request are there as HMAC-SM3 under a key of their own (an enrolment holds a document number; from a plain
// hash it could be guessed).
#pragma once

#include "crypto/sm3/sm3.h"
#include "gateway/routing/routing.h"

namespace yukuai::routing {

struct KeptUnder {
  Shard shard = 0;
  sm3::Digest caller{};
  std::string key;
  sm3::Digest request{};
  int64_t keep_seconds = kKeepAnswerSeconds;          // What was done.
  int64_t keep_refusal_seconds = kKeepAnswerSeconds;  // What was not.
};

// Thread-safe as far as the readers and transactions handed to it are not shared. The entropy outlives it.
class KeptAnswers {
 public:
  KeptAnswers(const Secret<ByteArray<32>>& key, Entropy& entropy);

  // kIdempotencyKeyMissing.
  Result<KeptUnder> Under(const Route& route, const http::Request& request, const Caller& caller) const;
  // The answer of an earlier request; kIdempotencyKeyReused when that request was another one.
  Result<std::optional<Answer>> Find(storage::Reader& reader, const KeptUnder& under) const;
  // Forgets on the way what is old enough, some at a time.
  Result<void> Keep(storage::Transaction& transaction, const KeptUnder& under, const Answer& answer, Instant now) const;

 private:
  sealing::BoxKey box_key_;
  Secret<ByteArray<32>> fingerprint_key_;
  Entropy& entropy_;
};

}  // namespace yukuai::routing
