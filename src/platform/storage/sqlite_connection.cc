// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/sqlite_connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <string>

#include "base/result/check.h"

namespace yukuai::storage {
namespace {

// Statements are constants, except multi-row inserts, whose texts differ by their count of rows: the bound only guards against
// a text that is made anew for each call.
constexpr size_t kStatementsMax = 512;
constexpr int kCacheKibibytes = 16 * 1024;
constexpr int kPageBytes = 4096;

constexpr Sql kBeginWriting{"begin_writing", "BEGIN IMMEDIATE"};
constexpr Sql kBeginSnapshot{"begin_snapshot", "BEGIN DEFERRED"};
constexpr Sql kRollback{"rollback", "ROLLBACK"};
constexpr Sql kCommit{"commit", "COMMIT"};

bool IsBlank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ';'; });
}

int Bind(sqlite3_stmt* statement, int place, const Value& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int place;
    // The parameters outlive the statement's run, so SQLite need not copy them.
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, place); }
    int operator()(int64_t v) const { return sqlite3_bind_int64(statement, place, v); }
    int operator()(const std::string& v) const {
      return sqlite3_bind_text64(statement, place, v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(const Bytes& v) const {
      // A null pointer would bind NULL.
      if (v.empty()) return sqlite3_bind_zeroblob(statement, place, 0);
      return sqlite3_bind_blob64(statement, place, v.data(), v.size(), SQLITE_STATIC);
    }
  };
  return std::visit(Binder{statement, place}, value.variant());
}

// False for a floating column, which no schema of ours has.
bool Column(sqlite3_stmt* statement, int column, Row& row) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: row.emplace_back(); return true;
    case SQLITE_INTEGER: row.emplace_back(static_cast<int64_t>(sqlite3_column_int64(statement, column))); return true;
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      row.emplace_back(std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement, column))));
      return true;
    }
    case SQLITE_BLOB: {
      const auto* blob = static_cast<const uint8_t*>(sqlite3_column_blob(statement, column));
      row.emplace_back(Bytes(blob, blob + sqlite3_column_bytes(statement, column)));
      return true;
    }
    default: return false;
  }
}

}  // namespace

Reason ReasonOfStatement(int extended_code) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return kUniqueViolation;
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_DATA: return kStorageCorrupt;
    default: break;
  }
  switch (extended_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return kStorageBusy;
    case SQLITE_FULL: return kStorageFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return kStorageCorrupt;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL: return kStorageUnavailable;
    default: return kStorageDefect;
  }
}

Reason ReasonOfCommit(int extended_code) {
  if ((extended_code & 0xff) == SQLITE_IOERR) return kStorageOutcomeUnknown;
  return ReasonOfStatement(extended_code);
}

// A statement in use: whatever happens, it goes back to the cache reset and without its parameters.
class SqliteConnection::Running {
 public:
  explicit Running(sqlite3_stmt* statement) : statement_(statement) {}
  ~Running() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  bool Bind(const Parameters& parameters) const {
    if (sqlite3_bind_parameter_count(statement_) != static_cast<int>(parameters.size())) return false;
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (storage::Bind(statement_, static_cast<int>(i) + 1, parameters[i]) != SQLITE_OK) return false;
    }
    return true;
  }

 private:
  sqlite3_stmt* statement_;
};

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path, Access access,
                                                                 const SqliteOptions& options) {
  sqlite3* db = nullptr;
  // One thread at a time uses a connection, so SQLite's own mutexes are not needed.
  const int made = options.vfs.empty() ? 0 : SQLITE_OPEN_CREATE;
  const int mode = access == Access::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | made;
  const int code = sqlite3_open_v2(path.c_str(), &db, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db));
  if (code != SQLITE_OK) return Fault(ReasonOfStatement(code), "open: " + std::string(sqlite3_errstr(code)));
  YUKUAI_TRY(connection->Configure(access, options));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  ForgetStatements();
  sqlite3_close(db_);
}

Result<void> SqliteConnection::Configure(Access access, const SqliteOptions& options) {
  sqlite3_busy_timeout(db_, options.wait_ms_max);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Portable SQL: a double-quoted word is a name, never a string.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  YUKUAI_TRY(RunScript("configure",
                       "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
                       "PRAGMA cache_size=-" +
                           std::to_string(kCacheKibibytes)));
  if (access == Access::kReadOnly) return RunScript("configure", "PRAGMA query_only=ON");

  sqlite3_stmt* statement = nullptr;
  const int prepared = sqlite3_prepare_v2(db_, "PRAGMA journal_mode=WAL", -1, &statement, nullptr);
  const int stepped = prepared == SQLITE_OK ? sqlite3_step(statement) : prepared;
  const auto* text = stepped == SQLITE_ROW ? reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)) : nullptr;
  const std::string journal = text == nullptr ? "" : text;
  sqlite3_finalize(statement);
  if (stepped != SQLITE_ROW) return FaultNow("journal_mode");
  if (journal != "wal") return Fault(kStorageUnavailable, "no write-ahead log on this file system: " + journal);

  YUKUAI_TRY(RunScript("configure", std::string("PRAGMA synchronous=") + (options.durable ? "FULL" : "OFF") +
                                        "; PRAGMA journal_size_limit=" + std::to_string(options.log_bytes_max)));
  const int64_t pages = std::max<int64_t>(1, options.log_bytes_max / kPageBytes);
  sqlite3_wal_autocheckpoint(db_, static_cast<int>(std::min<int64_t>(pages, INT32_MAX)));
  return {};
}

