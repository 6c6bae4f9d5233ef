// SPDX-License-Identifier: Apache-2.0
// Processes that share the shards: taking, silence, hand-over, and what a process commits that lost its lease while it slept.
#include "platform/storage/writers.h"

#include <gtest/gtest.h>

#include <future>

#include "platform/storage/stores_test.h"

namespace yukuai::storage {
namespace {

using std::chrono::milliseconds;

constexpr Sql kInsert{"insert", "INSERT INTO thing (id) VALUES (?)"};
constexpr Sql kCount{"count", "SELECT COUNT(*) FROM thing"};
constexpr int64_t kLeaseMs = 10'000;

Writer::Operation Insert(int64_t id) {
  return [id](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.Execute(kInsert, {id}));
    return {};
  };
}

class WritersOf : public testing::TestWithParam<Store> {
 protected:
  void SetUp() override {
    scratch_ = OpenStore(GetParam(), {{"0900_thing", "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY)"}});
  }

  // A process of its own: its own connections and its own view of time.
  struct Process {
    std::unique_ptr<Database> database;
    std::unique_ptr<Writers> writers;
  };
  Process Start(const std::string& owner) {
    Process process;
    process.database = scratch_->OpenAgain().value();
    process.writers =
        Writers::Start(*process.database, clock_, {.owner = owner, .address = "https://" + owner, .lease_ms = kLeaseMs}, now_)
            .value();
    return process;
  }
  // A second passes for everybody who is named.
  void Second(std::initializer_list<Process*> living) {
    now_ += milliseconds(1000);
    clock_.Advance(1);
    for (Process* process : living) {
      const auto turned = process->writers->Turn(now_);
      EXPECT_TRUE(turned.ok()) << (turned.ok() ? "" : turned.error().detail);
      // What Turn queued is committed before anybody else looks.
      for (const Shard shard : {Shard{0}, Shard{300}, Shard{600}, Shard{1000}}) {
        if (process->writers->Holds(shard)) {
          EXPECT_TRUE(process->writers->Of(shard).Run([](Transaction&) -> Result<void> { return {}; }).ok());
        }
      }
    }
  }
  void Seconds(int count, std::initializer_list<Process*> living) {
    for (int i = 0; i < count; ++i) Second(living);
  }
  void Partition(int parts) { ASSERT_TRUE(PartitionShards(scratch_->database(), parts, clock_.Now()).ok()); }
  int64_t Count() { return scratch_->database().Read().value()->Query(kCount, {}).value()[0][0].Int(); }

