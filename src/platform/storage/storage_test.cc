// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/storage.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "platform/storage/scratch.h"
#include "platform/storage/sqlite_connection.h"

namespace yukuai::storage {
namespace {

constexpr Sql kMake{
    "make", "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, name TEXT, body BLOB, part BIGINT UNIQUE, CHECK (id < 1000))"};
constexpr Sql kInsert{"insert", "INSERT INTO thing (id, name, body, part) VALUES (?, ?, ?, ?)"};
constexpr Sql kAll{"all", "SELECT id, name, body, part FROM thing ORDER BY id"};
constexpr Sql kCount{"count", "SELECT COUNT(*) FROM thing"};

class Storage : public testing::Test {
 protected:
  void SetUp() override { Make({.readers_max = 2, .wait_ms_max = 0, .durable = false}); }

  void Make(SqliteOptions options) { scratch_ = Scratch::Open({{"0900_thing", std::string(kMake.text)}}, options).value(); }
  Database& database() { return scratch_->database(); }

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

TEST_F(Storage, GivesBackEveryKindOfValue) {
  ASSERT_EQ(Execute(kInsert, {1, "渝", Bytes{0, 1, 255}, Value()}).value(), 1);
  ASSERT_EQ(Execute(kInsert, {2, Value(), Bytes{}, INT64_MIN}).value(), 1);
  const auto rows = database().Read().value()->Query(kAll, {}).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0][0].Int(), 1);
  EXPECT_EQ(rows[0][1].Text(), "渝");
  EXPECT_EQ(rows[0][2].Blob(), (Bytes{0, 1, 255}));
  EXPECT_TRUE(rows[0][3].is_null());
  EXPECT_TRUE(rows[1][1].is_null());
  EXPECT_EQ(rows[1][2].Blob(), Bytes{});  // Empty is not NULL.
  EXPECT_EQ(rows[1][3].Int(), INT64_MIN);
}

TEST_F(Storage, CountsOnlyTheRowsThatChanged) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), Value()}).ok());
  const Sql update{"update", "UPDATE thing SET name = ? WHERE id = ?"};
  EXPECT_EQ(Execute(update, {"b", 1}).value(), 1);
  EXPECT_EQ(Execute(update, {"b", 2}).value(), 0);
  EXPECT_EQ(Execute({"make", "CREATE TABLE other (id BIGINT)"}, {}).value(), 0);
}

TEST_F(Storage, InsertIfAbsentTellsNewFromKnown) {
  const Result<void> done = database().Transact([](Transaction& transaction) -> Result<void> {
    EXPECT_FALSE(transaction.has_written());
    EXPECT_TRUE(transaction.InsertIfAbsent(kInsert, {1, "a", Value(), 7}).value());
    EXPECT_TRUE(transaction.has_written());
    EXPECT_FALSE(transaction.InsertIfAbsent(kInsert, {1, "b", Value(), 8}).value());
    EXPECT_FALSE(transaction.InsertIfAbsent(kInsert, {2, "b", Value(), 7}).value());
    return {};
  });
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(Count(), 1);
}

TEST_F(Storage, AChangeOfNothingIsNoWrite) {
  const Result<void> done = database().Transact([](Transaction& transaction) -> Result<void> {
    EXPECT_EQ(transaction.Execute({"update", "UPDATE thing SET part = 1 WHERE id = 9"}, {}).value(), 0);
    EXPECT_FALSE(transaction.has_written());
    return {};
  });
  EXPECT_TRUE(done.ok());
}

TEST_F(Storage, QueryOneRefusesTwoRows) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), 1}).ok());
  auto reader = database().Read().value();
  EXPECT_FALSE(reader->QueryOne({"none", "SELECT id FROM thing WHERE id = 9"}, {}).value().has_value());
  EXPECT_EQ(reader->QueryOne(kAll, {}).value()->at(0).Int(), 1);
  reader.reset();
  ASSERT_TRUE(Execute(kInsert, {2, "a", Value(), 2}).ok());
  EXPECT_EQ(database().Read().value()->QueryOne(kAll, {}).error().reason, kStorageDefect);
}

TEST_F(Storage, AFaultRollsEverythingBack) {
  const Reason refusal{Kind::kRefused, "test_refusal"};
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1, "a", Value(), Value()}));
    return Fault(refusal);
  });
  EXPECT_EQ(done.error().reason, refusal);
  EXPECT_EQ(Count(), 0);
}

