// SPDX-License-Identifier: Apache-2.0
// Storage: one database behind portable SQL (docs/storage.md). An engine offers connections; a connection runs named
// statements; a writer owns the only writing connection, checks its lease epoch in every commit and answers after the commit.
//
// Values are BIGINT, TEXT or BYTEA (BLOB), or NULL. SQL is a named constant beside its use: the name is its metric.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "platform/storage/migration.h"

namespace yukuai::storage {

// In order of precedence.
inline constexpr Reason kStorageUnavailable{Kind::kUnavailable, "storage_unavailable"};
inline constexpr Reason kStorageOutcomeUnknown{Kind::kUnknownOutcome, "storage_outcome_unknown"};
inline constexpr Reason kLeaseLost{Kind::kUnavailable, "lease_lost"};            // Another process owns the shards now.
inline constexpr Reason kShardElsewhere{Kind::kUnavailable, "shard_elsewhere"};  // Another process writes it: ask there.
inline constexpr Reason kStorageFull{Kind::kUnavailable, "storage_full"};
inline constexpr Reason kStorageBusy{Kind::kUnavailable, "storage_busy"};
inline constexpr Reason kUniqueViolation{Kind::kConflict, "unique_violation"};    // Expected duplicates use InsertIfAbsent.
inline constexpr Reason kMigrationChanged{Kind::kInternal, "migration_changed"};  // A landed schema file was edited.
inline constexpr Reason kStorageCorrupt{Kind::kInternal, "storage_corrupt"};
inline constexpr Reason kStorageDefect{Kind::kInternal, "storage_defect"};  // SQL that cannot run: our mistake.

// This module's own tables. Migrate runs them before the caller's, so callers do not list them.
extern const std::vector<Migration> kSchema;

struct Sql {
  std::string_view name;  // snake_case, unique: "ledger_insert_transfer".
  std::string_view text;  // One statement; placeholders are ?, in order.
};

class Value {
 public:
  Value() = default;                                                               // NULL
  Value(int64_t v) : v_(v) {}                                                      // NOLINT: parameters read best unwrapped
  Value(int v) : v_(static_cast<int64_t>(v)) {}                                    // NOLINT
  Value(uint32_t v) : v_(static_cast<int64_t>(v)) {}                               // NOLINT
  Value(uint64_t v) : v_(static_cast<int64_t>(v)) { YUKUAI_CHECK(v >> 63 == 0); }  // NOLINT
  Value(std::string v) : v_(std::move(v)) {}                                       // NOLINT
  Value(std::string_view v) : v_(std::string(v)) {}                                // NOLINT
  Value(const char* v) : v_(std::string(v)) {}                                     // NOLINT
  Value(Bytes v) : v_(std::move(v)) {}                                             // NOLINT
  template <size_t N>
  Value(const ByteArray<N>& v) : v_(Bytes(v.begin(), v.end())) {}  // NOLINT
  template <typename Tag>
  Value(const Id<Tag>& id) : Value(id.bytes()) {}  // NOLINT
  Value(Instant at) : v_(at.us) {}                 // NOLINT

  bool is_null() const { return std::holds_alternative<std::monostate>(v_); }
  // Reading a column as what it is not ends the program: the schema is ours.
  int64_t Int() const;
  const std::string& Text() const;
  const Bytes& Blob() const;
  template <size_t N>
  ByteArray<N> Array() const {
    const Bytes& blob = Blob();
    YUKUAI_CHECK(blob.size() == N);
    ByteArray<N> out{};
    std::copy(blob.begin(), blob.end(), out.begin());
    return out;
  }
  Instant Time() const { return {Int()}; }
  const std::variant<std::monostate, int64_t, std::string, Bytes>& variant() const { return v_; }

 private:
  std::variant<std::monostate, int64_t, std::string, Bytes> v_;
};

using Row = std::vector<Value>;
using Parameters = std::vector<Value>;

// What reading needs. Not thread-safe. After a query failed, every later one returns the same fault.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) = 0;
  // The row, or nothing. More than one row is a defect of the statement: kStorageDefect.
  Result<std::optional<Row>> QueryOne(const Sql& sql, const Parameters& parameters);
};

// An open transaction: reads see its own writes. Not thread-safe. Ends with the closure it was handed to. After a statement
// failed, every later call returns the same fault and nothing can be committed: no engine behaves better, some behave worse.
class Transaction : public Reader {
 public:
  // Affected rows. A state change is a conditional UPDATE whose caller asks for 1. Empty text is refused (kStorageDefect):
  // some engines cannot tell it from NULL.
  virtual Result<int64_t> Execute(const Sql& sql, const Parameters& parameters) = 0;
  // INSERT … ON CONFLICT DO NOTHING: true when the row is new. The text is a plain INSERT; the helper adds the clause.
  Result<bool> InsertIfAbsent(const Sql& sql, const Parameters& parameters);
  // A row was changed, or a statement that would have changed one failed.
  virtual bool has_written() const = 0;
};

// What a writer does when a commit's outcome is unknown (docs/decisions/0007-unknown-outcomes.md).
enum class AfterUnknown {
  kStop,      // Only opening the data afresh tells what was committed: this process cannot find out.
  kRunAgain,  // A later transaction that touches the same rows waits for the open one to end, and sees what it did.
};

