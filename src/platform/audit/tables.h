// SPDX-License-Identifier: Apache-2.0
// Reading the log's tables into values; shared by appending, sealing, proving and verifying.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "crypto/merkle/tree.h"
#include "formats/audit_proof/records.h"
#include "platform/storage/storage.h"

namespace yukuai::audit {

struct NumberedRoot {
  uint64_t number = 0;  // 0: before the first root.
  audit_proof::SignedRoot root;
  sm3::Digest hash{};  // Zeros before the first root.
};
Result<NumberedRoot> ReadLatestRoot(storage::Reader& reader);
// Nothing when there is no such root.
Result<std::optional<sm3::Digest>> ReadRootHash(storage::Reader& reader, uint64_t number);

// Of every shard that has one.
Result<std::map<Shard, audit_proof::ShardHead>> ReadHeads(storage::Reader& reader);
// The 1024 leaves of the commitment to the shards.
std::vector<merkle::Hash> HeadLeaves(const std::map<Shard, audit_proof::ShardHead>& heads);

// Where each shard's log ends.
Result<std::map<Shard, merkle::Frontier>> ReadFrontiers(storage::Reader& reader);
Result<merkle::Frontier> ReadFrontier(storage::Reader& reader, Shard shard);  // Empty for a shard without entries.
Bytes PackPeaks(const merkle::Frontier& frontier);
Result<merkle::Frontier> UnpackFrontier(Shard shard, int64_t size, const Bytes& peaks);

struct MapLeaf {
  audit_proof::Subject subject{};
  uint64_t count = 0;
  sm3::Digest head{};
  ByteArray<16> blind{};

  merkle::MapValue Value() const { return audit_proof::MapValueOf(blind, count, head); }
};
Result<std::optional<MapLeaf>> ReadMapLeaf(storage::Reader& reader, Shard shard, const audit_proof::Subject& subject);
// Those that roots after this number brought.
Result<std::vector<MapLeaf>> ReadMapLeaves(storage::Reader& reader, Shard shard, uint64_t after_root);

struct StoredEntry {
  uint64_t position = 0;
  audit_proof::Subject subject{};
  uint64_t sequence = 0;
  sm3::Digest commitment{};
  audit_proof::Salt salt{};
  Bytes content;
};
// In order of position, from this one on.
Result<std::vector<StoredEntry>> ReadEntries(storage::Reader& reader, Shard shard, uint64_t from, size_t count_max);

}  // namespace yukuai::audit
