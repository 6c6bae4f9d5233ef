// SPDX-License-Identifier: Apache-2.0
// Answers kept under an Idempotency-Key: found and kept inside the operation's own transaction, so an operation and its
// answer happen together or not at all. Bodies are sealed: a counter code must not lie in the database in clear.
#pragma once

#include "crypto/sm3/sm3.h"
#include "gateway/routing/routing.h"

namespace yukuai::routing {

struct Seal {
  const sealing::BoxKey& key;
  Entropy& entropy;
};

struct KeptUnder {
  Shard shard = 0;
  sm3::Digest caller{};
  std::string key;
  sm3::Digest request{};
};

// kIdempotencyKeyMissing.
Result<KeptUnder> MakeKeptUnder(const http::Request& request, const Caller& caller);
// The answer of an earlier request; kIdempotencyKeyReused when that request was another one.
Result<std::optional<Answer>> FindKept(storage::Reader& reader, const KeptUnder& under, const Seal& seal);
Result<void> Keep(storage::Transaction& transaction, const KeptUnder& under, const Answer& answer, const Seal& seal, Instant now);
// Removes what is older than kKeepAnswerSeconds.
Result<void> Purge(storage::Transaction& transaction, Instant now);

}  // namespace yukuai::routing
