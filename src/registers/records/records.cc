// SPDX-License-Identifier: Apache-2.0
#include "registers/records/records.h"

namespace yukuai::records {
namespace {

using storage::Sql;

constexpr int kWaits = 1;
constexpr int kTookPlace = 2;
constexpr int kMayHaveTakenPlace = 3;
constexpr int kDone = 4;

constexpr Sql kInsert{"records_insert",
                      "INSERT INTO terminal_record (shard, terminal, counter, received_at, bytes) VALUES (?, ?, ?, ?, ?)"};
constexpr Sql kInsertHeld{"records_insert_held",
                          "INSERT INTO held_passage (shard, terminal, counter, state) VALUES (?, ?, ?, 1)"};
constexpr Sql kHeldState{"records_held_state", "SELECT state FROM held_passage WHERE shard = ? AND terminal = ? AND counter = ?"};
constexpr Sql kResolve{"records_resolve",
                       "UPDATE held_passage SET state = ? WHERE shard = ? AND terminal = ? AND counter = ? AND state = 1"};
constexpr Sql kReady{"records_ready",
                     "SELECT h.terminal, h.counter, h.state, r.bytes FROM held_passage h JOIN terminal_record r ON r.shard = "
                     "h.shard AND r.terminal = h.terminal AND r.counter = h.counter WHERE h.state IN (2, 3) AND (h.state, "
                     "h.shard, h.terminal, h.counter) > (?, ?, ?, ?) ORDER BY h.state, h.shard, h.terminal, h.counter LIMIT ?"};
constexpr Sql kMarkDone{"records_mark_done",
                        "UPDATE held_passage SET state = 4, result = ? WHERE shard = ? AND terminal = ? AND counter = ? AND "
                        "state IN (2, 3)"};
constexpr Sql kFind{"records_find", "SELECT bytes FROM terminal_record WHERE shard = ? AND terminal = ? AND counter = ?"};
constexpr Sql kCountReady{"records_count_ready", "SELECT COUNT(*) FROM held_passage WHERE state IN (2, 3)"};

}  // namespace

Result<void> Add(storage::Transaction& transaction, TerminalId terminal, uint64_t counter, ByteSpan bytes, Instant now) {
  YUKUAI_TRY(transaction.Execute(kInsert, {terminal.shard(), terminal, counter, now, Bytes(bytes.begin(), bytes.end())}));
  return {};
}

Result<void> AddHeld(storage::Transaction& transaction, TerminalId terminal, uint64_t counter) {
  YUKUAI_TRY(transaction.Execute(kInsertHeld, {terminal.shard(), terminal, counter}));
  return {};
}

Result<bool> IsHeld(storage::Reader& reader, TerminalId terminal, uint64_t counter) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kHeldState, {terminal.shard(), terminal, counter}));
  return !rows.empty() && rows[0][0].Int() == kWaits;
}

Result<void> Resolve(storage::Transaction& transaction, TerminalId terminal, uint64_t counter, Outcome outcome) {
  int state = kDone;  // A voided passage has nothing to apply.
  switch (outcome) {
    case Outcome::kConfirmed: state = kTookPlace; break;
    case Outcome::kVoided: state = kDone; break;
    case Outcome::kUnknown: state = kMayHaveTakenPlace; break;
  }
  YUKUAI_ASSIGN(const int64_t changed, transaction.Execute(kResolve, {state, terminal.shard(), terminal, counter}));
  if (changed != 1) return Fault(kHeldUnknown);
  return {};
}

Result<std::vector<Waiting>> Ready(storage::Reader& reader, size_t count_max, const std::optional<Waiting>& after) {
  const auto last = after.value_or(Waiting());
  const int state = !after ? 0 : last.outcome == Outcome::kUnknown ? kMayHaveTakenPlace : kTookPlace;
  YUKUAI_ASSIGN(const auto rows, reader.Query(kReady, {state, last.terminal.shard(), last.terminal, last.counter,
                                                       static_cast<int64_t>(count_max)}));
  std::vector<Waiting> waiting;
  waiting.reserve(rows.size());
  for (const storage::Row& row : rows) {
    waiting.push_back({TerminalId(row[0].Array<16>()), static_cast<uint64_t>(row[1].Int()),
                       row[2].Int() == kMayHaveTakenPlace ? Outcome::kUnknown : Outcome::kConfirmed, row[3].Blob()});
  }
  return waiting;
}

Result<void> MarkDone(storage::Transaction& transaction, TerminalId terminal, uint64_t counter, std::string_view result) {
  YUKUAI_TRY(transaction.Execute(kMarkDone, {result, terminal.shard(), terminal, counter}));
  return {};
}

Result<std::optional<Bytes>> Find(storage::Reader& reader, TerminalId terminal, uint64_t counter) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kFind, {terminal.shard(), terminal, counter}));
  if (rows.empty()) return std::optional<Bytes>();
  return std::optional<Bytes>(rows[0][0].Blob());
}

Result<int64_t> CountReady(storage::Reader& reader) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kCountReady, {}));
  return rows[0][0].Int();
}

}  // namespace yukuai::records
