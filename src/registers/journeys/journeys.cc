// SPDX-License-Identifier: Apache-2.0
#include "registers/journeys/journeys.h"

#include <charconv>

namespace yukuai::journeys {
namespace {

using storage::Sql;
using storage::Value;

constexpr Sql kPassageByRecord{"journeys_passage_by_record",
                               "SELECT presentation FROM passage WHERE shard = ? AND terminal = ? AND counter = ?"};
constexpr Sql kPresentationFirst{"journeys_presentation_first",
                                 "SELECT terminal, counter FROM presentation WHERE shard = ? AND presentation = ?"};
constexpr Sql kInsertPassage{
    "journeys_insert_passage",
    "INSERT INTO passage (shard, terminal, counter, person, scene, passed_at, point, direction, cap_fen, "
    "presentation, concession, confirmed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kInsertPresentation{"journeys_insert_presentation",
                                  "INSERT INTO presentation (shard, presentation, terminal, counter) VALUES (?, ?, ?, ?)"};
constexpr Sql kInsertDisputed{"journeys_insert_disputed",
                              "INSERT INTO disputed_passage (shard, terminal, counter, person, first_terminal, first_counter, "
                              "recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kPassagesSince{
    "journeys_passages_since",
    "SELECT terminal, counter, passed_at, point, direction, cap_fen, presentation, concession, confirmed "
    "FROM passage WHERE shard = ? AND person = ? AND scene = ? AND passed_at >= ? ORDER BY passed_at, terminal, counter"};
#define YUKUAI_JOURNEY_COLUMNS                                                                                            \
  "journey, person, scene, subject, state, began_at, entry_at, entry_point, exit_at, exit_point, charged_fen, owed_fen, " \
  "lines, rule_version, revision, updated_at"
constexpr Sql kJourneysSince{"journeys_since", "SELECT " YUKUAI_JOURNEY_COLUMNS
                                               " FROM journey WHERE shard = ? AND person = ? AND scene = ? AND began_at >= ? "
                                               "ORDER BY began_at, journey"};
constexpr Sql kJourneyPage{"journeys_page", "SELECT " YUKUAI_JOURNEY_COLUMNS
                                            " FROM journey WHERE shard = ? AND person = ? AND state <> 5 AND (began_at < ? OR "
                                            "(began_at = ? AND journey < ?)) ORDER BY began_at DESC, journey DESC LIMIT ?"};
constexpr Sql kInsertJourney{"journeys_insert", "INSERT INTO journey (shard, " YUKUAI_JOURNEY_COLUMNS
                                                ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kUpdateJourney{"journeys_update",
                             "UPDATE journey SET state = ?, began_at = ?, entry_at = ?, entry_point = ?, exit_at = ?, exit_point "
                             "= ?, charged_fen = ?, owed_fen = ?, lines = ?, rule_version = ?, revision = ?, updated_at = ? "
                             "WHERE shard = ? AND journey = ? AND revision = ?"};
#undef YUKUAI_JOURNEY_COLUMNS
constexpr Sql kUnderWay{"journeys_under_way",
                        "SELECT MIN(began_at) FROM journey WHERE shard = ? AND person = ? AND scene = ? AND state <> 5 AND "
                        "began_at >= ? AND began_at < ? AND exit_at >= ?"};
constexpr Sql kSettledUntil{"journeys_settled_until",
                            "SELECT settled_until FROM settling WHERE shard = ? AND person = ? AND scene = ?"};
constexpr Sql kInsertSettling{"journeys_insert_settling",
                              "INSERT INTO settling (shard, person, scene, settled_until) VALUES (?, ?, ?, ?)"};
constexpr Sql kUpdateSettling{
    "journeys_update_settling",
    "UPDATE settling SET settled_until = ? WHERE shard = ? AND person = ? AND scene = ? AND settled_until < ?"};
constexpr Sql kHalves{"journeys_halves",
                      "SELECT began_at, journey, person FROM journey WHERE scene = ? AND state IN (1, 4) AND began_at <= ? AND "
                      "(began_at > ? OR (began_at = ? AND journey > ?)) ORDER BY began_at, journey LIMIT ?"};

Value OrNull(const std::optional<Instant>& at) { return at ? Value(*at) : Value(); }
Value OrNull(const std::string& text) { return text.empty() ? Value() : Value(text); }

std::optional<Instant> TimeOrNothing(const Value& value) {
  return value.is_null() ? std::nullopt : std::optional<Instant>(value.Time());
}
std::string TextOrEmpty(const Value& value) { return value.is_null() ? std::string() : value.Text(); }

Journey FromRow(const storage::Row& row) {
  Journey journey;
  journey.id = JourneyId(row[0].Array<16>());
  journey.person = PersonId(row[1].Array<16>());
  journey.scene = row[2].Text();
  journey.subject = row[3].Text();
  journey.state = static_cast<State>(row[4].Int());
  journey.began_at = row[5].Time();
  journey.entry_at = TimeOrNothing(row[6]);
  journey.entry_point = TextOrEmpty(row[7]);
  journey.exit_at = TimeOrNothing(row[8]);
  journey.exit_point = TextOrEmpty(row[9]);
  journey.charged = Money::Fen(row[10].Int());
  journey.owed = Money::Fen(row[11].Int());
  journey.lines = row[12].Text();
  journey.rule_version = row[13].Text();
  journey.revision = static_cast<uint64_t>(row[14].Int());
  journey.updated_at = row[15].Time();
  return journey;
}

std::vector<Journey> FromRows(const std::vector<storage::Row>& rows) {
  std::vector<Journey> journeys;
  journeys.reserve(rows.size());
  for (const storage::Row& row : rows) journeys.push_back(FromRow(row));
  return journeys;
}

}  // namespace

std::string RecordKey::Text() const { return terminal.Text() + ":" + std::to_string(counter); }

std::optional<RecordKey> RecordKey::Parse(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto terminal = TerminalId::Parse(text.substr(0, colon));
  const std::string_view digits = text.substr(colon + 1);
  uint64_t counter = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), counter);
  if (!terminal || error != std::errc() || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  return RecordKey{*terminal, counter};
}

Result<Found> FindPassage(storage::Reader& reader, const Passage& passage) {
  const Shard shard = passage.person.shard();
  YUKUAI_ASSIGN(const auto own, reader.Query(kPassageByRecord, {shard, passage.record.terminal, passage.record.counter}));
  if (!own.empty()) return Found{Standing::kKnown, std::nullopt};
  YUKUAI_ASSIGN(const auto first, reader.Query(kPresentationFirst, {shard, passage.presentation}));
  if (first.empty()) return Found{};
  return Found{Standing::kElsewhere, RecordKey{TerminalId(first[0][0].Array<16>()), static_cast<uint64_t>(first[0][1].Int())}};
}

Result<void> AddPassage(storage::Transaction& transaction, const Passage& passage) {
  const Shard shard = passage.person.shard();
  const auto cap = passage.cap ? Value(passage.cap->fen()) : Value();
  const auto concession = passage.concession == 0 ? Value() : Value(int{passage.concession});
  YUKUAI_TRY(transaction.Execute(kInsertPassage, {shard, passage.record.terminal, passage.record.counter, passage.person,
                                                  passage.scene, passage.at, passage.point, static_cast<int>(passage.direction),
                                                  cap, passage.presentation, concession, passage.confirmed ? 1 : 0}));
  YUKUAI_TRY(
      transaction.Execute(kInsertPresentation, {shard, passage.presentation, passage.record.terminal, passage.record.counter}));
  return {};
}

Result<void> AddDisputed(storage::Transaction& transaction, const Passage& passage, const RecordKey& first, Instant now) {
  YUKUAI_TRY(transaction.InsertIfAbsent(kInsertDisputed, {passage.person.shard(), passage.record.terminal, passage.record.counter,
                                                          passage.person, first.terminal, first.counter, now}));
  return {};
}

Result<std::vector<Passage>> PassagesSince(storage::Reader& reader, PersonId person, std::string_view scene, Instant since) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kPassagesSince, {person.shard(), person, scene, since}));
  std::vector<Passage> passages;
  passages.reserve(rows.size());
  for (const storage::Row& row : rows) {
    Passage passage;
    passage.record = {TerminalId(row[0].Array<16>()), static_cast<uint64_t>(row[1].Int())};
    passage.person = person;
    passage.scene = std::string(scene);
    passage.at = row[2].Time();
    passage.point = row[3].Text();
    passage.direction = static_cast<Direction>(row[4].Int());
    if (!row[5].is_null()) passage.cap = Money::Fen(row[5].Int());
    passage.presentation = row[6].Array<32>();
    passage.confirmed = row[8].is_null() || row[8].Int() != 0;
    if (!row[7].is_null()) passage.concession = static_cast<uint8_t>(row[7].Int());
    passages.push_back(std::move(passage));
  }
  return passages;
}

