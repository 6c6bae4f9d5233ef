// SPDX-License-Identifier: Apache-2.0
// What only PostgreSQL does: conflicts that are run again, connections that are lost before, during and after a COMMIT. Runs
// where the environment names a server: `make test-postgres`.
#include <gtest/gtest.h>

#include <libpq-fe.h>

#include <barrier>
#include <thread>

#include "platform/storage/postgres_proxy_test.h"
#include "platform/storage/stores_test.h"

namespace yukuai::storage {
namespace {

constexpr Sql kInsert{"insert", "INSERT INTO thing (id, fen) VALUES (?, 0)"};
constexpr Sql kInsertOnce{"insert_once", "INSERT INTO thing (id, fen) VALUES (?, 0) ON CONFLICT DO NOTHING"};
constexpr Sql kAdd{"add", "UPDATE thing SET fen = fen + ? WHERE id = ?"};
constexpr Sql kFen{"fen", "SELECT fen FROM thing WHERE id = ?"};
constexpr Sql kCount{"count", "SELECT COUNT(*) FROM thing"};
constexpr Sql kMyself{"myself", "SELECT pg_backend_pid()"};
constexpr Sql kKill{"kill", "SELECT pg_terminate_backend(CAST(? AS INTEGER), 10000)"};

const std::vector<Migration> kThing = {
    {"0900_thing",
     "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, fen BIGINT NOT NULL); INSERT INTO thing (id, fen) VALUES"
     " (101, 0), (102, 0);"}};

std::vector<Store> Servers() {
  std::vector<Store> servers;
  for (const Store& store : Stores()) {
    if (store.postgres.has_value() && !store.faulty) servers.push_back(store);
  }
  return servers;
}

std::string ServerSocket(const std::string& conninfo) {
  PQconninfoOption* const options = PQconninfoParse(conninfo.c_str(), nullptr);
  YUKUAI_CHECK(options != nullptr);
  std::string host;
  for (const PQconninfoOption* one = options; one->keyword != nullptr; ++one) {
    if (std::string_view(one->keyword) == "host" && one->val != nullptr) host = one->val;
  }
  PQconninfoFree(options);
  return host + "/.s.PGSQL.5432";
}

class Postgres : public testing::TestWithParam<Store> {
 protected:
  void SetUp() override { scratch_ = OpenStore(GetParam(), kThing); }
  Database& database() { return scratch_->database(); }
  int64_t Query(const Sql& sql, const Parameters& parameters = {}) {
    return database().Read().value()->Query(sql, parameters).value()[0][0].Int();
  }
  // Ends the server's process of a connection; it is gone when this returns.
  void Kill(int64_t pid) {
    const auto other = scratch_->OpenAgain().value();
    EXPECT_EQ(other->Read().value()->Query(kKill, {pid}).value()[0][0].Int(), 1);
  }
  bool serializable() const { return GetParam().postgres->isolation == PostgresOptions::Isolation::kSerializable; }