TEST_F(Storage, AFailedStatementCannotBeSwallowed) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), 1}).ok());
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {2, "a", Value(), 2}));
    EXPECT_EQ(transaction.Execute(kInsert, {3, "a", Value(), 1}).error().reason, kUniqueViolation);
    EXPECT_EQ(transaction.Execute(kInsert, {4, "a", Value(), 4}).error().reason, kUniqueViolation);
    EXPECT_EQ(transaction.Query(kCount, {}).error().reason, kUniqueViolation);
    return {};
  });
  EXPECT_EQ(done.error().reason, kUniqueViolation);
  EXPECT_EQ(Count(), 1);
}

TEST_F(Storage, OurMistakesAreDefects) {
  struct Case {
    const char* what;
    Sql sql;
    Parameters parameters;
  };
  const std::vector<Case> cases = {
      {"no such table", {"s", "INSERT INTO nothing VALUES (1)"}, {}},
      {"too few parameters", kInsert, {1}},
      {"too many parameters", {"s", "DELETE FROM thing"}, {1}},
      {"empty text", kInsert, {1, "", Value(), Value()}},
      {"null in a column that forbids it", kInsert, {Value(), "a", Value(), Value()}},
      {"a check that fails", kInsert, {1000, "a", Value(), Value()}},
      {"two statements", {"s", "DELETE FROM thing; DELETE FROM thing"}, {}},
      {"nothing", {"s", " "}, {}},
      {"text in double quotes", {"s", "UPDATE thing SET name = \"x\""}, {}},
  };
  for (const Case& c : cases) {
    const auto done = Execute(c.sql, c.parameters);
    ASSERT_FALSE(done.ok()) << c.what;
    EXPECT_EQ(done.error().reason, kStorageDefect) << c.what;
  }
  auto reader = database().Read().value();
  EXPECT_EQ(reader->Query({"s", "DELETE FROM thing RETURNING id"}, {}).error().reason, kStorageDefect);
  EXPECT_EQ(reader->Query({"s", "SELECT 1.5"}, {}).error().reason, kStorageDefect);
}

TEST_F(Storage, FaultDetailsNameTheStatementAndNoValue) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), 123456}).ok());
  const Fault fault = Execute(kInsert, {2, "a", Value(), 123456}).error();
  EXPECT_NE(fault.detail.find("insert"), std::string::npos);
  EXPECT_EQ(fault.detail.find("123456"), std::string::npos);
}

TEST_F(Storage, AReaderSeesOneMoment) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), 1}).ok());
  auto early = database().Read().value();
  EXPECT_EQ(early->Query(kCount, {}).value()[0][0].Int(), 1);
  ASSERT_TRUE(Execute(kInsert, {2, "a", Value(), 2}).ok());
  EXPECT_EQ(early->Query(kCount, {}).value()[0][0].Int(), 1);
  auto late = database().Read().value();
  EXPECT_EQ(late->Query(kCount, {}).value()[0][0].Int(), 2);
  early.reset();
  EXPECT_EQ(Count(), 2);  // A used connection starts afresh.
}

TEST_F(Storage, AReaderDoesNotSeeWhatIsNotCommitted) {
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1, "a", Value(), 1}));
    EXPECT_EQ(Count(), 0);
    EXPECT_EQ(transaction.Query(kCount, {}).value()[0][0].Int(), 1);
    return {};
  });
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(Count(), 1);
}

TEST_F(Storage, ReadersAreBounded) {
  auto first = database().Read().value();
  auto second = database().Read().value();
  EXPECT_EQ(database().Read().error().reason, kStorageBusy);
  first.reset();
  EXPECT_TRUE(database().Read().ok());
}

TEST_F(Storage, AnotherProcessWritingIsBusy) {
  auto other = OpenSqlite(scratch_->path(), {.wait_ms_max = 0}).value();
  const Result<void> done = other->Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1, "a", Value(), 1}));
    EXPECT_EQ(Execute(kInsert, {2, "b", Value(), 2}).error().reason, kStorageBusy);
    return {};
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(Execute(kInsert, {2, "b", Value(), 2}).value(), 1);
}

