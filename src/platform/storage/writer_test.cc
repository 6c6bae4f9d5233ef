// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "platform/host/boundary.h"
#include "platform/storage/stores_test.h"
#include "platform/storage/writers.h"

namespace yukuai::storage {
namespace {

constexpr Sql kInsert{"insert", "INSERT INTO thing (id) VALUES (?)"};
constexpr Sql kCount{"count", "SELECT COUNT(*) FROM thing"};
constexpr Sql kIds{"ids", "SELECT id FROM thing ORDER BY id"};
constexpr Sql kEpoch{"epoch", "SELECT epoch, owner, renewed_at FROM writer_lease WHERE name = ?"};
constexpr Reason kTestRefusal{Kind::kRefused, "test_refusal"};

const std::vector<Migration> kThing = {{"0900_thing", "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY)"}};

Writer::Operation Insert(int64_t id) {
  return [id](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {id}));
    return {};
  };
}

// Holds the writer's thread inside an operation, so that what is submitted meanwhile becomes one group.
class Gate {
 public:
  explicit Gate(Writer& writer) {
    writer.Submit(
        [this](Transaction&) -> Result<void> {
          entered_.set_value();
          opened_.get_future().wait();
          return {};
        },
        [this](Result<void>) { left_.set_value(); });
    entered_.get_future().wait();
  }
  void Open() {
    opened_.set_value();
    left_.get_future().wait();
  }

 private:
  std::promise<void> entered_, opened_, left_;
};

// The results of operations submitted together, in their order.
class Answers {
 public:
  void Submit(Writer& writer, Writer::Operation operation) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    futures_.push_back(promise->get_future());
    writer.Submit(std::move(operation), [promise](Result<void> result) { promise->set_value(std::move(result)); });
  }
  std::vector<Result<void>> Take() {
    std::vector<Result<void>> results;
    for (auto& future : futures_) results.push_back(future.get());
    futures_.clear();
    return results;
  }

 private:
  std::vector<std::future<Result<void>>> futures_;
};

class WriterOf : public testing::TestWithParam<Store> {
 protected:
  void SetUp() override { Make(); }
  void Make() {
    faulty_.reset();
    scratch_ = OpenStore(GetParam(), kThing);
    faulty_ = std::make_unique<FaultyDatabase>(scratch_->database());
  }
  void Make(AfterUnknown after_unknown) {
    Make();
    faulty_ = std::make_unique<FaultyDatabase>(scratch_->database(), after_unknown);
  }
  std::unique_ptr<Writer> Start(WriterOptions options = {.owner = "test"}) {
    return StartWriter(*faulty_, clock_, options).value();
  }
  int64_t Count() { return scratch_->database().Read().value()->Query(kCount, {}).value()[0][0].Int(); }

  ManualClock clock_{Instant::FromSeconds(1000)};
  std::unique_ptr<Scratch> scratch_;
  std::unique_ptr<FaultyDatabase> faulty_;
};
INSTANTIATE_TEST_SUITE_P(On, WriterOf, testing::ValuesIn(Stores()), NameOf);

TEST_P(WriterOf, AnswersAfterTheCommit) {
  auto writer = Start();
  int64_t seen = -1;
  std::promise<void> answered;
  writer->Submit(Insert(1), [&](Result<void> result) {
    EXPECT_TRUE(result.ok());
    seen = Count();  // Another connection sees it already.
    answered.set_value();
  });
  answered.get_future().wait();
  EXPECT_EQ(seen, 1);
}

TEST_P(WriterOf, GroupsWhatWaits) {
  auto writer = Start({.owner = "test", .group_max = 128});
  Gate gate(*writer);
  Answers answers;
  for (int i = 0; i < 300; ++i) answers.Submit(*writer, Insert(i));
  gate.Open();
  for (const auto& result : answers.Take()) EXPECT_TRUE(result.ok());
  EXPECT_EQ(Count(), 300);
  EXPECT_EQ(writer->figures().commits, 3u);  // 128 + 128 + 44; the gate itself wrote nothing.
  EXPECT_EQ(writer->figures().operations, 301u);
  EXPECT_EQ(writer->figures().groups_spoiled, 0u);
}