  std::unique_ptr<Scratch> scratch_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Postgres);
INSTANTIATE_TEST_SUITE_P(On, Postgres, testing::ValuesIn(Servers()), NameOf);

TEST_P(Postgres, WhatConflictsIsRunAgain) {
  const auto other = scratch_->OpenAgain().value();
  int runs = 0;
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    ++runs;
    YUKUAI_ASSIGN(const auto before, transaction.QueryOne(kFen, {101}));
    if (runs == 1) {
      // Somebody else changes what was read.
      EXPECT_TRUE(other
                      ->Transact([](Transaction& theirs) -> Result<void> {
                        YUKUAI_TRY(theirs.Execute(kAdd, {5, 101}));
                        return {};
                      })
                      .ok());
    }
    YUKUAI_TRY(transaction.Execute(kAdd, {1, 101}));
    return {};
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(runs, serializable() ? 2 : 1);  // A conditional update needs no more than READ COMMITTED.
  EXPECT_EQ(Query(kFen, {101}), 6);
}

TEST_P(Postgres, ADeadlockIsRunAgain) {
  std::barrier both(2);
  const auto add = [&](int64_t first, int64_t second) {
    bool met = false;
    return database().Transact([&](Transaction& transaction) -> Result<void> {
      YUKUAI_TRY(transaction.Execute(kAdd, {1, first}));
      if (!met) both.arrive_and_wait();
      met = true;
      YUKUAI_TRY(transaction.Execute(kAdd, {1, second}));
      return {};
    });
  };
  std::thread other([&] { EXPECT_TRUE(add(102, 101).ok()); });
  EXPECT_TRUE(add(101, 102).ok());
  other.join();
  EXPECT_EQ(Query(kFen, {101}), 2);
  EXPECT_EQ(Query(kFen, {102}), 2);
}

TEST_P(Postgres, AConnectionLostBeforeTheCommitIsReplacedAndNothingIsDoneTwice) {
  int runs = 0;
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1}));
    YUKUAI_ASSIGN(const auto pid, transaction.QueryOne(kMyself, {}));
    if (++runs == 1) Kill(pid->at(0).Int());
    YUKUAI_TRY(transaction.Execute(kInsert, {2}));
    return {};
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Query(kCount), 4);
}

TEST_P(Postgres, AnIdleConnectionThatWasLostIsReplaced) {
  int64_t writing = 0;
  ASSERT_TRUE(database()
                  .Transact([&](Transaction& transaction) -> Result<void> {
                    YUKUAI_ASSIGN(const auto pid, transaction.QueryOne(kMyself, {}));
                    writing = pid->at(0).Int();
                    return {};
                  })
                  .ok());
  const int64_t reading = Query(kMyself);
  Kill(writing);
  Kill(reading);
  EXPECT_NE(Query(kMyself), reading);
  EXPECT_TRUE(database()
                  .Transact([&](Transaction& transaction) -> Result<void> {
                    YUKUAI_TRY(transaction.Execute(kInsert, {1}));
                    return {};
                  })
                  .ok());
}

TEST_P(Postgres, AReaderThatLostItsConnectionSaysSo) {
  auto reader = database().Read().value();
  const int64_t pid = reader->Query(kMyself, {}).value()[0][0].Int();
  Kill(pid);
  EXPECT_EQ(reader->Query(kCount, {}).error().reason, kStorageUnavailable);
  reader.reset();
  EXPECT_EQ(Query(kCount), 2);
}

TEST_P(Postgres, WhoCannotHaveALockIsBusy) {
  PostgresOptions impatient = *GetParam().postgres;
  impatient.wait_ms_max = 0;
  impatient.answer_ms_max = 600;  // The server gives up a lock after 100 ms.
  scratch_ = Scratch::OpenPostgres(kThing, impatient).value();
  const auto other = scratch_->OpenAgain().value();
  const auto add = [](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kAdd, {1, 101}));
    return {};
  };
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(add(transaction));
    EXPECT_EQ(other->Transact(add).error().reason, kStorageBusy);
    return {};
  });
  EXPECT_TRUE(done.ok());
  EXPECT_TRUE(other->Transact(add).ok());
  EXPECT_EQ(Query(kFen, {101}), 2);
}

// A process that was frozen inside a transaction does not keep its locks, and cannot commit when it wakes up.
TEST_P(Postgres, ATransactionThatSaysNothingIsEnded) {
  PostgresOptions watched = *GetParam().postgres;
  watched.idle_ms_max = 50;
  watched.wait_ms_max = 0;
  scratch_ = Scratch::OpenPostgres(kThing, watched).value();
  const auto other = OpenPostgres({.conninfo = watched.conninfo}).value();
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1}));
    YUKUAI_ASSIGN(const auto pid, transaction.QueryOne(kMyself, {}));
    const Sql alive{"alive", "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = CAST(? AS INTEGER)"};
    while (other->Read().value()->Query(alive, {pid->at(0)}).value()[0][0].Int() != 0) std::this_thread::yield();
    return {};
  });
  EXPECT_EQ(done.error().reason, kStorageUnavailable);
  EXPECT_EQ(Query(kCount), 2);
}