void SqliteConnection::ForgetStatements() {
  for (const auto& [text, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
}

// SQLite's messages name tables and columns, never values.
Fault SqliteConnection::FaultNow(std::string_view name) const {
  return Fault(ReasonOfStatement(sqlite3_extended_errcode(db_)), std::string(name) + ": " + sqlite3_errmsg(db_));
}

Result<sqlite3_stmt*> SqliteConnection::Prepare(const Sql& sql) {
  const auto found = statements_.find(sql.text);
  if (found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code =
      sqlite3_prepare_v3(db_, sql.text.data(), static_cast<int>(sql.text.size()), SQLITE_PREPARE_PERSISTENT, &statement, &tail);
  if (code != SQLITE_OK) return FaultNow(sql.name);
  const std::string_view rest(tail, static_cast<size_t>(sql.text.data() + sql.text.size() - tail));
  if (statement == nullptr || !IsBlank(rest)) {
    sqlite3_finalize(statement);
    return Fault(kStorageDefect, std::string(sql.name) + ": not one statement");
  }
  if (statements_.size() >= kStatementsMax) ForgetStatements();
  statements_.emplace(sql.text, statement);
  return statement;
}

Result<std::vector<Row>> SqliteConnection::Query(const Sql& sql, const Parameters& parameters) {
  YUKUAI_ASSIGN(sqlite3_stmt* const statement, Prepare(sql));
  if (sqlite3_stmt_readonly(statement) == 0) return Fault(kStorageDefect, std::string(sql.name) + ": a query that writes");
  const Running running(statement);
  if (!running.Bind(parameters)) return Fault(kStorageDefect, std::string(sql.name) + ": parameters do not fit");
  std::vector<Row> rows;
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return rows;
    if (code != SQLITE_ROW) return FaultNow(sql.name);
    Row row;
    const int columns = sqlite3_column_count(statement);
    row.reserve(static_cast<size_t>(columns));
    for (int i = 0; i < columns; ++i) {
      if (!Column(statement, i, row)) return Fault(kStorageDefect, std::string(sql.name) + ": a floating column");
    }
    rows.push_back(std::move(row));
  }
}

Result<int64_t> SqliteConnection::Execute(const Sql& sql, const Parameters& parameters) {
  YUKUAI_ASSIGN(sqlite3_stmt* const statement, Prepare(sql));
  const Running running(statement);
  if (!running.Bind(parameters)) return Fault(kStorageDefect, std::string(sql.name) + ": parameters do not fit");
  // The difference of totals, because sqlite3_changes repeats the previous statement's count after one that changes no table.
  const int64_t before = sqlite3_total_changes64(db_);
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) return FaultNow(sql.name);
  return static_cast<int64_t>(sqlite3_total_changes64(db_)) - before;
}

Result<void> SqliteConnection::RunScript(std::string_view name, const std::string& text) {
  if (sqlite3_exec(db_, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return FaultNow(name);
  return {};
}

Result<void> SqliteConnection::BeginWriting() {
  auto begun = Execute(kBeginWriting, {});
  if (!begun.ok()) return std::move(begun).error();
  return {};
}

Result<void> SqliteConnection::BeginSnapshot() {
  auto begun = Execute(kBeginSnapshot, {});
  if (!begun.ok()) return std::move(begun).error();
  return {};
}

Result<void> SqliteConnection::Commit() {
  auto committed = Execute(kCommit, {});
  if (committed.ok()) return {};
  Fault fault = std::move(committed).error();
  fault.reason = ReasonOfCommit(sqlite3_extended_errcode(db_));
  Rollback();
  return fault;
}

void SqliteConnection::Rollback() {
  // Some errors have ended the transaction already.
  if (sqlite3_get_autocommit(db_) == 0) static_cast<void>(Execute(kRollback, {}));
  // A connection that cannot leave its transaction would commit old work with new.
  YUKUAI_CHECK(sqlite3_get_autocommit(db_) != 0);
}

Result<void> SqliteConnection::Checkpoint(bool wait) {
  const int code =
      sqlite3_wal_checkpoint_v2(db_, nullptr, wait ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK) return FaultNow("checkpoint");
  return {};
}

}  // namespace yukuai::storage
