// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>

#include "base/result/check.h"
#include "platform/storage/postgres_sql.h"
#include "platform/storage/postgres_values.h"

namespace yukuai::storage {
namespace {

// As for SQLite: texts are constants, except multi-row inserts.
constexpr size_t kStatementsMax = 512;
constexpr int kBinaryResults = 1;
// The server gives up this much earlier than we do, so that a slow statement ends with a certain outcome and a usable connection.
constexpr int kServerEarlierMs = 500;
constexpr int kLockWaitMs = 1000;
constexpr int64_t kNever = INT64_MAX;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string_view Field(const pg_result* result, int field) {
  const char* text = result == nullptr ? nullptr : PQresultErrorField(result, field);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

bool Changes(std::string_view tag) { return tag.starts_with("INSERT") || tag.starts_with("UPDATE") || tag.starts_with("DELETE"); }

}  // namespace

bool IsConflictState(std::string_view sqlstate) { return sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03"; }

bool IsLossState(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P0") || sqlstate == "25P03";
}

Reason ReasonOfState(std::string_view sqlstate) {
  if (IsConflictState(sqlstate)) return kStorageBusy;
  if (IsLossState(sqlstate)) return kStorageUnavailable;
  if (sqlstate == "23505") return kUniqueViolation;
  if (sqlstate == "53100") return kStorageFull;
  if (sqlstate == "57014") return kStorageBusy;  // The server's own deadline.
  if (sqlstate == "XX001" || sqlstate == "XX002" || sqlstate == "58P01") return kStorageCorrupt;
  // No memory, too many connections, an I/O error, a log-in refused; a server that has become a standby and only reads.
  for (const std::string_view prefix : {"53", "58", "28", "3D", "25006"}) {
    if (sqlstate.starts_with(prefix)) return kStorageUnavailable;
  }
  return kStorageDefect;
}

Reason ReasonOfCommitState(std::string_view sqlstate, std::string_view severity) {
  // An ERROR of these classes is raised before the server decides: checks that were deferred, conflicts, a failed transaction.
  const bool before = IsConflictState(sqlstate) || sqlstate.starts_with("23") || sqlstate.starts_with("25");
  if (severity == "ERROR" && before) return ReasonOfState(sqlstate);
  if (sqlstate == "25P03") return kStorageUnavailable;  // Ended while it waited for the COMMIT.
  return kStorageOutcomeUnknown;
}

void PostgresConnection::FreeResult::operator()(pg_result* result) const { PQclear(result); }

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const PostgresOptions& options, Access access) {
  const std::string connect_s = std::to_string(std::max(2, (options.connect_ms_max + 999) / 1000));
  const std::string silence_ms = std::to_string(options.answer_ms_max);
  // What stands before the operator's own text can be changed by it; what stands after it cannot.
  const std::array<std::pair<const char*, const char*>, 9> keywords = {{
      {"connect_timeout", connect_s.c_str()},
      {"tcp_user_timeout", silence_ms.c_str()},
      {"keepalives_idle", "5"},
      {"keepalives_interval", "2"},
      {"application_name", "yukuai"},
      {"target_session_attrs", "read-write"},
      {"dbname", options.conninfo.c_str()},
      {"client_encoding", "UTF8"},
      {nullptr, nullptr},
  }};
  std::array<const char*, 9> names{};
  std::array<const char*, 9> values{};
  for (size_t i = 0; i < keywords.size(); ++i) std::tie(names[i], values[i]) = keywords[i];

  std::unique_ptr<PostgresConnection> made(
      new PostgresConnection(PQconnectdbParams(names.data(), values.data(), 1), options, access));
  // The message of a failed log-in may name user, host and database; it never holds a password.
  if (PQstatus(made->connection_) != CONNECTION_OK) return made->Lose("connect", PQerrorMessage(made->connection_));
  PQsetNoticeReceiver(made->connection_, &PostgresConnection::Note, made.get());
  if (PQsetnonblocking(made->connection_, 1) != 0) return made->Lose("connect", "no waiting with a deadline");
  YUKUAI_TRY(made->Configure());
  return made;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

Result<void> PostgresConnection::Configure() {
  const bool bounded = options_.answer_ms_max > 0;
  const int statement_ms = bounded ? std::max(1, options_.answer_ms_max - kServerEarlierMs) : 0;
  std::string text = "SET statement_timeout = " + std::to_string(statement_ms) +
                     "; SET lock_timeout = " + std::to_string(bounded ? std::min(kLockWaitMs, statement_ms) : 0) +
                     // A process that was frozen inside a transaction must not hold its locks, the lease's above all.
                     "; SET idle_in_transaction_session_timeout = " + std::to_string(options_.idle_ms_max) +
                     "; SET standard_conforming_strings = on; " +
                     // A server told to acknowledge before it has written would lose what we have acknowledged.
                     (options_.durable ? "SELECT set_config('synchronous_commit', 'on', false)"
                                         " WHERE current_setting('synchronous_commit') = 'off'"
                                       : "SET synchronous_commit = off");
  if (!options_.schema.empty()) text += "; SET search_path = \"" + options_.schema + "\"";
  return Simple("configure", text);
}

// Severity in the server's own words; messages of the server may be translated.
void PostgresConnection::Note(void* self, const pg_result* notice) {
  auto& connection = *static_cast<PostgresConnection*>(self);
  const std::string_view severity = Field(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  connection.warned_ = connection.warned_ || severity == "WARNING";
  connection.ended_ = connection.ended_ || severity == "FATAL" || severity == "PANIC";
}

Fault PostgresConnection::Lose(std::string_view name, std::string_view what) {
  lost_ = true;
  in_transaction_ = false;
  std::string detail = std::string(name) + ": " + std::string(what);
  while (detail.ends_with('\n')) detail.pop_back();
  return Fault(kStorageUnavailable, std::move(detail));
}

// A server's primary messages name tables, columns and constraints. Its DETAIL quotes values, so that is left out; so is the
// message of errors that quote what they could not read (class 22).
Fault PostgresConnection::FaultOf(std::string_view name, const pg_result* result) {
  const std::string_view state = Field(result, PG_DIAG_SQLSTATE);
  conflicted_ = IsConflictState(state);
  if (IsLossState(state) || (state == "25006" && access_ == Access::kReadWrite)) lost_ = true;
  const bool quotes = state.starts_with("22");
  Reason reason = ReasonOfState(state);
  if (state == "25006" && access_ == Access::kReadOnly) reason = kStorageDefect;  // A query that writes.
  return Fault(reason, std::string(name) + ": " + std::string(state) + (quotes ? "" : " ") +
                           std::string(quotes ? std::string_view() : Field(result, PG_DIAG_MESSAGE_PRIMARY)));
}

Result<bool> PostgresConnection::AwaitSocket(std::string_view name, bool to_write, int64_t until_ms) {
  pollfd waiting{PQsocket(connection_), static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN), 0};
  for (;;) {
    const int64_t left = until_ms == kNever ? -1 : std::max<int64_t>(0, until_ms - NowMs());
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left, INT32_MAX)));
    if (ready > 0) break;
    if (ready == 0) return Lose(name, "no answer in time");
    if (errno != EINTR) return Lose(name, "the socket cannot be waited for");
  }
  if (PQconsumeInput(connection_) == 0) return Lose(name, PQerrorMessage(connection_));
  return true;
}

