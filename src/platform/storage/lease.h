// SPDX-License-Identifier: Apache-2.0
// The rows of writer_lease: who writes which shards. Every commit of a writer begins by renewing its row under its epoch, so
// whoever raises the epoch has ended the writer before. Internal to this module.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/storage/storage.h"

namespace yukuai::storage {

inline constexpr Shard kShardLast = kShardCount - 1;

struct Lease {
  std::string name;
  int64_t epoch = 0;
  std::string owner;
  Instant renewed_at;
  Shard first = 0;
  Shard last = kShardLast;
  bool released = false;                // Its owner has given it back.
  std::optional<std::string> address;   // Where its owner can be asked.
  std::optional<std::string> asked_by;  // A process that would like to have it.
};

struct LeaseHolder {
  std::string owner;
  std::optional<std::string> address;
};

// In the order of their shards.
Result<std::vector<Lease>> ReadLeases(Reader& reader);
// For a writer over all shards, where there is no lease yet. kStorageDefect when there are others.
Result<void> MakeLease(Transaction& transaction, const std::string& name, const LeaseHolder& holder, Instant now);
// Takes it as it stands: the new epoch.
Result<int64_t> TakeLease(Transaction& transaction, const std::string& name, const LeaseHolder& holder, Instant now);
// Takes it only if nobody has touched it since it was read: the new epoch, or nothing.
Result<std::optional<int64_t>> TakeUntouchedLease(Transaction& transaction, const Lease& seen, const LeaseHolder& holder,
                                                  Instant now);
Result<bool> RenewLease(Transaction& transaction, const std::string& name, int64_t epoch, Instant now);  // False: lost.
Result<void> ReleaseLease(Transaction& transaction, const std::string& name, int64_t epoch);             // If it is still ours.
Result<void> AskForLease(Transaction& transaction, const Lease& seen, const std::string& asking);

}  // namespace yukuai::storage