  ManualClock clock_{Instant::FromSeconds(1000)};
  Writers::Moment now_{std::chrono::hours(1)};
  std::unique_ptr<Scratch> scratch_;
};
INSTANTIATE_TEST_SUITE_P(On, WritersOf, testing::ValuesIn(Stores()), NameOf);

TEST_P(WritersOf, TheFirstProcessTakesEverything) {
  Process first = Start("first");
  EXPECT_EQ(first.writers->held(), 1u);
  EXPECT_TRUE(first.writers->Of(0).Run(Insert(1)).ok());
  EXPECT_TRUE(first.writers->Of(1023).Run(Insert(2)).ok());
  EXPECT_TRUE(first.writers->Run(Insert(3)).ok());  // One lease covers all: no shard need be named.
  EXPECT_EQ(first.writers->figures().operations, 3u);
}

TEST_P(WritersOf, ASecondProcessStandsBy) {
  Process first = Start("first");
  Process second = Start("second");
  EXPECT_EQ(second.writers->held(), 0u);
  EXPECT_EQ(second.writers->Run(Insert(1)).error().reason, kShardElsewhere);
  EXPECT_EQ(second.writers->AddressOf(5), "https://first");
  EXPECT_EQ(first.writers->AddressOf(5), std::nullopt);
  Seconds(30, {&first, &second});
  EXPECT_EQ(second.writers->held(), 0u);
  EXPECT_TRUE(second.writers->running());  // It has lost nothing.
  EXPECT_TRUE(first.writers->Run(Insert(1)).ok());
}

TEST_P(WritersOf, WhatWasGivenBackIsTakenAtOnce) {
  Process first = Start("first");
  Process second = Start("second");
  Second({&first, &second});
  first.writers->Release();
  EXPECT_EQ(first.writers->Run(Insert(1)).error().reason, kShardElsewhere);
  Second({&second});
  EXPECT_EQ(second.writers->held(), 1u);
  EXPECT_TRUE(second.writers->Run(Insert(2)).ok());
}

TEST_P(WritersOf, SilenceIsNotTakenForDeathTooEarly) {
  Process first = Start("first");
  Process second = Start("second");
  Second({&first, &second});
  // `first` is frozen from here on.
  Seconds(kLeaseMs / 1000 - 1, {&second});
  EXPECT_EQ(second.writers->held(), 0u);
  Second({&second});
  EXPECT_EQ(second.writers->held(), 1u);
  EXPECT_TRUE(second.writers->Run(Insert(1)).ok());
  // It wakes up: nothing of it is committed, and it knows that it must end.
  EXPECT_EQ(first.writers->Run(Insert(2)).error().reason, kLeaseLost);
  Second({&first});
  EXPECT_FALSE(first.writers->running());
  EXPECT_EQ(first.writers->Run(Insert(3)).error().reason, kShardElsewhere);
  EXPECT_EQ(Count(), 1);
}

TEST_P(WritersOf, AProcessThatStartsAgainTakesItsOwnAtOnce) {
  Process first = Start("first");
  EXPECT_TRUE(first.writers->Run(Insert(1)).ok());
  Process again = Start("first");  // It was killed, and gave nothing back.
  EXPECT_EQ(again.writers->held(), 1u);
  EXPECT_TRUE(again.writers->Run(Insert(2)).ok());
  EXPECT_EQ(first.writers->Run(Insert(3)).error().reason, kLeaseLost);
}

TEST_P(WritersOf, ShardsAreDividedWithoutGap) {
  for (const int parts : {1, 3, 4, 1024}) {
    SCOPED_TRACE(parts);
    Partition(parts);
    const auto leases = ReadLeases(*scratch_->database().Read().value()).value();
    ASSERT_EQ(leases.size(), static_cast<size_t>(parts));
    int next = 0;
    for (const Lease& lease : leases) {
      EXPECT_EQ(lease.first, next);
      EXPECT_GE(lease.last, lease.first);
      next = lease.last + 1;
    }
    EXPECT_EQ(next, kShardCount);
  }
}

TEST_P(WritersOf, ProcessesComeToEvenShares) {
  Partition(4);
  Process first = Start("first");
  EXPECT_EQ(first.writers->held(), 4u);
  EXPECT_EQ(first.writers->Run(Insert(1)).error().reason, kStorageDefect);  // A shard must be named.
  Process second = Start("second");
  EXPECT_EQ(second.writers->held(), 0u);
  Seconds(6, {&first, &second});
  EXPECT_EQ(first.writers->held(), 2u);
  EXPECT_EQ(second.writers->held(), 2u);
  for (int shard = 0; shard < kShardCount; shard += 100) {
    const auto at = static_cast<Shard>(shard);
    EXPECT_NE(first.writers->Holds(at), second.writers->Holds(at)) << shard;
    Process& owner = first.writers->Holds(at) ? first : second;
    Process& other = first.writers->Holds(at) ? second : first;
    EXPECT_TRUE(owner.writers->Of(at).Run(Insert(shard)).ok());
    EXPECT_EQ(other.writers->Of(at).Run(Insert(shard)).error().reason, kShardElsewhere);
  }
  // One dies: the other has everything after its silence.
  Seconds(kLeaseMs / 1000 + 1, {&first});
  EXPECT_EQ(first.writers->held(), 4u);
  EXPECT_TRUE(first.writers->running());
}

TEST_P(WritersOf, AHandOverAnswersWhatWasQueuedAndNothingTwice) {
  Partition(2);
  Process first = Start("first");
  Process second = Start("second");
  std::vector<std::future<Result<void>>> answers;
  for (int i = 0; i < 50; ++i) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    answers.push_back(promise->get_future());
    first.writers->Of(static_cast<Shard>(i % 2 == 0 ? 0 : 1023)).Submit(Insert(i), [promise](Result<void> result) {
      promise->set_value(std::move(result));
    });
    if (i == 25) Seconds(2, {&second, &first});  // Asks; hands over.
  }
  int64_t done = 0;
  for (auto& answer : answers) {
    const Result<void> result = answer.get();
    done += result.ok() ? 1 : 0;
    if (!result.ok()) { EXPECT_EQ(result.error().reason, kShardElsewhere); }
  }
  Second({&second, &first});
  EXPECT_EQ(first.writers->held(), 1u);
  EXPECT_EQ(second.writers->held(), 1u);
  EXPECT_EQ(Count(), done);
  EXPECT_GE(done, 26);
  EXPECT_LT(done, 50);
}

TEST_P(WritersOf, DividingAnewEndsEveryWriter) {
  Process first = Start("first");
  Partition(2);
  EXPECT_EQ(first.writers->Run(Insert(1)).error().reason, kLeaseLost);
  EXPECT_FALSE(first.writers->Turn(now_).ok());
  EXPECT_FALSE(first.writers->running());
  EXPECT_EQ(StartWriter(scratch_->database(), clock_, {.owner = "other", .lease = "another"}).error().reason, kStorageDefect);
  EXPECT_EQ(Count(), 0);
}

// The name is back, its epoch is not.
TEST_P(WritersOf, AWriterThatSleptWhileShardsWereDividedTwiceCommitsNothing) {
  Partition(1);
  auto sleeping = StartWriter(scratch_->database(), clock_, {.owner = "sleeping"}).value();
  Partition(2);
  Partition(1);
  Process next = Start("next");
  EXPECT_EQ(sleeping->Run(Insert(1)).error().reason, kLeaseLost);
  EXPECT_TRUE(next.writers->Run(Insert(2)).ok());
  EXPECT_EQ(Count(), 1);
}

TEST_P(WritersOf, WhileNobodyCanReadNobodyIsSilent) {
  class Unreadable : public FaultyDatabase {
   public:
    using FaultyDatabase::FaultyDatabase;
    Result<std::unique_ptr<Reader>> Read() override {
      if (down) return Fault(kStorageUnavailable);
      return FaultyDatabase::Read();
    }
    bool down = false;
  };
  Process first = Start("first");
  const auto connection = scratch_->OpenAgain().value();
  Unreadable database(*connection);
  const auto second = Writers::Start(database, clock_, {.owner = "second", .lease_ms = kLeaseMs}, now_).value();
  database.down = true;
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(second->Turn(now_ += milliseconds(1000)).ok());
  database.down = false;
  EXPECT_TRUE(second->Turn(now_ += milliseconds(1000)).ok());
  EXPECT_EQ(second->held(), 0u);  // It begins to watch only now.
  EXPECT_TRUE(first.writers->Run(Insert(1)).ok());
}

}  // namespace
}  // namespace yukuai::storage
