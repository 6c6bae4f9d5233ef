// SPDX-License-Identifier: Apache-2.0
// Terminals' records as received, and the passages among them that still have to be applied to a person. Terminal and person
// live in different shards: a record is stored and acknowledged in the terminal's shard, and its passage is applied in the
// person's afterwards, as often as it takes, idempotently. A crash between the two leaves it in Ready().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "platform/storage/storage.h"

namespace yukuai::records {

extern const std::vector<storage::Migration> kSchema;

// A confirmation, voiding or unknown that names no held record, or one that already has an outcome.
inline constexpr Reason kHeldUnknown{Kind::kConflict, "record_held_unknown"};

enum class Outcome : uint8_t { kConfirmed, kVoided, kUnknown };

struct Waiting {
  TerminalId terminal;
  uint64_t counter = 0;
  Outcome outcome = Outcome::kConfirmed;  // Confirmed or unknown.
  Bytes bytes;                            // The held record.
};

// The record must be the terminal's next; registers/terminals judged that in the same transaction.
Result<void> Add(storage::Transaction& transaction, TerminalId terminal, uint64_t counter, ByteSpan bytes, Instant now);
Result<void> AddHeld(storage::Transaction& transaction, TerminalId terminal, uint64_t counter);
// Whether `counter` names a held record that waits for its outcome.
Result<bool> IsHeld(storage::Reader& reader, TerminalId terminal, uint64_t counter);
// Gives a held record its outcome. kHeldUnknown.
Result<void> Resolve(storage::Transaction& transaction, TerminalId terminal, uint64_t counter, Outcome outcome);
// What is to be applied, each terminal's oldest counters first, at most `count_max`; of that order what comes after `after`.
Result<std::vector<Waiting>> Ready(storage::Reader& reader, size_t count_max, const std::optional<Waiting>& after = std::nullopt);
// Applied (or found not applicable): `result` is the slug of what it came to. Doing it again changes nothing.
Result<void> MarkDone(storage::Transaction& transaction, TerminalId terminal, uint64_t counter, std::string_view result);
Result<std::optional<Bytes>> Find(storage::Reader& reader, TerminalId terminal, uint64_t counter);
Result<int64_t> CountReady(storage::Reader& reader);

}  // namespace yukuai::records
