// SPDX-License-Identifier: Apache-2.0
// The proof bundle a person is given, the note a phone keeps between two of them, and the judgement over both. Pure: this is
// all the stand-alone verifier runs, and it needs nothing from the operator but the log's public key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "formats/audit_proof/records.h"

namespace yukuai::audit_proof {

// In order of precedence: when several hold, the first is the verdict.
inline constexpr Reason kBundleMalformed{Kind::kMalformed, "bundle_malformed"};
inline constexpr Reason kRememberedMalformed{Kind::kMalformed, "remembered_malformed"};
inline constexpr Reason kRootSignature{Kind::kRefused, "root_signature"};      // Not signed by the log key.
inline constexpr Reason kShardInclusion{Kind::kRefused, "shard_inclusion"};    // The root does not commit to this shard head.
inline constexpr Reason kMapProof{Kind::kRefused, "map_proof"};                // The map does not hold this count and head.
inline constexpr Reason kEntryMissing{Kind::kRefused, "entry_missing"};        // Not exactly the entries 1..count.
inline constexpr Reason kEntryChain{Kind::kRefused, "entry_chain"};            // Order, person, previous or newest do not fit.
inline constexpr Reason kEntryInclusion{Kind::kRefused, "entry_inclusion"};    // An entry is not in the shard's log.
inline constexpr Reason kRememberedCount{Kind::kRefused, "remembered_count"};  // There were more entries before.
inline constexpr Reason kRememberedHead{Kind::kRefused, "remembered_head"};    // What was the newest entry is another now.
inline constexpr Reason kRememberedRoot{Kind::kRefused, "remembered_root"};    // An older root, or two of one number.

inline constexpr size_t kBundleBytesMax = 64u << 20;
inline constexpr size_t kRememberedBytesMax = 4096;
inline constexpr size_t kEntriesMax = 65536;
inline constexpr uint64_t kNumberMax = (uint64_t{1} << 53) - 1;  // JSON readers in browsers are exact up to here.

struct BundleEntry {
  Salt salt{};
  Bytes content;
  EntryContent decoded;  // Of content.
  uint64_t index = 0;    // In the shard's log.
  std::vector<merkle::Hash> proof;
};

struct Bundle {
  SignedRoot root;
  Shard shard = 0;
  ShardHead head;
  std::vector<merkle::Hash> shard_proof;
  Subject subject{};
  uint64_t count = 0;
  sm3::Digest newest{};                // Commitment of entry number count; zeros when count is 0.
  std::optional<ByteArray<16>> blind;  // Missing exactly when count is 0: then the map holds nothing for the subject.
  merkle::MapProof map_proof;
  std::vector<BundleEntry> entries;  // 1..count, in order.
};

// Strict: unknown or missing fields, numbers out of range, text that is not canonical base64url are refused. The detail names
// the place, never the content.
Result<Bundle> ParseBundle(std::string_view json);
std::string WriteBundle(const Bundle& bundle);

// What the phone keeps of the newest bundle it believed. The whole signed root, because two different ones of one number are
// evidence against the operator that anybody can check.
struct Remembered {
  SignedRoot root;
  uint64_t count = 0;
  sm3::Digest head{};

  friend bool operator==(const Remembered&, const Remembered&) = default;
};
Result<Remembered> ParseRemembered(std::string_view json);
std::string WriteRemembered(const Remembered& remembered);
Remembered ToRemember(const Bundle& bundle);

enum class Outcome { kHeld, kFailed, kNotAsked };  // Not asked: nothing was remembered.
struct Check {
  Reason reason;
  Outcome outcome;
  std::string finding;  // One English sentence part: what held, or what did not.
};
struct Judgement {
  std::vector<Check> checks;             // All of them, in order of precedence; each is judged whatever the others say.
  std::optional<Reason> reason() const;  // The first that failed.
};
Judgement Judge(const Bundle& bundle, const sm2::PublicKey& log_key, const std::optional<Remembered>& remembered);

}  // namespace yukuai::audit_proof