TEST_F(Storage, MapsTheCodesOfStatements) {
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

TEST_F(Storage, AnErrorDuringCommitLeavesTheOutcomeOpen) {
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

TEST_F(Storage, AFullDatabaseSaysSo) {
  auto connection = SqliteConnection::Open(scratch_->path(), SqliteConnection::Access::kReadWrite, {.wait_ms_max = 0}).value();
  ASSERT_TRUE(connection->RunScript("test", "PRAGMA max_page_count=1").ok());
  ASSERT_TRUE(connection->BeginImmediate().ok());
  EXPECT_EQ(connection->Execute(kInsert, {1, "a", Bytes(100'000), 1}).error().reason, kStorageFull);
  connection->Rollback();  // Harmless after SQLite did it by itself.
  EXPECT_TRUE(connection->BeginImmediate().ok());
}

TEST_F(Storage, WhatIsNoDatabaseIsCorrupt) {
  const std::string path = scratch_->path() + ".text";
  FILE* file = std::fopen(path.c_str(), "w");
  for (int i = 0; i < 1000; ++i) std::fputs("not a database ", file);
  std::fclose(file);
  EXPECT_EQ(OpenSqlite(path).error().reason, kStorageCorrupt);
}

TEST_F(Storage, RefusesWhatItCannotOpen) { EXPECT_EQ(OpenSqlite("/nowhere/at/all.db").error().reason, kStorageUnavailable); }

TEST_F(Storage, OnlyTheOwnerMayReadTheFiles) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((scratch_->path() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(Storage, ManyDifferentTextsDoNotFillTheCache) {
  for (int i = 0; i < 1500; ++i) {
    const std::string text = "SELECT " + std::to_string(i);
    EXPECT_EQ(database().Read().value()->Query({"s", text}, {}).value()[0][0].Int(), i);
  }
}

TEST_F(Storage, TheLogStaysWithinItsBound) {
  constexpr int64_t kBound = 256 * 1024;
  Make({.wait_ms_max = 0, .log_bytes_max = kBound, .durable = false});
  const auto log_bytes = [&] { return static_cast<int64_t>(std::filesystem::file_size(scratch_->path() + "-wal")); };
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

TEST_F(Storage, MigratesOnceInTheOrderOfNames) {
  const std::vector<Migration> migrations = {{"0902_b", "INSERT INTO step (id) VALUES (2); INSERT INTO step (id) VALUES (3);"},
                                             {"0901_a", "CREATE TABLE step (id BIGINT);"}};
  ASSERT_TRUE(database().Migrate(migrations, {5}).ok());
  ASSERT_TRUE(database().Migrate(migrations, {6}).ok());
  auto reader = database().Read().value();
  EXPECT_EQ(reader->Query({"s", "SELECT id FROM step"}, {})->size(), 2u);
  const auto noted = reader->Query({"s", "SELECT name, applied_at FROM schema_migration WHERE name >= '0901' ORDER BY name"}, {});
  ASSERT_EQ(noted->size(), 2u);
  EXPECT_EQ(noted->at(0)[0].Text(), "0901_a");
  EXPECT_EQ(noted->at(0)[1].Int(), 5);
}

TEST_F(Storage, AnEditedMigrationIsRefused) {
  EXPECT_EQ(database().Migrate({{"0900_thing", std::string(kMake.text) + " "}}, {}).error().reason, kMigrationChanged);
}

TEST_F(Storage, AFailedMigrationLeavesNothing) {
  EXPECT_EQ(database().Migrate({{"0901_a", "CREATE TABLE step (id BIGINT); CREATE TABL step;"}}, {}).error().reason,
            kStorageDefect);
  EXPECT_TRUE(database().Migrate({{"0901_a", "CREATE TABLE step (id BIGINT);"}}, {}).ok());
}

TEST(StorageDeathTest, ReadingAColumnAsWhatItIsNotEndsTheProgram) {
  EXPECT_DEATH(static_cast<void>(Value(1).Text()), "invariant violated");
  EXPECT_DEATH(static_cast<void>(Value("a").Int()), "invariant violated");
  EXPECT_DEATH(static_cast<void>(Value().Blob()), "invariant violated");
  EXPECT_DEATH(static_cast<void>(Value(Bytes(15)).Array<16>()), "invariant violated");
}

}  // namespace
}  // namespace yukuai::storage
