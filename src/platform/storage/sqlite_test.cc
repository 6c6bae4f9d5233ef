// SPDX-License-Identifier: Apache-2.0
// What only SQLite does: its codes, its files, its log.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "platform/storage/scratch.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/storage.h"

namespace yukuai::storage {
namespace {

constexpr Sql kInsert{"insert", "INSERT INTO thing (id, name, body, part) VALUES (?, ?, ?, ?)"};
constexpr Sql kCount{"count", "SELECT COUNT(*) FROM thing"};

class Sqlite : public testing::Test {
 protected:
  void SetUp() override { Make({.readers_max = 2, .wait_ms_max = 0, .durable = false}); }

  void Make(SqliteOptions options) {
    scratch_ = Scratch::OpenSqlite({{"0900_thing",
                                     "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, name TEXT, body BLOB, part"
                                     " BIGINT UNIQUE)"}},
                                   options)
                   .value();
  }
  Database& database() { return scratch_->database(); }
  std::string path() const { return (scratch_->folder() / "scratch.db").string(); }

  // One statement in a transaction of its own.
  Result<int64_t> Execute(const Sql& sql, const Parameters& parameters) {
    int64_t rows = 0;
    Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
      YUKUAI_ASSIGN(rows, transaction.Execute(sql, parameters));
      return {};
    });
    if (!done.ok()) return std::move(done).error();
    return rows;
  }
  int64_t Count() { return database().Read().value()->Query(kCount, {}).value()[0][0].Int(); }

  std::unique_ptr<Scratch> scratch_;
};

TEST_F(Sqlite, AnotherProcessWritingIsBusy) {
  auto other = OpenSqlite(path(), {.wait_ms_max = 0}).value();
  const Result<void> done = other->Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1, "a", Value(), 1}));
    EXPECT_EQ(Execute(kInsert, {2, "b", Value(), 2}).error().reason, kStorageBusy);
    return {};
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(Execute(kInsert, {2, "b", Value(), 2}).value(), 1);
}

TEST_F(Sqlite, MapsTheCodesOfStatements) {
  struct Case {
    int code;
    Reason reason;
  };
  for (const Case& c : {Case{SQLITE_CONSTRAINT_UNIQUE, kUniqueViolation},
                        Case{SQLITE_CONSTRAINT_PRIMARYKEY, kUniqueViolation},
                        Case{SQLITE_CONSTRAINT_ROWID, kUniqueViolation},
                        Case{SQLITE_CONSTRAINT_CHECK, kStorageDefect},
                        Case{SQLITE_CONSTRAINT_NOTNULL, kStorageDefect},
                        Case{SQLITE_CONSTRAINT_FOREIGNKEY, kStorageDefect},
                        Case{SQLITE_BUSY, kStorageBusy},
                        Case{SQLITE_BUSY_SNAPSHOT, kStorageBusy},
                        Case{SQLITE_BUSY_RECOVERY, kStorageBusy},
                        Case{SQLITE_LOCKED, kStorageBusy},
                        Case{SQLITE_LOCKED_SHAREDCACHE, kStorageBusy},
                        Case{SQLITE_FULL, kStorageFull},
                        Case{SQLITE_CORRUPT, kStorageCorrupt},
                        Case{SQLITE_CORRUPT_INDEX, kStorageCorrupt},
                        Case{SQLITE_NOTADB, kStorageCorrupt},
                        Case{SQLITE_IOERR_CORRUPTFS, kStorageCorrupt},
                        Case{SQLITE_IOERR_DATA, kStorageCorrupt},
                        Case{SQLITE_IOERR_READ, kStorageUnavailable},
                        Case{SQLITE_IOERR_FSYNC, kStorageUnavailable},
                        Case{SQLITE_CANTOPEN, kStorageUnavailable},
                        Case{SQLITE_READONLY_DBMOVED, kStorageUnavailable},
                        Case{SQLITE_NOMEM, kStorageUnavailable},
                        Case{SQLITE_INTERRUPT, kStorageUnavailable},
                        Case{SQLITE_PROTOCOL, kStorageUnavailable},
                        Case{SQLITE_PERM, kStorageUnavailable},
                        Case{SQLITE_AUTH, kStorageUnavailable},
                        Case{SQLITE_ERROR, kStorageDefect},
                        Case{SQLITE_MISUSE, kStorageDefect},
                        Case{SQLITE_RANGE, kStorageDefect},
                        Case{SQLITE_TOOBIG, kStorageDefect},
                        Case{SQLITE_MISMATCH, kStorageDefect},
                        Case{SQLITE_SCHEMA, kStorageDefect}}) {
    EXPECT_EQ(ReasonOfStatement(c.code), c.reason) << c.code;
    const bool open_outcome = (c.code & 0xff) == SQLITE_IOERR;
    EXPECT_EQ(ReasonOfCommit(c.code), open_outcome ? kStorageOutcomeUnknown : c.reason) << c.code;
  }
}