TEST_P(WriterOf, ARefusalBeforeTheFirstWriteConcernsItsOperationAlone) {
  auto writer = Start();
  Gate gate(*writer);
  Answers answers;
  answers.Submit(*writer, Insert(1));
  answers.Submit(*writer, [](Transaction& transaction) -> Result<void> {
    EXPECT_EQ(transaction.Query(kCount, {}).value()[0][0].Int(), 1);  // It reads what its group wrote.
    return Fault(kTestRefusal);
  });
  answers.Submit(*writer, Insert(2));
  gate.Open();
  const auto results = answers.Take();
  EXPECT_TRUE(results[0].ok());
  EXPECT_EQ(results[1].error().reason, kTestRefusal);
  EXPECT_TRUE(results[2].ok());
  EXPECT_EQ(writer->figures().commits, 1u);
  EXPECT_EQ(writer->figures().groups_spoiled, 0u);
}

struct Poison {
  const char* what;
  Writer::Operation operation;
  Reason reason;
};

TEST_P(WriterOf, APoisonedOperationAmong127IsRefusedAlone) {
  const std::vector<Poison> poisons = {
      {"a fault after a write",
       [](Transaction& transaction) -> Result<void> {
         YUKUAI_TRY(transaction.Execute(kInsert, {500}));
         return Fault(kTestRefusal);
       },
       kTestRefusal},
      {"a statement that fails", Insert(7), kUniqueViolation},
      {"a statement that fails, its fault swallowed",
       [](Transaction& transaction) -> Result<void> {
         static_cast<void>(transaction.Execute(kInsert, {7}));
         return {};
       },
       kUniqueViolation},
      {"a query that cannot run",
       [](Transaction& transaction) -> Result<void> {
         YUKUAI_TRY(transaction.Query({"none", "SELECT id FROM nothing"}, {}));
         return {};
       },
       kStorageDefect},
  };
  for (const Poison& poison : poisons) {
    SCOPED_TRACE(poison.what);
    Make();
    auto writer = Start();
    Gate gate(*writer);
    Answers answers;
    for (int i = 0; i < 128; ++i) answers.Submit(*writer, i == 64 ? poison.operation : Insert(i));
    gate.Open();
    const auto results = answers.Take();
    for (int i = 0; i < 128; ++i) {
      if (i == 64) {
        ASSERT_FALSE(results[64].ok());
        EXPECT_EQ(results[64].error().reason, poison.reason);
      } else {
        EXPECT_TRUE(results[i].ok()) << i;
      }
    }
    EXPECT_EQ(Count(), 127);
    EXPECT_EQ(writer->figures().groups_spoiled, 1u);
    EXPECT_TRUE(writer->running());
    writer.reset();
  }
}

TEST_P(WriterOf, ALostLeaseStopsTheWriter) {
  auto first = Start({.owner = "first"});
  ASSERT_TRUE(first->Run(Insert(1)).ok());
  auto second = Start({.owner = "second"});
  EXPECT_EQ(first->Run(Insert(2)).error().reason, kLeaseLost);
  EXPECT_FALSE(first->running());
  EXPECT_EQ(first->Run(Insert(3)).error().reason, kLeaseLost);
  EXPECT_TRUE(second->Run(Insert(4)).ok());
  EXPECT_EQ(Count(), 2);
  const auto row = scratch_->database().Read().value()->QueryOne(kEpoch, {"main"}).value();
  EXPECT_EQ(row->at(0).Int(), 2);
  EXPECT_EQ(row->at(1).Text(), "second");
}

TEST_P(WriterOf, ALeaseLostWhileAGroupWaitsRefusesAllOfIt) {
  auto first = Start({.owner = "first"});
  Answers answers;
  std::unique_ptr<Writer> second;
  std::promise<void> taken;
  // Done runs between two groups: the second writer takes the lease there.
  first->Submit(Insert(1), [&](Result<void>) {
    for (int i = 10; i < 20; ++i) answers.Submit(*first, Insert(i));
    second = Start({.owner = "second"});
    taken.set_value();
  });
  taken.get_future().wait();
  for (const auto& result : answers.Take()) EXPECT_EQ(result.error().reason, kLeaseLost);
  EXPECT_EQ(Count(), 1);
}

