// SPDX-License-Identifier: Apache-2.0
// What every store promises, asked of all of them.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "platform/storage/stores_test.h"

namespace yukuai::storage {
namespace {

constexpr Sql kMake{
    "make", "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, name TEXT, body BLOB, part BIGINT UNIQUE, CHECK (id < 1000))"};
constexpr Sql kInsert{"insert", "INSERT INTO thing (id, name, body, part) VALUES (?, ?, ?, ?)"};
constexpr Sql kAll{"all", "SELECT id, name, body, part FROM thing ORDER BY id"};
constexpr Sql kCount{"count", "SELECT COUNT(*) FROM thing"};

class Conformance : public testing::TestWithParam<Store> {
 protected:
  void SetUp() override { Make({.readers_max = 2, .wait_ms_max = 0}); }

  void Make(StoreLimits limits, const std::string& schema = std::string(kMake.text)) {
    faulty_.reset();
    scratch_ = OpenStore(GetParam(), {{"0900_thing", schema}}, limits);
    if (GetParam().faulty) faulty_ = std::make_unique<FaultyDatabase>(scratch_->database());
  }
  Database& database() { return faulty_ ? static_cast<Database&>(*faulty_) : scratch_->database(); }

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
  std::vector<Row> Query(std::string_view text, const Parameters& parameters = {}) {
    return database().Read().value()->Query({"test", text}, parameters).value();
  }
  int64_t Count() { return Query(kCount.text)[0][0].Int(); }

  std::unique_ptr<Scratch> scratch_;
  std::unique_ptr<FaultyDatabase> faulty_;
};
INSTANTIATE_TEST_SUITE_P(On, Conformance, testing::ValuesIn(Stores()), NameOf);

TEST_P(Conformance, GivesBackEveryKindOfValue) {
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

TEST_P(Conformance, NarrowColumnsAndWideSumsAreWholeNumbers) {
  Make({}, "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, small SMALLINT NOT NULL, middle INTEGER NOT NULL)");
  const Sql insert{"insert", "INSERT INTO thing (id, small, middle) VALUES (?, ?, ?), (?, ?, ?)"};
  ASSERT_EQ(Execute(insert, {1, -32768, INT32_MAX, 4'000'000'000'000'000'000, 32767, INT32_MIN}).value(), 2);
  const auto sums = Query("SELECT SUM(id), SUM(small), SUM(middle), COUNT(*), MAX(id), MIN(small) FROM thing");
  EXPECT_EQ(sums[0][0].Int(), 4'000'000'000'000'000'001);
  EXPECT_EQ(sums[0][1].Int(), -1);
  EXPECT_EQ(sums[0][2].Int(), -1);
  EXPECT_EQ(sums[0][3].Int(), 2);
  EXPECT_EQ(sums[0][4].Int(), 4'000'000'000'000'000'000);
  EXPECT_EQ(sums[0][5].Int(), -32768);
  EXPECT_TRUE(Query("SELECT SUM(id) FROM thing WHERE id = 9")[0][0].is_null());
  for (const int64_t value :
       {int64_t{10'000}, int64_t{100'000'000}, int64_t{99'999'999}, int64_t{-10'000}, INT64_MIN, INT64_MAX}) {
    ASSERT_TRUE(Execute({"delete", "DELETE FROM thing"}, {}).ok());
    ASSERT_TRUE(Execute({"insert", "INSERT INTO thing (id, small, middle) VALUES (?, 1, 1)"}, {value}).ok());
    EXPECT_EQ(Query("SELECT SUM(id) FROM thing")[0][0].Int(), value);
  }
  ASSERT_TRUE(Execute({"insert", "INSERT INTO thing (id, small, middle) VALUES (1, 1, 1)"}, {}).ok());
  EXPECT_EQ(database().Read().value()->Query({"sum", "SELECT SUM(id) FROM thing"}, {}).error().reason, kStorageDefect);
}

TEST_P(Conformance, TextsAndBytesAreOrderedByTheirBytes) {
  const std::vector<std::string> ordered = {"A", "B", "Z", "_", "a", "a-b", "aB", "a_b", "ab", "é", "渝"};
  for (size_t i = ordered.size(); i > 0; --i) {
    ASSERT_TRUE(Execute(kInsert, {static_cast<int64_t>(i), ordered[i - 1], ToBytes(ordered[i - 1]), Value()}).ok());
  }
  const auto by_name = Query("SELECT name FROM thing ORDER BY name");
  const auto by_body = Query("SELECT body FROM thing ORDER BY body");
  for (size_t i = 0; i < ordered.size(); ++i) {
    EXPECT_EQ(by_name[i][0].Text(), ordered[i]);
    EXPECT_EQ(by_body[i][0].Blob(), ToBytes(ordered[i]));
  }
}

TEST_P(Conformance, APlaceholderInAQuotedTextIsNone) {
  ASSERT_TRUE(Execute(kInsert, {1, "what?", Value(), 1}).ok());
  EXPECT_EQ(Query("SELECT id FROM thing WHERE name = 'what?' AND id = ? -- and why?", {1}).size(), 1u);
}

TEST_P(Conformance, LimitsAndConditionsTakeParameters) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Execute(kInsert, {i, "a", Value(), 10 * i}).ok());
  EXPECT_EQ(Query("SELECT id FROM thing WHERE part >= ? AND part + ? < 50 ORDER BY id LIMIT ?", {10, 5, 2}).size(), 2u);
  EXPECT_EQ(Execute({"update", "UPDATE thing SET part = part - ? WHERE id = ? AND part >= ?"}, {7, 1, 7}).value(), 1);
  EXPECT_EQ(Execute({"update", "UPDATE thing SET part = part - ? WHERE id = ? AND part >= ?"}, {7, 1, 7}).value(), 0);
}

TEST_P(Conformance, CountsOnlyTheRowsThatChanged) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), Value()}).ok());
  const Sql update{"update", "UPDATE thing SET name = ? WHERE id = ?"};
  EXPECT_EQ(Execute(update, {"b", 1}).value(), 1);
  EXPECT_EQ(Execute(update, {"b", 2}).value(), 0);
  EXPECT_EQ(Execute({"make", "CREATE TABLE other (id BIGINT)"}, {}).value(), 0);
}