TEST_P(Postgres, RefusesWhatItCannotReach) {
  EXPECT_EQ(OpenPostgres({.conninfo = "host=/nowhere/at/all"}).error().reason, kStorageUnavailable);
  EXPECT_EQ(OpenPostgres({.conninfo = "no such thing"}).error().reason, kStorageUnavailable);
  EXPECT_EQ(OpenPostgres({.conninfo = GetParam().postgres->conninfo, .schema = "Odd\""}).error().reason, kStorageDefect);
}

// The same, through a proxy that cuts.
class PostgresCut : public Postgres {
 protected:
  void SetUp() override {
    Postgres::SetUp();
    proxy_ = std::make_unique<PostgresProxy>(scratch_->folder(), ServerSocket(GetParam().postgres->conninfo));
    PostgresOptions through = *GetParam().postgres;
    through.conninfo += " host=" + proxy_->host();
    through.schema = scratch_->postgres_schema();
    through.answer_ms_max = 1000;
    cut_ = OpenPostgres(through).value();
  }
  void TearDown() override {
    cut_.reset();
    proxy_.reset();
  }

  std::unique_ptr<PostgresProxy> proxy_;
  std::unique_ptr<Database> cut_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PostgresCut);
INSTANTIATE_TEST_SUITE_P(On, PostgresCut, testing::ValuesIn(Servers()), NameOf);

constexpr ProxyFault kCuts[] = {ProxyFault::kCommitLost, ProxyFault::kAnswerLost, ProxyFault::kAnswerSilent,
                                ProxyFault::kAnswerWarned};

TEST_P(PostgresCut, ALostCommitIsUnknownAndTheSameKeyConverges) {
  int64_t id = 0;
  for (const ProxyFault fault : kCuts) {
    SCOPED_TRACE(static_cast<int>(fault));
    ++id;
    const auto insert = [id](Transaction& transaction) -> Result<void> {
      YUKUAI_TRY(transaction.Execute(kInsertOnce, {id}));
      return {};
    };
    proxy_->Plan(fault);
    const Result<void> first = cut_->Transact(insert);
    EXPECT_TRUE(proxy_->struck());
    EXPECT_EQ(first.error().reason, kStorageOutcomeUnknown);
    const bool landed = database().Read().value()->Query(kFen, {id}).value().size() == 1;
    EXPECT_EQ(landed, fault != ProxyFault::kCommitLost);
    EXPECT_TRUE(cut_->Transact(insert).ok());
    EXPECT_EQ(Query(kCount), 2 + id);
  }
}

TEST_P(PostgresCut, AWriterAnswersDoneWhateverBecameOfTheCommit) {
  const ManualClock clock(Instant::FromSeconds(1000));
  auto writer = StartWriter(*cut_, clock, {.owner = "test"}).value();
  int64_t id = 0;
  for (const ProxyFault fault : kCuts) {
    SCOPED_TRACE(static_cast<int>(fault));
    ++id;
    proxy_->Plan(fault);
    int runs = 0;
    EXPECT_TRUE(writer
                    ->Run([&runs, id](Transaction& transaction) -> Result<void> {
                      ++runs;
                      YUKUAI_TRY(transaction.Execute(kInsertOnce, {id}));
                      return {};
                    })
                    .ok());
    EXPECT_TRUE(proxy_->struck());
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(Query(kCount), 2 + id);
  }
  EXPECT_EQ(writer->figures().outcomes_unknown, 4u);
  EXPECT_EQ(writer->figures().commits, 4u);
  writer.reset();
}

}  // namespace
}  // namespace yukuai::storage
