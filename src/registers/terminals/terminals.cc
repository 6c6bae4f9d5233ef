// SPDX-License-Identifier: Apache-2.0
// Terminals in SQL, see terminals.h.
#include "registers/terminals/terminals.h"

#include <algorithm>

namespace yukuai::terminals {
namespace {

using storage::Row;
using storage::Sql;

constexpr size_t kPlaceBytesMax = 64;
constexpr std::string_view kProofLabel = "yukuai-terminal-enrolment";

constexpr Sql kInsertTerminal{
    "terminal_insert",
    "INSERT INTO terminal (shard, terminal_id, scene, point, directions, clearing_group, state, added_at, record_counter, "
    "record_hash, record_at) VALUES (?, ?, ?, ?, ?, ?, 'enabled', ?, ?, ?, ?)"};
constexpr Sql kInsertToken{
    "terminal_insert_token",
    "INSERT INTO terminal_token (shard, terminal_id, secret_hash, expires_at, reuse_count) VALUES (?, ?, ?, ?, 0)"};
constexpr Sql kSelectToken{"terminal_select_token",
                           "SELECT secret_hash, expires_at, used_at FROM terminal_token WHERE shard = ? AND terminal_id = ?"};
constexpr Sql kUseToken{"terminal_use_token",
                        "UPDATE terminal_token SET used_at = ? WHERE shard = ? AND terminal_id = ? AND used_at IS NULL"};
constexpr Sql kRecordReuse{
    "terminal_record_token_reuse",
    "UPDATE terminal_token SET reuse_count = reuse_count + 1, reused_at = ? WHERE shard = ? AND terminal_id = ?"};
constexpr Sql kSumReuses{"terminal_sum_token_reuses", "SELECT CAST(COALESCE(SUM(reuse_count), 0) AS BIGINT) FROM terminal_token"};
constexpr Sql kSetForgotten{"terminal_set_codes_forgotten",
                            "UPDATE terminal SET codes_forgotten = ? WHERE shard = ? AND terminal_id = ?"};
constexpr Sql kSumForgotten{"terminal_sum_codes_forgotten",
                            "SELECT CAST(COALESCE(SUM(codes_forgotten), 0) AS BIGINT) FROM terminal WHERE state = 'enabled'"};
constexpr Sql kSetKey{"terminal_set_key",
                      "UPDATE terminal SET public_key = ?, enrolled_at = ?, seen_at = ? WHERE shard = ? AND terminal_id = ? AND "
                      "public_key IS NULL"};
constexpr Sql kSelectTerminal{
    "terminal_select",
    "SELECT terminal_id, scene, point, directions, clearing_group, state, added_at, public_key, enrolled_at, seen_at, "
    "record_counter, record_hash, record_at FROM terminal WHERE shard = ? AND terminal_id = ?"};
constexpr Sql kSelectAll{
    "terminal_select_all",
    "SELECT terminal_id, scene, point, directions, clearing_group, state, added_at, public_key, enrolled_at, seen_at, "
    "record_counter, record_hash, record_at FROM terminal ORDER BY added_at, terminal_id"};
constexpr Sql kSetState{"terminal_set_state", "UPDATE terminal SET state = ? WHERE shard = ? AND terminal_id = ?"};
constexpr Sql kSetSeen{"terminal_set_seen", "UPDATE terminal SET seen_at = ? WHERE shard = ? AND terminal_id = ?"};
constexpr Sql kInsertFile{
    "terminal_insert_file",
    "INSERT INTO terminal_file (shard, terminal_id, kind, name, version, held_at) VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Sql kUpdateFile{"terminal_update_file",
                          "UPDATE terminal_file SET version = ?, held_at = ? WHERE shard = ? AND terminal_id = ? AND kind = ? "
                          "AND name = ? AND version <> ?"};
constexpr Sql kSelectFiles{
    "terminal_select_files",
    "SELECT kind, name, version, held_at FROM terminal_file WHERE shard = ? AND terminal_id = ? ORDER BY kind, name"};
// A terminal holds the freeze list of its own clearing group only, so one row of it is the whole answer.
constexpr Sql kSelectSpread{
    "terminal_select_spread",
    "SELECT f.version, f.held_at FROM terminal t LEFT JOIN terminal_file f ON f.shard = t.shard AND f.terminal_id = "
    "t.terminal_id "
    "AND f.kind = 2 AND f.name = CAST(t.clearing_group AS TEXT) WHERE t.state = 'enabled' AND t.public_key IS NOT NULL"};
constexpr Sql kSelectReceipt{
    "terminal_select_receipt",
    "SELECT record_hash, outcome FROM terminal_receipt WHERE shard = ? AND terminal_id = ? AND counter = ?"};
constexpr Sql kAdvance{
    "terminal_advance",
    "UPDATE terminal SET record_counter = ?, record_hash = ?, record_at = ?, seen_at = ? WHERE shard = ? AND terminal_id = ? AND "
    "record_counter = ? AND record_hash = ?"};
constexpr Sql kInsertReceipt{
    "terminal_insert_receipt",
    "INSERT INTO terminal_receipt (shard, terminal_id, counter, record_hash, record_at, received_at, outcome) VALUES "
    "(?, ?, ?, ?, ?, ?, ?)"};

std::optional<Instant> TimeOrNothing(const storage::Value& value) {
  return value.is_null() ? std::nullopt : std::optional(value.Time());
}

Terminal FromRow(const Row& row) {
  Terminal terminal;
  terminal.id = TerminalId(row[0].Array<16>());
  terminal.place = {row[1].Text(), row[2].Text(), static_cast<Directions>(row[3].Int()), static_cast<uint16_t>(row[4].Int())};
  terminal.enabled = row[5].Text() == "enabled";
  terminal.added_at = row[6].Time();
  if (!row[7].is_null()) terminal.public_key = sm2::PublicKey::Parse(row[7].Blob());
  terminal.enrolled_at = TimeOrNothing(row[8]);
  terminal.seen_at = TimeOrNothing(row[9]);
  terminal.head = {static_cast<uint64_t>(row[10].Int()), row[11].Array<32>(), row[12].Time()};
  return terminal;
}

sm3::Digest SecretHash(const Secret<ByteArray<16>>& secret) { return sm3::Hash(secret.Expose()); }

bool PlaceTextIsRight(std::string_view text) { return !text.empty() && text.size() <= kPlaceBytesMax && IsUtf8(text); }

}  // namespace

Result<Token> Token::Parse(std::string_view text) {
  const size_t separator = text.find('.');
  if (separator == std::string_view::npos) return Fault(kTokenMalformed);
  const auto id = TerminalId::Parse(text.substr(0, separator));
  const auto secret = ParseIdText(".", text.substr(separator));
  if (!id || !secret) return Fault(kTokenMalformed);
  return Token{*id, Secret<ByteArray<16>>(*secret)};
}

std::string Token::Text() const { return terminal.Text() + IdText(".", secret.Expose()); }

Bytes EnrolmentProofMessage(const Secret<ByteArray<16>>& secret, const sm2::CompressedKey& public_key) {
  return ByteWriter().AppendText(kProofLabel).Append(secret.Expose()).Append(public_key).Finish();
}

Result<Added> Add(storage::Transaction& transaction, const Place& place, Instant now, Entropy& entropy) {
  if (!PlaceTextIsRight(place.scene) || !PlaceTextIsRight(place.point)) return Fault(kTerminalPlaceMalformed);
  const ByteArray<2> spread = entropy.Take<2>();
  const auto shard = static_cast<Shard>((spread[0] << 8 | spread[1]) & (kShardCount - 1));
  const TerminalId id = TerminalId::Make(now, shard, entropy);
  Token token{id, Secret<ByteArray<16>>(entropy.Take<16>())};
  const Instant expires_at = now.PlusSeconds(kTokenSeconds);
  const record::ChainHead empty;
  YUKUAI_TRY(
      transaction.Execute(kInsertTerminal, {int64_t{shard}, id, place.scene, place.point, static_cast<int64_t>(place.directions),
                                            int64_t{place.clearing_group}, now, empty.counter, empty.digest, empty.at}));
  YUKUAI_TRY(transaction.Execute(kInsertToken, {int64_t{shard}, id, SecretHash(token.secret), expires_at}));
  return Added{id, std::move(token), expires_at};
}

Result<Enrolment> Enrol(storage::Transaction& transaction, const Token& token, const sm2::PublicKey& public_key,
                        const sm2::Signature& proof, Instant now) {
  const int64_t shard = token.terminal.shard();
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectToken, {shard, token.terminal}));
  // Unknown terminal, wrong secret: one answer.
  if (rows.empty() || !EqualConstantTime(rows[0][0].Blob(), SecretHash(token.secret))) return Enrolment(Refusal{kTokenRefused});
  const Bytes message = EnrolmentProofMessage(token.secret, public_key.compressed());
  const bool proven = sm2::Verify(public_key, AsBytes(sm2::kDefaultId), message, proof);
  const bool expired = now.seconds() > rows[0][1].Time().seconds();
  YUKUAI_ASSIGN(Terminal terminal, Load(transaction, token.terminal));
  if (!rows[0][2].is_null()) {
    const bool same_gate = terminal.public_key == public_key && proven && !expired;
    if (same_gate && terminal.enabled) return Enrolment(std::move(terminal));
    YUKUAI_TRY(transaction.Execute(kRecordReuse, {now, shard, token.terminal}));
    return Enrolment(Refusal{kTokenUsed});
  }
  if (expired) return Enrolment(Refusal{kTokenExpired});
  if (!proven) return Enrolment(Refusal{kProofRefused});
  if (!terminal.enabled) return Enrolment(Refusal{kTerminalDisabled});
  YUKUAI_ASSIGN(const int64_t used, transaction.Execute(kUseToken, {now, shard, token.terminal}));
  if (used != 1) return Fault(storage::kStorageBusy, "another writer redeems the token");
  YUKUAI_ASSIGN(const int64_t keyed, transaction.Execute(kSetKey, {public_key.compressed(), now, now, shard, token.terminal}));
  if (keyed != 1) return Fault(storage::kStorageBusy, "another writer enrols the terminal");
  terminal.public_key = public_key;
  terminal.enrolled_at = now;
  terminal.seen_at = now;
  return Enrolment(std::move(terminal));
}