TEST_P(WriterOf, LeasesOfDifferentNamesDoNotMeet) {
  ASSERT_TRUE(PartitionShards(scratch_->database(), 2, clock_.Now()).ok());
  auto first = Start({.owner = "first", .lease = "shards-0-511"});
  auto second = Start({.owner = "second", .lease = "shards-512-1023"});
  EXPECT_TRUE(first->Run(Insert(1)).ok());
  EXPECT_TRUE(second->Run(Insert(2)).ok());
}

TEST_P(WriterOf, RenewsTheLeaseInEachCommit) {
  auto writer = Start();
  clock_.Advance(77);
  ASSERT_TRUE(writer->Run(Insert(1)).ok());
  EXPECT_EQ(scratch_->database().Read().value()->QueryOne(kEpoch, {"main"}).value()->at(2).Time(), clock_.Now());
}

TEST_P(WriterOf, AFullQueueIsBusyAtOnce) {
  auto writer = Start({.owner = "test", .queue_max = 3});
  Gate gate(*writer);
  Answers answers;
  for (int i = 0; i < 3; ++i) answers.Submit(*writer, Insert(i));
  bool refused = false;
  writer->Submit(Insert(3), [&](Result<void> result) { refused = result.error().reason == kStorageBusy; });
  EXPECT_TRUE(refused);
  gate.Open();
  for (const auto& result : answers.Take()) EXPECT_TRUE(result.ok());
  EXPECT_EQ(Count(), 3);
}

TEST_P(WriterOf, DrainsBeforeItEnds) {
  auto writer = Start();
  Answers answers;
  for (int i = 0; i < 500; ++i) answers.Submit(*writer, Insert(i));
  writer.reset();
  for (const auto& result : answers.Take()) EXPECT_TRUE(result.ok());
  EXPECT_EQ(Count(), 500);
}

// Inserts once, however often it is run.
Writer::Operation InsertOnce(int64_t id) {
  return [id](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.InsertIfAbsent(kInsert, {id}));
    return {};
  };
}

TEST_P(WriterOf, WhereNothingCanTellAnUnknownOutcomeIsToldToItsGroupAndStopsTheWriter) {
  for (const bool lands : {false, true}) {
    SCOPED_TRACE(lands);
    Make(AfterUnknown::kStop);
    auto writer = Start();
    Gate gate(*writer);
    Answers answers;
    answers.Submit(*writer, InsertOnce(1));
    answers.Submit(*writer, [](Transaction&) -> Result<void> { return Fault(kTestRefusal); });
    faulty_->Plan({.commit = 1, .commit_lands = lands});
    gate.Open();
    for (const auto& result : answers.Take()) EXPECT_EQ(result.error().reason, kStorageOutcomeUnknown);
    EXPECT_EQ(Count(), lands ? 1 : 0);
    EXPECT_EQ(writer->Run(InsertOnce(2)).error().reason, kStorageUnavailable);
    EXPECT_FALSE(writer->running());
    writer.reset();
  }
}

TEST_P(WriterOf, AfterAnUnknownOutcomeTheGroupIsRunAgainAndAnsweredOnce) {
  for (const bool lands : {false, true}) {
    SCOPED_TRACE(lands);
    Make(AfterUnknown::kRunAgain);
    auto writer = Start();
    Gate gate(*writer);
    Answers answers;
    answers.Submit(*writer, InsertOnce(1));
    answers.Submit(*writer, [](Transaction&) -> Result<void> { return Fault(kTestRefusal); });
    answers.Submit(*writer, InsertOnce(2));
    faulty_->Plan({.commit = 1, .commit_lands = lands});
    gate.Open();
    const auto results = answers.Take();
    EXPECT_TRUE(results[0].ok());
    EXPECT_EQ(results[1].error().reason, kTestRefusal);
    EXPECT_TRUE(results[2].ok());
    EXPECT_EQ(Count(), 2);
    EXPECT_EQ(writer->figures().outcomes_unknown, 1u);
    // Also where the first commit had landed and nothing was left to write: only a later commit makes it certain.
    EXPECT_EQ(writer->figures().commits, 1u);
    EXPECT_TRUE(writer->Run(InsertOnce(3)).ok());
    writer.reset();
  }
}