// A database of one engine. Thread-safe.
class Database {
 public:
  virtual ~Database() = default;
  // A read-only connection for one task; returned to a bounded pool when destroyed, and never outlives the database. Reads one
  // consistent snapshot from its first query to its end. kStorageBusy when all are taken for longer than the engine waits: a
  // task that holds one does not ask for a second.
  virtual Result<std::unique_ptr<Reader>> Read() = 0;
  // A transaction of its own, committed when the closure returns without a fault, rolled back otherwise. For migrations and
  // tools; a running server writes through its Writer only. Not to be called from inside itself.
  virtual Result<void> Transact(const std::function<Result<void>(Transaction&)>& work) = 0;
  // Runs the schema files that have not run, in the order of their names, each with its note in one transaction.
  // kMigrationChanged when one that has run reads differently now.
  virtual Result<void> Migrate(const std::vector<Migration>& migrations, Instant now) = 0;
  // Moves what was committed into the main file, so that the log stays within its bound. For a background task, each second
  // or so; without it the log is emptied by a writer's commit when it has reached its bound.
  virtual Result<void> Checkpoint() = 0;
  virtual std::string_view engine() const = 0;  // "sqlite", "postgres"
  virtual AfterUnknown after_unknown() const = 0;
};

struct SqliteOptions {
  size_t readers_max = 16;
  int wait_ms_max = 5000;            // How long a transaction waits for another one, and Read() for a free connection.
  int64_t log_bytes_max = 64 << 20;  // The write-ahead log exceeds it only while a reader holds an old snapshot.
  bool durable = true;               // false: commits survive the process, not the machine. For scratch databases.
  std::string vfs = {};              // A registered SQLite VFS that keeps the files; empty: the system's.
};
// The file is made when it is missing (mode 0600); its folder must exist.
Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path, SqliteOptions options = {});

struct PostgresOptions {
  enum class Isolation { kReadCommitted, kSerializable };  // Every invariant holds under the first; the second forces retries.

  // libpq's connection string or URI. Several hosts: the one that takes writes is used, also after a failover.
  std::string conninfo = {};
  std::string schema = {};  // Tables live there; empty: the server's search path. [a-z0-9_]
  size_t readers_max = 16;
  size_t writers_max = 8;  // Transactions at the same time.
  // How long Read() and a transaction wait for a free connection, and how long a transaction is tried again after conflicts
  // and lost connections.
  int wait_ms_max = 5000;
  int connect_ms_max = 3000;
  int answer_ms_max = 3000;  // For one statement; then the connection is given up. 0: for ever, for tools and migrations.
  int idle_ms_max = 5000;    // The server ends a transaction whose process says nothing for so long.
  Isolation isolation = Isolation::kReadCommitted;
  bool durable = true;  // false: commits survive this process, not the server. For scratch databases.
};
// One connection is made at once, to say early what is wrong.
Result<std::unique_ptr<Database>> OpenPostgres(PostgresOptions options);

struct WriterOptions {
  std::string owner;           // Shown in the lease row.
  std::string lease = "main";  // The set of shards this writer owns. "main" is all of them.
  size_t queue_max = 4096;     // Beyond it: kStorageBusy.
  size_t group_max = 128;
};

// Counts since the writer started.
struct WriterFigures {
  uint64_t operations = 0;  // Answered.
  uint64_t commits = 0;
  uint64_t groups_spoiled = 0;    // Rolled back and run one by one. Each one is a defect somewhere, to be alarmed.
  uint64_t outcomes_unknown = 0;  // Commits that ended so, whatever became of their operations.
};

// The single writer of a set of shards. Operations queue (bounded), are run in groups inside one transaction that begins by
// checking the lease epoch, and are answered after the commit. An operation finds its refusals by reading before its first
// write: then a fault refuses it alone. A fault after a write, or of a statement, is unexpected: the group is rolled back and
// its operations are run one by one. A group that wrote nothing is not committed.
//
// When a commit's outcome is unknown, the group is run again where the engine allows it (AfterUnknown), until a commit tells;
// so every operation is idempotent under a key of its own: run after it was done, it changes nothing and answers the same.
// Where the engine does not allow it, or no commit can be had, the operations are answered kStorageOutcomeUnknown, and who asked
// asks again under the same key.
//
// The writer stops for good when its lease was taken (kLeaseLost for everything after), and after an unknown outcome of an engine
// that says kStop (kStorageUnavailable after): only a restart reads the log afresh.
class Writer {
 public:
  using Operation = std::function<Result<void>(Transaction&)>;
  using Done = std::function<void(Result<void>)>;

  virtual ~Writer() = default;  // Drains, then stops.
  // The writer of a shard, for what stands for several (writers.h); it lives as long as this one.
  virtual Writer& Of(Shard) { return *this; }
  // done is called once: on the writer's thread after the commit (or the refusal), or on the caller's at once when the queue
  // is full or the writer has stopped. It is quick and does not wait for the writer. The operation may be run again, after a
  // rollback and after it was done, so it captures results by assignment, never by accumulation.
  virtual void Submit(Operation operation, Done done) = 0;
  virtual Result<void> Run(Operation operation);  // Submit and wait. Not from an operation or a done.
  virtual bool running() const = 0;               // False once stopped: the process should end.
  virtual WriterFigures figures() const = 0;
};
// Takes the lease over all shards (epoch + 1), which ends the writer that held it. now is read for the lease row. The database
// outlives the writer and is migrated.
Result<std::unique_ptr<Writer>> StartWriter(Database& database, const Clock& clock, WriterOptions options);

// The same writer without a thread of its own: groups run when a schedule says so; Run steps until it is answered. For
// simulations, on one thread.
class SteppedWriter : public Writer {
 public:
  // Runs and answers one group on the caller's thread. False: nothing was queued. What is queued at the writer's end is dropped
  // unanswered, as at a crash.
  virtual bool Step() = 0;
};
Result<std::unique_ptr<SteppedWriter>> StartSteppedWriter(Database& database, const Clock& clock, WriterOptions options);

}  // namespace yukuai::storage