TEST_P(Conformance, InsertIfAbsentTellsNewFromKnown) {
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

TEST_P(Conformance, AChangeOfNothingIsNoWrite) {
  const Result<void> done = database().Transact([](Transaction& transaction) -> Result<void> {
    EXPECT_EQ(transaction.Execute({"update", "UPDATE thing SET part = 1 WHERE id = 9"}, {}).value(), 0);
    EXPECT_FALSE(transaction.has_written());
    return {};
  });
  EXPECT_TRUE(done.ok());
}

TEST_P(Conformance, QueryOneRefusesTwoRows) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), 1}).ok());
  auto reader = database().Read().value();
  EXPECT_FALSE(reader->QueryOne({"none", "SELECT id FROM thing WHERE id = 9"}, {}).value().has_value());
  EXPECT_EQ(reader->QueryOne(kAll, {}).value()->at(0).Int(), 1);
  reader.reset();
  ASSERT_TRUE(Execute(kInsert, {2, "a", Value(), 2}).ok());
  EXPECT_EQ(database().Read().value()->QueryOne(kAll, {}).error().reason, kStorageDefect);
}

TEST_P(Conformance, AFaultRollsEverythingBack) {
  const Reason refusal{Kind::kRefused, "test_refusal"};
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1, "a", Value(), Value()}));
    return Fault(refusal);
  });
  EXPECT_EQ(done.error().reason, refusal);
  EXPECT_EQ(Count(), 0);
}