// Every commit ends unknown, or nothing begins any more: the answer is that nobody knows, and the next operation is heard.
TEST_P(WriterOf, WhatStaysUnknownIsAnsweredSoAndTheWriterGoesOn) {
  class NeverKnown : public FaultyDatabase {
   public:
    using FaultyDatabase::FaultyDatabase;
    Result<void> Transact(const std::function<Result<void>(Transaction&)>& work) override {
      if (unavailable && ++begun > 1) return Fault(kStorageUnavailable);
      if (never) Plan({.commit = 1, .commit_lands = true});
      return FaultyDatabase::Transact(work);
    }
    std::atomic<bool> never = false;
    std::atomic<bool> unavailable = false;
    std::atomic<int> begun = 0;
  };
  for (const bool unavailable : {false, true}) {
    SCOPED_TRACE(unavailable);
    Make();
    NeverKnown database(scratch_->database(), AfterUnknown::kRunAgain);
    auto writer = StartWriter(database, clock_, {.owner = "test"}).value();
    database.never = true;
    database.unavailable = unavailable;
    EXPECT_EQ(writer->Run(InsertOnce(1)).error().reason, kStorageOutcomeUnknown);
    EXPECT_EQ(Count(), 1);
    database.never = false;
    database.unavailable = false;
    database.Plan({});
    EXPECT_TRUE(writer->Run(InsertOnce(1)).ok());  // The same key again.
    EXPECT_TRUE(writer->running());
    EXPECT_EQ(Count(), 1);
    writer.reset();
  }
}

TEST_P(WriterOf, ALeaseLostWhileTheOutcomeWasUnknownLeavesItUnknown) {
  class TakenOver : public FaultyDatabase {
   public:
    using FaultyDatabase::FaultyDatabase;
    Result<void> Transact(const std::function<Result<void>(Transaction&)>& work) override {
      Result<void> done = FaultyDatabase::Transact(work);
      if (!done.ok() && done.error().reason == kStorageOutcomeUnknown) take();
      return done;
    }
    std::function<void()> take;
  };
  Make();
  TakenOver database(scratch_->database(), AfterUnknown::kRunAgain);
  auto writer = StartWriter(database, clock_, {.owner = "first"}).value();
  std::unique_ptr<Writer> second;
  database.take = [&] { second = StartWriter(scratch_->database(), clock_, {.owner = "second"}).value(); };
  database.Plan({.commit = 1, .commit_lands = true});
  EXPECT_EQ(writer->Run(InsertOnce(1)).error().reason, kStorageOutcomeUnknown);
  EXPECT_EQ(writer->Run(InsertOnce(2)).error().reason, kLeaseLost);
  EXPECT_FALSE(writer->running());
  EXPECT_TRUE(second->Run(InsertOnce(1)).ok());
  EXPECT_EQ(Count(), 1);
}

TEST_P(WriterOf, AServerThatIsGoneIsAskedOnceForTheWholeGroup) {
  auto writer = Start();
  Gate gate(*writer);
  Answers answers;
  for (int i = 0; i < 100; ++i) answers.Submit(*writer, Insert(i));
  faulty_->Plan({.statement = 50});
  gate.Open();
  for (const auto& result : answers.Take()) EXPECT_EQ(result.error().reason, kStorageUnavailable);
  EXPECT_EQ(Count(), 0);
  EXPECT_EQ(writer->figures().groups_spoiled, 0u);
  EXPECT_TRUE(writer->Run(Insert(1)).ok());
}

// Whatever statement fails, each operation is done whole and answered well, or not done and answered with a fault.
TEST_P(WriterOf, EveryStatementMayFail) {
  int faults = 0;
  for (int statement = 1;; ++statement) {
    Make();
    auto writer = Start();
    Gate gate(*writer);
    Answers answers;
    const auto pair = [](int64_t id) {
      return [id](Transaction& transaction) -> Result<void> {
        YUKUAI_TRY(transaction.Query(kCount, {}));
        YUKUAI_TRY(transaction.Execute(kInsert, {id}));
        YUKUAI_TRY(transaction.Execute(kInsert, {id + 1}));
        return {};
      };
    };
    answers.Submit(*writer, pair(1));
    answers.Submit(*writer, pair(3));
    faulty_->Plan({.statement = statement, .statement_reason = kStorageFull});
    gate.Open();
    int64_t expected = 0;
    for (const auto& result : answers.Take()) {
      expected += result.ok() ? 2 : 0;
      if (!result.ok()) { EXPECT_EQ(result.error().reason, kStorageFull); }
    }
    EXPECT_EQ(Count(), expected) << statement;
    EXPECT_TRUE(writer->running());
    writer.reset();
    if (!faulty_->struck()) break;
    ++faults;
  }
  EXPECT_EQ(faults, 7);  // The lease and twice three statements.
}

