// SPDX-License-Identifier: Apache-2.0
// Passages that took place and the journeys computed from them. The register stores; what a passage means and what a journey
// costs is decided by rule sets and brought here by scenes/operation.
//
// Invariants: a record (terminal, counter) makes one passage; a presentation (one showing of a code) makes one passage in
// the whole city; a journey is named by the record of its first passage.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids/ids.h"
#include "base/money/money.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sm3/sm3.h"
#include "platform/storage/storage.h"

namespace yukuai::journeys {

extern const std::vector<storage::Migration> kSchema;

struct RecordKey {
  TerminalId terminal;
  uint64_t counter = 0;
  std::string Text() const;  // "ter_…:17"
  static std::optional<RecordKey> Parse(std::string_view text);
  friend bool operator==(const RecordKey&, const RecordKey&) = default;
};

enum class Direction : uint8_t { kIn = 1, kOut = 2 };

struct Passage {
  RecordKey record;
  PersonId person;
  std::string scene;
  Instant at;
  std::string point;
  Direction direction = Direction::kIn;
  std::optional<Money> cap;    // What the carrier allowed for one use.
  uint8_t concession = 0;      // The person's class then, as the code's account types number it (1..5); 0: not written down.
  sm3::Digest presentation{};  // SM3 of the whole code.
  bool confirmed = true;       // False: the gate opened and cannot say whether somebody went through.
};

// What the register already knows of a passage.
enum class Standing {
  kNew,
  kKnown,     // This very record has been added.
  kElsewhere  // The same presentation was claimed by another record first.
};
struct Found {
  Standing standing = Standing::kNew;
  std::optional<RecordKey> first;  // For kElsewhere.
};
Result<Found> FindPassage(storage::Reader& reader, const Passage& passage);
// The passage must be new: a caller asks first, in the same transaction.
Result<void> AddPassage(storage::Transaction& transaction, const Passage& passage);
// Keeps a second claim for people to look at; adding it again changes nothing.
Result<void> AddDisputed(storage::Transaction& transaction, const Passage& passage, const RecordKey& first, Instant now);
// By time.
Result<std::vector<Passage>> PassagesSince(storage::Reader& reader, PersonId person, std::string_view scene, Instant since);

enum class State : uint8_t { kOpen = 1, kClosed = 2, kIncomplete = 3, kUnpaired = 4, kWithdrawn = 5 };
std::string_view StateSlug(State state);  // "open" …

struct Journey {
  JourneyId id;
  PersonId person;
  std::string scene;
  std::string subject;  // RecordKey::Text of its first passage.
  State state = State::kOpen;
  Instant began_at;
  std::optional<Instant> entry_at;
  std::string entry_point;  // Empty when unknown.
  std::optional<Instant> exit_at;
  std::string exit_point;
  Money charged;             // Net of refunds, paid or owed.
  Money owed;                // The part that the balance did not cover.
  std::string lines = "[]";  // The explanation, as the JSON array that the API shows.
  std::string rule_version;
  uint64_t revision = 0;  // Counts changes; names the transfers of each.
  Instant updated_at;
};

// Of a person and scene, begun at or after `since`, by time.
Result<std::vector<Journey>> JourneysSince(storage::Reader& reader, PersonId person, std::string_view scene, Instant since);
// When a person's missing halves of journeys in a scene were last settled.
Result<std::optional<Instant>> SettledUntil(storage::Reader& reader, PersonId person, std::string_view scene);
// Never moves back.
Result<void> SetSettledUntil(storage::Transaction& transaction, PersonId person, std::string_view scene, Instant until);

// A journey whose other half is missing: open, or unpaired.
struct Half {
  Instant began_at;
  JourneyId id;
  PersonId person;
};
// Of a scene, begun at or before `until`, oldest first, after `after` (exclusive), at most `count_max`: over all shards.
Result<std::vector<Half>> Halves(storage::Reader& reader, std::string_view scene, Instant until, const std::optional<Half>& after,
                                 size_t count_max);

// `since`, or the beginning of the journey that was under way then: from there on passages make whole journeys.
inline constexpr int64_t kUnderWaySecondsMax = 8 * 86400;  // A journey that began earlier than this is not looked for.
Result<Instant> WholeSince(storage::Reader& reader, PersonId person, std::string_view scene, Instant since);
// Newest first, begun before `before` (exclusive; ties are broken by id).
struct PageMark {
  Instant began_at;
  JourneyId id;
};
Result<std::vector<Journey>> JourneyPage(storage::Reader& reader, PersonId person, std::optional<PageMark> before,
                                         size_t count_max);
// Inserts a journey of revision 1, or replaces the one of revision - 1; kJourneyChanged when another change came between.
inline constexpr Reason kJourneyChanged{Kind::kInternal, "journey_changed"};
Result<void> PutJourney(storage::Transaction& transaction, const Journey& journey);

}  // namespace yukuai::journeys
