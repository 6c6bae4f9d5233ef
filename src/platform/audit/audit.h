// SPDX-License-Identifier: Apache-2.0
// The audit log (docs/formats/audit.md) in the database: an operation appends its entry inside its own transaction, a seal
// commits all shards to a signed root, and from then on anybody can be handed proofs under that root.
//
// Everything is derived from the database. What is kept in memory (the sparse map of each shard) names the root it belongs to
// and is used only where the database holds that very root: a rolled-back transaction, a second process that seals, or a
// restored backup cannot make it wrong. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sm2/sm2.h"
#include "formats/audit_proof/bundle.h"
#include "platform/storage/migration.h"
#include "platform/storage/storage.h"

namespace yukuai::audit {

// In order of precedence.
inline constexpr Reason kAuditEntryInvalid{Kind::kInternal, "audit_entry_invalid"};  // A text is empty, too long or not UTF-8.
inline constexpr Reason kAuditNotSealed{Kind::kNotFound, "audit_not_sealed"};        // There is no root yet.
inline constexpr Reason kAuditBundleTooLarge{Kind::kRefused, "audit_bundle_too_large"};  // More entries than one bundle holds.
inline constexpr Reason kAuditInconsistent{Kind::kInternal, "audit_inconsistent"};       // The tables contradict each other.

extern const std::vector<storage::Migration> kSchema;

// Whose record an entry is about. A person's history is what concerns the person; a clerk and a terminal have each a history of
// their own, in their own shard, sealed and proven in the same way.
class Whose {
 public:
  Whose() = default;
  Whose(const PersonId& id) : Whose(id.bytes(), id.shard()) {}    // NOLINT: whoever is meant is named by his id
  Whose(const StaffId& id) : Whose(id.bytes(), id.shard()) {}     // NOLINT
  Whose(const TerminalId& id) : Whose(id.bytes(), id.shard()) {}  // NOLINT
  const ByteArray<16>& id() const { return id_; }
  Shard shard() const { return shard_; }

 private:
  Whose(const ByteArray<16>& id, Shard shard) : id_(id), shard_(shard) {}
  ByteArray<16> id_{};
  Shard shard_ = 0;
};

struct Entry {
  Whose whose;
  std::string action;   // A slug, 1..64 bytes: "ride_charged".
  std::string actor;    // 1..64 bytes: "person", "system", or of ActorStaff and ActorTerminal.
  std::string scene;    // Up to 80 bytes; empty when no scene is concerned.
  std::string details;  // JSON, up to 4096 bytes; empty for none.
};
std::string ActorStaff(const StaffId& staff);           // "staff:stf_…"
std::string ActorTerminal(const TerminalId& terminal);  // "terminal:ter_…"

struct AppendedEntry {
  Shard shard = 0;
  uint64_t position = 0;  // In the shard's log, from 0.
  uint64_t sequence = 0;  // Of whose it is, from 1.
  sm3::Digest commitment{};
};

struct HistoryItem {
  uint64_t sequence = 0;
  Instant at;
  std::string action;
  std::string actor;
  std::string scene;
  std::string details;
};
struct HistoryPage {
  std::optional<uint64_t> before = std::nullopt;  // Only entries with a lower sequence; nothing: from the newest.
  size_t size = 50;                               // 1..200
};

struct Keys {
  audit_proof::MapSecret map;  // Makes persons' pseudonyms. Never changes in the life of a city.
  sm2::PrivateKey log;         // Signs roots.
};

class MapCache;

class Log {
 public:
  Log(Keys keys, Entropy& entropy);  // entropy outlives the log.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Part of the operation's own transaction: both are committed or neither is.
  Result<AppendedEntry> Append(storage::Transaction& transaction, const Entry& entry, Instant now);

  // The next root over everything that is in the log, also when nothing is new. Its time is never before the last root's. The
  // first form is part of the caller's transaction, so the root may be shown only after its commit; the others commit.
  Result<audit_proof::SignedRoot> Seal(storage::Transaction& transaction, Instant now);
  Result<audit_proof::SignedRoot> SealDurably(storage::Writer& writer, Instant now);
  // For tools. Right beside a running server too: each of its transactions reads afresh what it needs.
  Result<audit_proof::SignedRoot> SealDurably(storage::Database& database, Instant now);

  // Newest first, sealed or not.
  Result<std::vector<HistoryItem>> History(storage::Reader& reader, const Whose& whose, const HistoryPage& page) const;

  // What the latest root proves of somebody; later entries are in none. kAuditNotSealed, kAuditBundleTooLarge.
  Result<audit_proof::Bundle> Bundle(storage::Reader& reader, const Whose& whose) const;
  Result<std::string> BundleJson(storage::Reader& reader, const Whose& whose) const;

  Result<audit_proof::SignedRoot> LatestRoot(storage::Reader& reader) const;  // kAuditNotSealed

  // Recomputes everything from the entries alone, by other code than wrote it: numbers without gaps, commitments, each
  // person's chain, trees, map, heads, the chain of roots with their signatures. kAuditInconsistent says what and where. Reads
  // the whole log: for tests, tools and `doctor`.
  Result<void> VerifyAll(storage::Reader& reader) const;

  const sm2::PublicKey& public_key() const { return keys_.log.public_key(); }

 private:
  Keys keys_;
  Entropy& entropy_;
  std::unique_ptr<MapCache> maps_;
};

}  // namespace yukuai::audit
