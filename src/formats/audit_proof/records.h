// SPDX-License-Identifier: Apache-2.0
// The binary records of the audit log (docs/formats/audit.md): entry content, the heads of the shards, the signed root.
// Values <-> bytes and the hashes over them; who keeps them where is platform/audit's business.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/bytes/bytes.h"
#include "base/ids/ids.h"
#include "base/secret/secret.h"
#include "base/time/time.h"
#include "crypto/merkle/sparse_map.h"
#include "crypto/merkle/tree.h"
#include "crypto/sm2/sm2.h"
#include "crypto/sm3/sm3.h"

namespace yukuai::audit_proof {

using MapSecret = Secret<ByteArray<32>>;
using Subject = ByteArray<32>;  // The pseudonym in the log of whose record it is: HMAC-SM3(map key, id).
using Salt = ByteArray<16>;

inline constexpr size_t kActionMax = 64;
inline constexpr size_t kActorMax = 64;
inline constexpr size_t kSceneMax = 80;
inline constexpr size_t kDetailsMax = 4096;
// Magic, subject, sequence, previous and time, then four sized fields.
inline constexpr size_t kContentMax =
    4 + 32 + 8 + 32 + 8 + (2 + kActionMax) + (2 + kActorMax) + (2 + kSceneMax) + (2 + kDetailsMax);

Subject SubjectOf(const MapSecret& map_key, const ByteArray<16>& id);

struct EntryContent {
  Subject subject{};
  uint64_t sequence = 0;   // 1, 2, 3 … of this person.
  sm3::Digest previous{};  // The commitment of this person's entry before; zeros at 1.
  Instant at;
  std::string action;   // A slug, never empty.
  std::string actor;    // "person", "staff:stf_…", "terminal:ter_…", "system"; never empty.
  std::string scene;    // Empty when no scene is concerned.
  std::string details;  // JSON; empty for none.

  friend bool operator==(const EntryContent&, const EntryContent&) = default;
};

// Every text is UTF-8 and within its bound, action and actor are not empty, the sequence is at least 1.
bool IsValid(const EntryContent& content);
Bytes EncodeContent(const EntryContent& content);  // Of a valid content.
std::optional<EntryContent> DecodeContent(ByteSpan bytes);
sm3::Digest CommitmentOf(const Salt& salt, ByteSpan content);
merkle::MapValue MapValueOf(const ByteArray<16>& blind, uint64_t count, const sm3::Digest& head);

// What a root says of one shard.
struct ShardHead {
  uint64_t size = 0;
  merkle::Hash log_root{};
  sm3::Digest map_root{};

  static ShardHead Empty();  // No entries: the empty tree and the empty map.
  friend bool operator==(const ShardHead&, const ShardHead&) = default;
};
merkle::Hash HeadLeafOf(const ShardHead& head);  // Leaf hash in the commitment to the shards.

struct Root {
  uint64_t number = 0;  // 1, 2, 3 …
  Instant at;
  sm3::Digest previous{};  // Hash of the signed root before; zeros at 1.
  merkle::Hash commitment{};

  friend bool operator==(const Root&, const Root&) = default;
};

struct SignedRoot {
  Root root;
  sm2::Signature signature{};

  friend bool operator==(const SignedRoot&, const SignedRoot&) = default;
};

inline constexpr size_t kSignedRootSize = 4 + 8 + 8 + 32 + 32 + 64;
using SignedRootBytes = ByteArray<kSignedRootSize>;

Bytes SignedPartOf(const Root& root);  // What the log key signs, with the default user ID.
SignedRootBytes EncodeRoot(const SignedRoot& signed_root);
std::optional<SignedRoot> DecodeRoot(ByteSpan bytes);
sm3::Digest RootHashOf(const SignedRoot& signed_root);
bool VerifyRoot(const SignedRoot& signed_root, const sm2::PublicKey& log_key);

}  // namespace yukuai::audit_proof