// Sends, and waits for the last result within the deadline. A lost connection is a fault; an error of the statement is not.
Result<PostgresConnection::Answer> PostgresConnection::Exchange(std::string_view name, const std::function<int()>& send) {
  if (lost_) return Fault(kStorageUnavailable, std::string(name) + ": the connection is lost");
  conflicted_ = false;
  const int64_t until_ms = options_.answer_ms_max > 0 ? NowMs() + options_.answer_ms_max : kNever;
  if (send() != 1) return Lose(name, PQerrorMessage(connection_));
  for (int unsent = PQflush(connection_); unsent != 0; unsent = PQflush(connection_)) {
    if (unsent < 0) return Lose(name, PQerrorMessage(connection_));
    YUKUAI_TRY(AwaitSocket(name, true, until_ms));
  }
  Answer last;
  for (;;) {
    while (PQisBusy(connection_) == 1) YUKUAI_TRY(AwaitSocket(name, false, until_ms));
    Answer next(PQgetResult(connection_));
    if (next == nullptr) break;
    // The first error of a script is the one that counts.
    if (last == nullptr || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = std::move(next);
  }
  if (last == nullptr) return Lose(name, "no result");
  if (PQstatus(connection_) == CONNECTION_OK) return last;
  lost_ = true;
  if (Field(last.get(), PG_DIAG_SQLSTATE).empty()) return Lose(name, PQerrorMessage(connection_));
  return last;
}

Result<void> PostgresConnection::Simple(std::string_view name, const std::string& text) {
  YUKUAI_ASSIGN(const Answer answer, Exchange(name, [&] { return PQsendQuery(connection_, text.c_str()); }));
  const ExecStatusType status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return FaultOf(name, answer.get());
  return {};
}

Result<const PostgresConnection::Prepared*> PostgresConnection::Prepare(const Sql& sql) {
  if (const auto found = statements_.find(sql.text); found != statements_.end()) return &found->second;
  if (statements_.size() >= kStatementsMax) {
    YUKUAI_TRY(Simple("deallocate", "DEALLOCATE ALL"));
    statements_.clear();
  }
  const PostgresStatement statement = ToPostgresStatement(sql.text);
  Prepared prepared{"s" + std::to_string(++statements_made_), statement.parameters};
  YUKUAI_ASSIGN(const Answer answer, Exchange(sql.name, [&] {
                  return PQsendPrepare(connection_, prepared.name.c_str(), statement.text.c_str(), 0, nullptr);
                }));
  if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) return FaultOf(sql.name, answer.get());
  return &statements_.emplace(sql.text, std::move(prepared)).first->second;
}