TEST_P(Conformance, AFailedStatementCannotBeSwallowed) {
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

TEST_P(Conformance, OurMistakesAreDefects) {
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
      {"text that is not UTF-8", kInsert, {1, "\xff", Value(), Value()}},
      {"text with a zero byte", kInsert, {1, std::string("a\0b", 3), Value(), Value()}},
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
  for (const std::string_view text : {"DELETE FROM thing RETURNING id", "SELECT 1.5", "SELECT id FROM nothing"}) {
    EXPECT_EQ(database().Read().value()->Query({"s", text}, {}).error().reason, kStorageDefect) << text;
    const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
      YUKUAI_TRY(transaction.Query({"s", text}, {}));
      return {};
    });
    EXPECT_EQ(done.error().reason, kStorageDefect) << text;
  }
  // What cannot be stored cannot be looked for either: the door should have refused it.
  const std::string odd("a\0b", 3);
  EXPECT_EQ(database().Read().value()->Query({"s", "SELECT id FROM thing WHERE name = ?"}, {odd}).error().reason, kStorageDefect);
  EXPECT_TRUE(Query("SELECT id FROM thing WHERE name = ?", {""}).empty());
}

TEST_P(Conformance, AfterAFailedQueryAReaderSaysTheSame) {
  auto reader = database().Read().value();
  EXPECT_EQ(reader->Query({"s", "SELECT id FROM nothing"}, {}).error().reason, kStorageDefect);
  EXPECT_EQ(reader->Query(kCount, {}).error().reason, kStorageDefect);
  reader.reset();
  EXPECT_EQ(Count(), 0);
}

TEST_P(Conformance, FaultDetailsNameTheStatementAndNoValue) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), 123456}).ok());
  const Fault fault = Execute(kInsert, {2, "a", Value(), 123456}).error();
  EXPECT_NE(fault.detail.find("insert"), std::string::npos);
  EXPECT_EQ(fault.detail.find("123456"), std::string::npos);
  const auto wrong = Execute(kInsert, {2, "a", Value(), "secret text"});
  if (!wrong.ok()) { EXPECT_EQ(wrong.error().detail.find("secret"), std::string::npos); }
}

TEST_P(Conformance, AReaderSeesOneMoment) {
  ASSERT_TRUE(Execute(kInsert, {1, "a", Value(), 1}).ok());
  auto early = database().Read().value();
  EXPECT_EQ(early->Query(kCount, {}).value()[0][0].Int(), 1);
  ASSERT_TRUE(Execute(kInsert, {2, "a", Value(), 2}).ok());
  EXPECT_EQ(early->Query(kCount, {}).value()[0][0].Int(), 1);
  auto late = database().Read().value();
  EXPECT_EQ(late->Query(kCount, {}).value()[0][0].Int(), 2);
  early.reset();
  late.reset();
  EXPECT_EQ(Count(), 2);  // A used connection starts afresh.
}

TEST_P(Conformance, AReaderDoesNotSeeWhatIsNotCommitted) {
  const Result<void> done = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {1, "a", Value(), 1}));
    EXPECT_EQ(Count(), 0);
    EXPECT_EQ(transaction.Query(kCount, {}).value()[0][0].Int(), 1);
    return {};
  });
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(Count(), 1);
}

TEST_P(Conformance, ReadersAreBounded) {
  auto first = database().Read().value();
  auto second = database().Read().value();
  EXPECT_EQ(database().Read().error().reason, kStorageBusy);
  first.reset();
  EXPECT_TRUE(database().Read().ok());
}

TEST_P(Conformance, ManyDifferentTextsDoNotFillTheCache) {
  for (int i = 0; i < 600; ++i) EXPECT_EQ(Query("SELECT " + std::to_string(i))[0][0].Int(), i);
}

TEST_P(Conformance, MigratesOnceInTheOrderOfNames) {
  const std::vector<Migration> migrations = {{"0902_b", "INSERT INTO step (id) VALUES (2); INSERT INTO step (id) VALUES (3);"},
                                             {"0901_a", "CREATE TABLE step (id BIGINT);"}};
  ASSERT_TRUE(database().Migrate(migrations, {5}).ok());
  ASSERT_TRUE(database().Migrate(migrations, {6}).ok());
  EXPECT_EQ(Query("SELECT id FROM step").size(), 2u);
  const auto noted = Query("SELECT name, applied_at FROM schema_migration WHERE name >= '0901' ORDER BY name");
  ASSERT_EQ(noted.size(), 2u);
  EXPECT_EQ(noted[0][0].Text(), "0901_a");
  EXPECT_EQ(noted[0][1].Int(), 5);
}