Result<Terminal> Load(storage::Reader& reader, TerminalId id) {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectTerminal, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kTerminalUnknown);
  return FromRow(rows[0]);
}

Result<Terminal> LoadEnrolled(storage::Reader& reader, TerminalId id) {
  YUKUAI_ASSIGN(Terminal terminal, Load(reader, id));
  if (!terminal.public_key) return Fault(kTerminalUnknown);
  if (!terminal.enabled) return Fault(kTerminalDisabled);
  return terminal;
}

Result<std::vector<Terminal>> All(storage::Reader& reader) {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectAll, {}));
  std::vector<Terminal> terminals;
  terminals.reserve(rows.size());
  for (const Row& row : rows) terminals.push_back(FromRow(row));
  return terminals;
}

Result<void> SetEnabled(storage::Transaction& transaction, TerminalId id, bool enabled) {
  YUKUAI_ASSIGN(const int64_t changed,
                transaction.Execute(kSetState, {enabled ? "enabled" : "disabled", int64_t{id.shard()}, id}));
  if (changed != 1) return Fault(kTerminalUnknown);
  return {};
}

Result<int64_t> TokenReuses(storage::Reader& reader) {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSumReuses, {}));
  return rows.at(0)[0].Int();
}

Result<void> ReportFiles(storage::Transaction& transaction, TerminalId id, const std::vector<HeldFile>& files, Instant now) {
  const int64_t shard = id.shard();
  YUKUAI_ASSIGN(const int64_t seen, transaction.Execute(kSetSeen, {now, shard, id}));
  if (seen != 1) return Fault(kTerminalUnknown);
  for (const HeldFile& file : files) {
    const auto kind = static_cast<int64_t>(file.kind);
    YUKUAI_ASSIGN(const bool is_new, transaction.InsertIfAbsent(kInsertFile, {shard, id, kind, file.name, file.version, now}));
    if (is_new) continue;
    // The time stays when the version does: it says since when, not until when.
    YUKUAI_TRY(transaction.Execute(kUpdateFile, {file.version, now, shard, id, kind, file.name, file.version}));
  }
  return {};
}