Result<PostgresConnection::Answer> PostgresConnection::Run(const Sql& sql, const Parameters& parameters) {
  YUKUAI_ASSIGN(const Prepared* const prepared, Prepare(sql));
  if (prepared->parameters != parameters.size()) {
    return Fault(kStorageDefect, std::string(sql.name) + ": parameters do not fit");
  }
  const PostgresParameters wire(parameters);
  YUKUAI_ASSIGN(Answer answer, Exchange(sql.name, [&] {
                  return PQsendQueryPrepared(connection_, prepared->name.c_str(), wire.count(), wire.values(), wire.lengths(),
                                             wire.formats(), kBinaryResults);
                }));
  switch (PQresultStatus(answer.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK: return answer;
    case PGRES_EMPTY_QUERY: return Fault(kStorageDefect, std::string(sql.name) + ": not one statement");
    default: return FaultOf(sql.name, answer.get());
  }
}

Result<std::vector<Row>> PostgresConnection::Query(const Sql& sql, const Parameters& parameters) {
  YUKUAI_ASSIGN(const Answer answer, Run(sql, parameters));
  const PGresult* const result = answer.get();
  if (PQresultStatus(result) != PGRES_TUPLES_OK || Changes(PQcmdStatus(answer.get()))) {
    return Fault(kStorageDefect, std::string(sql.name) + ": a query that writes");
  }
  const int columns = PQnfields(result);
  std::vector<Row> rows(static_cast<size_t>(PQntuples(result)));
  for (size_t r = 0; r < rows.size(); ++r) {
    const int tuple = static_cast<int>(r);
    rows[r].reserve(static_cast<size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result, tuple, c) == 1) {
        rows[r].emplace_back();
        continue;
      }
      const auto* bytes = reinterpret_cast<const uint8_t*>(PQgetvalue(result, tuple, c));
      auto value = FromPostgres(PQftype(result, c), {bytes, static_cast<size_t>(PQgetlength(result, tuple, c))});
      if (!value.has_value()) return Fault(kStorageDefect, std::string(sql.name) + ": a column of another type");
      rows[r].push_back(*std::move(value));
    }
  }
  return rows;
}