TEST_P(Conformance, AnEditedMigrationIsRefused) {
  EXPECT_EQ(database().Migrate({{"0900_thing", std::string(kMake.text) + " "}}, {}).error().reason, kMigrationChanged);
}

TEST_P(Conformance, AFailedMigrationLeavesNothing) {
  EXPECT_EQ(database().Migrate({{"0901_a", "CREATE TABLE step (id BIGINT); CREATE TABL step;"}}, {}).error().reason,
            kStorageDefect);
  EXPECT_TRUE(database().Migrate({{"0901_a", "CREATE TABLE step (id BIGINT);"}}, {}).ok());
}

TEST_P(Conformance, ProcessesThatStartTogetherMigrateOnce) {
  Make({});
  const std::vector<Migration> migrations = {{"0901_a", "CREATE TABLE step (id BIGINT); INSERT INTO step (id) VALUES (1);"},
                                             {"0902_b", "INSERT INTO step (id) VALUES (2);"}};
  std::vector<std::thread> processes;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) {
    processes.emplace_back([&] {
      const auto other = scratch_->OpenAgain().value();
      const auto migrated = other->Migrate(migrations, {7});
      EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().detail);
      done += migrated.ok() ? 1 : 0;
    });
  }
  for (std::thread& process : processes) process.join();
  EXPECT_EQ(done, 4);
  EXPECT_EQ(Query("SELECT id FROM step").size(), 2u);
}

// A bank in small: what a transfer takes here it gives there, nobody goes below zero, and a key is paid once.
constexpr std::string_view kBankSchema =
    "CREATE TABLE account (id BIGINT NOT NULL PRIMARY KEY, fen BIGINT NOT NULL CHECK (fen >= 0));"
    "CREATE TABLE payment (id BIGINT NOT NULL PRIMARY KEY);"
    "INSERT INTO account (id, fen) VALUES (0, 100), (1, 100), (2, 100);";
constexpr Sql kFen{"fen", "SELECT fen FROM account WHERE id = ?"};
constexpr Sql kPaid{"paid", "SELECT id FROM payment WHERE id = ?"};
constexpr Sql kPay{"pay", "INSERT INTO payment (id) VALUES (?)"};
constexpr Sql kTake{"take", "UPDATE account SET fen = fen - ? WHERE id = ? AND fen >= ?"};
constexpr Sql kGive{"give", "UPDATE account SET fen = fen + ? WHERE id = ?"};
constexpr Reason kTestPoor{Kind::kRefused, "test_poor"};

struct Payment {
  int64_t key;
  int64_t from;
  int64_t to;
  int64_t fen;
};

Result<void> Pay(Transaction& transaction, const Payment& payment) {
  YUKUAI_ASSIGN(const auto paid, transaction.QueryOne(kPaid, {payment.key}));
  if (paid.has_value()) return {};
  YUKUAI_ASSIGN(const auto balance, transaction.QueryOne(kFen, {payment.from}));
  if (balance->at(0).Int() < payment.fen) return Fault(kTestPoor);
  YUKUAI_ASSIGN(const bool mine, transaction.InsertIfAbsent(kPay, {payment.key}));
  if (!mine) return {};  // Another connection paid it since it was looked for.
  YUKUAI_ASSIGN(const int64_t taken, transaction.Execute(kTake, {payment.fen, payment.from, payment.fen}));
  if (taken != 1) return Fault(kTestPoor);
  YUKUAI_TRY(transaction.Execute(kGive, {payment.fen, payment.to}));
  return {};
}