// Below this size the next write of a file fails with an I/O error, as on a broken disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Sqlite, AnErrorDuringCommitLeavesTheOutcomeOpen) {
  std::optional<FileSizeLimit> limit;
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1, "a", Value(), 1}));
    limit.emplace(1);
    return {};
  });
  limit.reset();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().reason, kStorageOutcomeUnknown);
  EXPECT_EQ(Execute(kInsert, {2, "a", Value(), 2}).value(), 1);  // The connection is usable again.
}

TEST_F(Sqlite, AFullDatabaseSaysSo) {
  auto connection = SqliteConnection::Open(path(), SqliteConnection::Access::kReadWrite, {.wait_ms_max = 0}).value();
  ASSERT_TRUE(connection->RunScript("test", "PRAGMA max_page_count=1").ok());
  ASSERT_TRUE(connection->BeginWriting().ok());
  EXPECT_EQ(connection->Execute(kInsert, {1, "a", Bytes(100'000), 1}).error().reason, kStorageFull);
  connection->Rollback();  // Harmless after SQLite did it by itself.
  EXPECT_TRUE(connection->BeginWriting().ok());
}

TEST_F(Sqlite, WhatIsNoDatabaseIsCorrupt) {
  const std::string text = path() + ".text";
  FILE* file = std::fopen(text.c_str(), "w");
  for (int i = 0; i < 1000; ++i) std::fputs("not a database ", file);
  std::fclose(file);
  EXPECT_EQ(OpenSqlite(text).error().reason, kStorageCorrupt);
}

TEST_F(Sqlite, RefusesWhatItCannotOpen) { EXPECT_EQ(OpenSqlite("/nowhere/at/all.db").error().reason, kStorageUnavailable); }

TEST_F(Sqlite, OnlyTheOwnerMayReadTheFiles) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(Sqlite, TheLogStaysWithinItsBound) {
  constexpr int64_t kBound = 256 * 1024;
  Make({.wait_ms_max = 0, .log_bytes_max = kBound, .durable = false});
  const auto log_bytes = [&] { return static_cast<int64_t>(std::filesystem::file_size(path() + "-wal")); };
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Execute(kInsert, {i, "a", Bytes(10'000), i}).ok());
  EXPECT_LT(log_bytes(), kBound + 64 * 1024);  // A commit goes beyond it by at most its own pages.

  // A reader that holds an old moment keeps the log; the checkpoint after it brings the log back.
  auto reader = database().Read().value();
  ASSERT_TRUE(reader->Query(kCount, {}).ok());
  for (int i = 200; i < 400; ++i) ASSERT_TRUE(Execute(kInsert, {i, "a", Bytes(10'000), i}).ok());
  EXPECT_GT(log_bytes(), kBound);
  reader.reset();
  ASSERT_TRUE(database().Checkpoint().ok());
  EXPECT_LE(log_bytes(), kBound);
  EXPECT_EQ(Count(), 400);
}

}  // namespace
}  // namespace yukuai::storage