Result<void> ReportForgotten(storage::Transaction& transaction, TerminalId id, uint64_t count) {
  YUKUAI_ASSIGN(const int64_t changed, transaction.Execute(kSetForgotten, {count, int64_t{id.shard()}, id}));
  if (changed != 1) return Fault(kTerminalUnknown);
  return {};
}

Result<int64_t> CodesForgotten(storage::Reader& reader) {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSumForgotten, {}));
  return rows.at(0)[0].Int();
}

Result<std::vector<HeldFile>> FilesOf(storage::Reader& reader, TerminalId id) {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectFiles, {int64_t{id.shard()}, id}));
  std::vector<HeldFile> files;
  for (const Row& row : rows) {
    files.push_back({static_cast<FileKind>(row[0].Int()), row[1].Text(), static_cast<uint64_t>(row[2].Int()), row[3].Time()});
  }
  return files;
}

Result<Spread> FreezeSpread(storage::Reader& reader, uint64_t version) {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectSpread, {}));
  Spread spread;
  for (const Row& row : rows) {
    ++spread.terminals_total;
    if (row[0].is_null() || static_cast<uint64_t>(row[0].Int()) < version) continue;
    ++spread.terminals_holding;
    const Instant held_at = row[1].Time();
    spread.last_terminal_at = std::max(spread.last_terminal_at.value_or(held_at), held_at);
  }
  return spread;
}

Result<std::optional<Receipt>> FindReceipt(storage::Reader& reader, TerminalId id, uint64_t counter) {
  // Counters come from outside; a column holds 63 bits.
  if (counter > INT64_MAX) return std::optional<Receipt>();
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectReceipt, {int64_t{id.shard()}, id, counter}));
  if (rows.empty()) return std::optional<Receipt>();
  return std::optional(Receipt{rows[0][0].Array<32>(), rows[0][1].Text()});
}

Result<void> Advance(storage::Transaction& transaction, TerminalId id, const record::ChainHead& head,
                     const record::ChainHead& next, std::string_view outcome, Instant now) {
  YUKUAI_CHECK(next.counter == head.counter + 1);
  const int64_t shard = id.shard();
  YUKUAI_ASSIGN(const int64_t advanced,
                transaction.Execute(kAdvance, {next.counter, next.digest, next.at, now, shard, id, head.counter, head.digest}));
  if (advanced != 1) return Fault(storage::kStorageBusy, "another writer takes in records of the terminal");
  YUKUAI_TRY(transaction.Execute(kInsertReceipt, {shard, id, next.counter, next.digest, next.at, now, outcome}));
  return {};
}

}  // namespace yukuai::terminals