std::string_view StateSlug(State state) {
  switch (state) {
    case State::kOpen: return "open";
    case State::kClosed: return "closed";
    case State::kIncomplete: return "incomplete";
    case State::kUnpaired: return "unpaired";
    case State::kWithdrawn: return "withdrawn";
  }
  return "open";
}

Result<std::vector<Journey>> JourneysSince(storage::Reader& reader, PersonId person, std::string_view scene, Instant since) {
  YUKUAI_ASSIGN(const auto rows, reader.Query(kJourneysSince, {person.shard(), person, scene, since}));
  return FromRows(rows);
}

Result<std::optional<Instant>> SettledUntil(storage::Reader& reader, PersonId person, std::string_view scene) {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kSettledUntil, {person.shard(), person, scene}));
  return row ? std::optional((*row)[0].Time()) : std::nullopt;
}

Result<void> SetSettledUntil(storage::Transaction& transaction, PersonId person, std::string_view scene, Instant until) {
  const Shard shard = person.shard();
  YUKUAI_ASSIGN(const bool is_new, transaction.InsertIfAbsent(kInsertSettling, {shard, person, scene, until}));
  if (!is_new) YUKUAI_TRY(transaction.Execute(kUpdateSettling, {until, shard, person, scene, until}));
  return {};
}