TEST_P(Conformance, ConcurrentTransfersKeepTheSumAndPayEachKeyOnce) {
  Make({}, std::string(kBankSchema));
  constexpr int kThreads = 4;
  constexpr int kPayments = 60;
  std::atomic<bool> over = false;
  // Totals are read all the while, on snapshots.
  std::thread auditor([&] {
    while (!over) EXPECT_EQ(Query("SELECT SUM(fen) FROM account")[0][0].Int(), 300);
  });
  std::vector<std::thread> payers;
  for (int t = 0; t < kThreads; ++t) {
    payers.emplace_back([&, t] {
      for (int i = 0; i < kPayments; ++i) {
        // Each key is wanted by two threads, in both directions of the accounts: conflicts and deadlocks are part of it.
        const int64_t key = (t / 2) * kPayments + i;
        const Payment payment{key, (i + t) % 3, (i + t + 1 + i % 2) % 3, 1 + key % 17};
        const Result<void> done = database().Transact([&](Transaction& transaction) { return Pay(transaction, payment); });
        EXPECT_TRUE(done.ok() || done.error().reason == kTestPoor) << done.error().detail;
      }
    });
  }
  for (std::thread& payer : payers) payer.join();
  over = true;
  auditor.join();
  EXPECT_EQ(Query("SELECT SUM(fen) FROM account")[0][0].Int(), 300);
}

// With each fault at each place: done, not done, or not known; and the same key again ends well, exactly once.
TEST_P(Conformance, UnderEachFaultTheSameKeyConverges) {
  const Payment payment{7, 0, 1, 30};
  const auto pay = [&](Transaction& transaction) { return Pay(transaction, payment); };
  const auto is_done = [&](Database& database) { return !database.Read().value()->Query(kPaid, {payment.key}).value().empty(); };
  std::vector<FaultPlan> plans = {{.begin = 1}, {.commit = 1, .commit_lands = false}, {.commit = 1, .commit_lands = true}};
  constexpr int kStatements = 5;
  for (int statement = 1; statement <= kStatements; ++statement) {
    for (const Reason& reason : {kStorageUnavailable, kStorageFull, kStorageBusy, kStorageDefect}) {
      plans.push_back({.statement = statement, .statement_reason = reason});
    }
  }
  Make({}, std::string(kBankSchema));
  for (const FaultPlan& plan : plans) {
    SCOPED_TRACE(testing::Message() << "begin " << plan.begin << " statement " << plan.statement << " commit " << plan.commit
                                    << (plan.commit_lands ? " landing" : ""));
    ASSERT_TRUE(Execute({"forget", "DELETE FROM payment"}, {}).ok());
    ASSERT_TRUE(Execute({"even", "UPDATE account SET fen = 100"}, {}).ok());
    FaultyDatabase faulty(scratch_->database());
    faulty.Plan(plan);
    const Result<void> first = faulty.Transact(pay);
    ASSERT_TRUE(faulty.struck());
    ASSERT_FALSE(first.ok());
    if (first.error().reason != kStorageOutcomeUnknown) { EXPECT_FALSE(is_done(faulty)); }
    EXPECT_EQ(first.error().reason == kStorageOutcomeUnknown, plan.commit != 0);
    ASSERT_TRUE(faulty.Transact(pay).ok());
    EXPECT_TRUE(is_done(faulty));
    EXPECT_EQ(Query(kFen.text, {0})[0][0].Int(), 70);
    EXPECT_EQ(Query(kFen.text, {1})[0][0].Int(), 130);
  }
  FaultyDatabase clean(scratch_->database());
  ASSERT_TRUE(Execute({"forget", "DELETE FROM payment"}, {}).ok());
  clean.Plan({.statement = kStatements + 1});
  ASSERT_TRUE(clean.Transact(pay).ok());
  EXPECT_FALSE(clean.struck());  // There is no further place.
}

TEST(StorageDeathTest, ReadingAColumnAsWhatItIsNotEndsTheProgram) {
  EXPECT_DEATH(static_cast<void>(Value(1).Text()), "invariant violated");
  EXPECT_DEATH(static_cast<void>(Value("a").Int()), "invariant violated");
  EXPECT_DEATH(static_cast<void>(Value().Blob()), "invariant violated");
  EXPECT_DEATH(static_cast<void>(Value(Bytes(15)).Array<16>()), "invariant violated");
}

}  // namespace
}  // namespace yukuai::storage