Result<int64_t> PostgresConnection::Execute(const Sql& sql, const Parameters& parameters) {
  YUKUAI_ASSIGN(const Answer answer, Run(sql, parameters));
  if (!Changes(PQcmdStatus(answer.get()))) return int64_t{0};
  const std::string_view count = PQcmdTuples(answer.get());
  int64_t rows = 0;
  std::from_chars(count.data(), count.data() + count.size(), rows);
  return rows;
}

Result<void> PostgresConnection::RunScript(std::string_view name, const std::string& text) {
  return Simple(name, ToPostgresSchema(text));
}

Result<void> PostgresConnection::BeginWriting() {
  const bool serializable = options_.isolation == PostgresOptions::Isolation::kSerializable;
  YUKUAI_TRY(Simple("begin_writing",
                    std::string("BEGIN ISOLATION LEVEL ") + (serializable ? "SERIALIZABLE" : "READ COMMITTED") + " READ WRITE"));
  in_transaction_ = true;
  return {};
}

Result<void> PostgresConnection::BeginSnapshot() {
  YUKUAI_TRY(Simple("begin_snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  in_transaction_ = true;
  return {};
}

// Nothing was asked, so whatever has arrived is a note, or the end.
Result<void> PostgresConnection::CheckAlive(std::string_view name) {
  pollfd waiting{PQsocket(connection_), POLLIN, 0};
  while (::poll(&waiting, 1, 0) > 0) {
    const bool open = PQconsumeInput(connection_) == 1;
    static_cast<void>(PQisBusy(connection_));  // Reads what has arrived, and hands it to Note.
    if (!open || ended_) return Lose(name, "the server has ended the connection");
  }
  return {};
}

Result<void> PostgresConnection::Commit() {
  YUKUAI_CHECK(in_transaction_);
  // A server that has ended the transaction by itself has said so by now. COMMIT was not sent: nothing was done.
  YUKUAI_TRY(CheckAlive("commit"));
  warned_ = false;
  auto answered = Exchange("commit", [&] { return PQsendQuery(connection_, "COMMIT"); });
  in_transaction_ = false;
  // It may have been decided before the connection was lost, or after.
  if (!answered.ok()) return Fault(kStorageOutcomeUnknown, std::move(answered).error().detail);
  const PGresult* const result = answered->get();
  if (PQresultStatus(result) != PGRES_COMMAND_OK) {
    Fault fault = FaultOf("commit", result);
    fault.reason = ReasonOfCommitState(Field(result, PG_DIAG_SQLSTATE), Field(result, PG_DIAG_SEVERITY_NONLOCALIZED));
    if (fault.reason == kStorageOutcomeUnknown) {
      lost_ = true;  // Whatever state it is in.
      conflicted_ = false;
    }
    return fault;
  }
  // Committed here, and perhaps not where it should have been copied to.
  if (warned_) return Fault(kStorageOutcomeUnknown, "commit: the server warned");
  // The server's answer to the COMMIT of a transaction that failed. No caller of ours commits one.
  if (std::string_view(PQcmdStatus(answered->get())) != "COMMIT") return Fault(kStorageDefect, "commit: rolled back");
  return {};
}

void PostgresConnection::Rollback() {
  if (lost_ || !in_transaction_) return;
  const bool conflicted = conflicted_;
  // A connection that cannot leave its transaction would commit old work with new.
  if (!Simple("rollback", "ROLLBACK").ok()) lost_ = true;
  in_transaction_ = false;
  conflicted_ = conflicted;
}

}  // namespace yukuai::storage