Result<std::vector<Half>> Halves(storage::Reader& reader, std::string_view scene, Instant until, const std::optional<Half>& after,
                                 size_t count_max) {
  const Value at = after ? Value(after->began_at) : Value(INT64_MIN);
  const Value id = after ? Value(after->id) : Value(ByteArray<16>{});
  YUKUAI_ASSIGN(const auto rows, reader.Query(kHalves, {scene, until, at, at, id, static_cast<int64_t>(count_max)}));
  std::vector<Half> halves;
  halves.reserve(rows.size());
  for (const storage::Row& row : rows)
    halves.push_back({row[0].Time(), JourneyId(row[1].Array<16>()), PersonId(row[2].Array<16>())});
  return halves;
}

Result<Instant> WholeSince(storage::Reader& reader, PersonId person, std::string_view scene, Instant since) {
  const Instant earliest = since.PlusSeconds(-kUnderWaySecondsMax);
  YUKUAI_ASSIGN(const auto rows, reader.Query(kUnderWay, {person.shard(), person, scene, earliest, since, since}));
  return rows[0][0].is_null() ? since : rows[0][0].Time();
}

Result<std::vector<Journey>> JourneyPage(storage::Reader& reader, PersonId person, std::optional<PageMark> before,
                                         size_t count_max) {
  // Without a mark the page begins behind everything.
  const Value at = before ? Value(before->began_at) : Value(INT64_MAX);
  const Value id = before ? Value(before->id) : Value(ByteArray<16>{});
  YUKUAI_ASSIGN(const auto rows,
                reader.Query(kJourneyPage, {person.shard(), person, at, at, id, static_cast<int64_t>(count_max)}));
  return FromRows(rows);
}

Result<void> PutJourney(storage::Transaction& transaction, const Journey& j) {
  const Shard shard = j.person.shard();
  if (j.revision == 1) {
    YUKUAI_TRY(
        transaction.Execute(kInsertJourney, {shard, j.id, j.person, j.scene, j.subject, static_cast<int>(j.state), j.began_at,
                                             OrNull(j.entry_at), OrNull(j.entry_point), OrNull(j.exit_at), OrNull(j.exit_point),
                                             j.charged.fen(), j.owed.fen(), j.lines, j.rule_version, j.revision, j.updated_at}));
    return {};
  }
  YUKUAI_ASSIGN(
      const int64_t changed,
      transaction.Execute(kUpdateJourney, {static_cast<int>(j.state), j.began_at, OrNull(j.entry_at), OrNull(j.entry_point),
                                           OrNull(j.exit_at), OrNull(j.exit_point), j.charged.fen(), j.owed.fen(), j.lines,
                                           j.rule_version, j.revision, j.updated_at, shard, j.id, j.revision - 1}));
  if (changed != 1) return Fault(kJourneyChanged, j.id.Text());
  return {};
}

}  // namespace yukuai::journeys