// A child process commits, tells each acknowledged id through a pipe, and is killed in the middle.
void RunChild(const Scratch& scratch, int acknowledged) {
  const ManualClock clock(Instant::FromSeconds(1));
  auto database = scratch.OpenAgain().value();
  auto writer = StartWriter(*database, clock, {.owner = "child"}).value();
  for (int64_t id = 0;; ++id) {
    writer->Submit(Insert(id), [id, acknowledged](Result<void> result) {
      if (!result.ok() || ::write(acknowledged, &id, sizeof id) != sizeof id) ::_exit(1);
    });
    if (id % 16 == 0) static_cast<void>(writer->Run([](Transaction&) -> Result<void> { return {}; }));
  }
}

TEST_P(WriterOf, NothingAcknowledgedIsLostByAKill) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(ends[0]);
    RunChild(*scratch_, ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  int64_t last = -1;
  for (int64_t id = 0; last < 200 && ::read(ends[0], &id, sizeof id) == sizeof id;) last = id;
  ::kill(child, SIGKILL);
  for (int64_t id = 0; ::read(ends[0], &id, sizeof id) == sizeof id;) last = id;  // Told before the kill reached it.
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_GE(last, 200);

  auto database = scratch_->OpenAgain().value();
  const auto rows = database->Read().value()->Query(kIds, {}).value();
  ASSERT_GE(rows.size(), static_cast<size_t>(last) + 1);
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i][0].Int(), static_cast<int64_t>(i));
}

TEST_P(WriterOf, ACrashBeforeTheCommitLosesItAndOneAfterItDoesNot) {
  struct Case {
    const char* boundary;
    int64_t rows;
  };
  for (const Case& c : {Case{"server.commit.before", 0}, Case{"server.commit.after", 1}}) {
    SCOPED_TRACE(c.boundary);
    Make();
    EXPECT_EXIT(
        {
          auto database = scratch_->OpenAgain().value();
          auto writer = StartWriter(*database, clock_, {.owner = "child"}).value();
          if (!host::ArmBoundaries(c.boundary).ok()) ::_exit(1);
          static_cast<void>(writer->Run(Insert(1)));
          ::_exit(2);
        },
        testing::KilledBySignal(SIGKILL), "");
    EXPECT_EQ(scratch_->OpenAgain().value()->Read().value()->Query(kCount, {}).value()[0][0].Int(), c.rows);
  }
}

TEST_P(WriterOf, AStepRunsWhatIsQueuedAsOneGroup) {
  auto writer = StartSteppedWriter(scratch_->database(), clock_, {.owner = "stepped", .group_max = 2}).value();
  EXPECT_FALSE(writer->Step());
  int answered = 0;
  for (int64_t id = 1; id <= 3; ++id) {
    writer->Submit(Insert(id), [&](const Result<void>& done) {
      EXPECT_TRUE(done.ok());
      ++answered;
    });
  }
  EXPECT_EQ(answered, 0);
  EXPECT_TRUE(writer->Step());
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(writer->figures().commits, 1u);
  EXPECT_TRUE(writer->Run(Insert(4)).ok());  // With the third, which waited before it.
  EXPECT_EQ(answered, 3);
  EXPECT_FALSE(writer->Step());
}

TEST_P(WriterOf, WhatWaitsForAStepWhenTheWriterEndsIsDropped) {
  auto writer = StartSteppedWriter(scratch_->database(), clock_, {.owner = "stepped"}).value();
  bool answered = false;
  writer->Submit(Insert(1), [&](const Result<void>&) { answered = true; });
  writer.reset();
  EXPECT_FALSE(answered);
  EXPECT_EQ(scratch_->database().Read().value()->Query(kCount, {}).value()[0][0].Int(), 0);
}

}  // namespace
}  // namespace yukuai::storage
