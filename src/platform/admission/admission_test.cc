// SPDX-License-Identifier: Apache-2.0
// Everything here runs on a clock that is told. The last tests put a whole day of overload through a server that serves one
// request after the other, and count.
#include "platform/admission/admission.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace yukuai::admission {
namespace {

struct Heard {
  std::vector<std::string> started;
  std::map<std::string, int> refused;  // With the time after which to come back.
};

class NamedWork final : public Work {
 public:
  NamedWork(std::string name, Heard& heard) : name_(std::move(name)), heard_(heard) {}
  void Start() override { heard_.started.push_back(name_); }
  void Refuse(Refusal refusal) override { heard_.refused[name_] = refusal.retry_after_s; }

 private:
  const std::string name_;
  Heard& heard_;
};

Options TwoClasses() {
  Options options;
  options.classes = {{"first", 3}, {"second", 3}};
  options.limit = {.least = 1, .most = 2, .start = 2, .latency_us_target = 100'000, .window_us = 100'000};
  return options;
}

class AdmissionTest : public ::testing::Test {
 protected:
  bool Offer(size_t class_index, const std::string& name) {
    return !admission_.Offer(class_index, now(), now(), std::make_shared<NamedWork>(name, heard_)).has_value();
  }
  // Starts what may start and refuses what is late.
  void Run() {
    for (;;) {
      Admission::Turn turn = admission_.Next(now());
      for (const auto& late : turn.late) late.work->Refuse(late.refusal);
      if (!turn.work) return;
      turn.work->Start();
    }
  }
  void Pass(int64_t ms) { clock_.Set({clock_.Now().us + ms * 1000}); }
  Instant now() const { return clock_.Now(); }

  ManualClock clock_{Instant::FromSeconds(1000)};
  SeededEntropy entropy_{1};
  Heard heard_;
  Admission admission_{TwoClasses(), entropy_};
};

TEST_F(AdmissionTest, StartsTheMoreImportantFirstAndWithinAClassWhoCameFirst) {
  for (const char* name : {"s1", "s2"}) EXPECT_TRUE(Offer(1, name));
  for (const char* name : {"f1", "f2"}) EXPECT_TRUE(Offer(0, name));
  Run();
  EXPECT_EQ(heard_.started, (std::vector<std::string>{"f1", "f2"}));  // The limit is two.
  EXPECT_TRUE(admission_.Done(0, now(), now()));
  EXPECT_TRUE(admission_.Done(0, now(), now()));
  Run();
  EXPECT_EQ(heard_.started, (std::vector<std::string>{"f1", "f2", "s1", "s2"}));
  EXPECT_FALSE(admission_.Done(1, now(), now()));  // Nobody waits.
  EXPECT_FALSE(admission_.Abandoned());
}

TEST_F(AdmissionTest, AFullQueueRefusesItsOwnClassOnly) {
  for (const char* name : {"s1", "s2", "s3"}) EXPECT_TRUE(Offer(1, name));
  EXPECT_TRUE(admission_.Judge(1, now(), now()));
  EXPECT_FALSE(Offer(1, "s4"));
  EXPECT_FALSE(admission_.Judge(0, now(), now()));
  EXPECT_TRUE(Offer(0, "f1"));
  const Figures figures = admission_.figures();
  EXPECT_EQ(figures.classes[1].refused_early, 2u);
  EXPECT_EQ(figures.classes[1].queued, 3u);
  EXPECT_EQ(figures.classes[0].refused_early, 0u);
}

TEST_F(AdmissionTest, WhatArrivedTooLongAgoIsRefusedAtOnce) {
  EXPECT_FALSE(admission_.Judge(0, {now().us - 500'000}, now()));
  EXPECT_TRUE(admission_.Judge(0, {now().us - 500'001}, now()));
}

TEST_F(AdmissionTest, WhatWaitedTooLongIsRefusedInsteadOfStarted) {
  EXPECT_TRUE(Offer(0, "one"));
  Pass(500);
  Run();
  EXPECT_EQ(heard_.started, std::vector<std::string>{"one"});
  EXPECT_TRUE(Offer(0, "two"));
  clock_.Set({now().us + 500'001});
  Run();
  EXPECT_EQ(heard_.started, std::vector<std::string>{"one"});
  EXPECT_TRUE(heard_.refused.contains("two"));
  EXPECT_EQ(admission_.figures().classes[0].refused_late, 1u);
}

TEST_F(AdmissionTest, TheTimeOfServiceIsSetAsideButNeverMoreThanHalfOfTheDeadline) {
  EXPECT_TRUE(Offer(0, "slow"));
  Run();
  for (int i = 0; i < 100; ++i) {  // Each takes ten seconds: what is expected of the next is bounded by half the deadline.
    const Instant began = now();
    Pass(10'000);
    admission_.Done(0, began, now());
    EXPECT_TRUE(Offer(0, "slow"));
    Run();
  }
  EXPECT_FALSE(admission_.Judge(0, {now().us - 250'000}, now()));
  EXPECT_TRUE(admission_.Judge(0, {now().us - 250'001}, now()));
}

TEST_F(AdmissionTest, NobodyIsForgottenWhenNothingIsServedAnyMore) {
  EXPECT_TRUE(Offer(0, "stuck"));
  EXPECT_TRUE(Offer(0, "stuck as well"));
  Run();
  EXPECT_TRUE(Offer(0, "waits"));
  EXPECT_TRUE(Offer(1, "waits behind"));
  Pass(400);
  EXPECT_TRUE(admission_.TakeLate(now()).empty());
  Pass(101);
  std::set<Work*> late;
  for (const auto& one : admission_.TakeLate(now())) {
    one.work->Refuse(one.refusal);
    late.insert(one.work.get());
  }
  EXPECT_EQ(late.size(), 2u);
  EXPECT_TRUE(heard_.refused.contains("waits"));
  EXPECT_TRUE(heard_.refused.contains("waits behind"));
  EXPECT_FALSE(admission_.standing(now()));
}

TEST_F(AdmissionTest, WhoIsForgottenIsToldNothing) {
  EXPECT_TRUE(Offer(0, "f"));
  EXPECT_TRUE(Offer(1, "s"));
  EXPECT_EQ(admission_.Forget().size(), 2u);
  Pass(1'000);
  Run();
  EXPECT_TRUE(admission_.TakeLate(now()).empty());
  EXPECT_TRUE(heard_.started.empty());
  EXPECT_TRUE(heard_.refused.empty());
}

// One request after the other takes 10 ms: it does 100 in a second, whatever is asked of it.
class SlowServer {
 public:
  struct Asked {
    size_t class_index;
    Instant at;
  };
  struct Counts {
    uint64_t offered = 0, answered = 0, refused = 0;
    int64_t latency_us_most = 0;
  };

  explicit SlowServer(Options options, uint64_t seed) : entropy_(seed), random_(seed), admission_(std::move(options), entropy_) {}

  // So many milliseconds in which each class is asked so many times a second.
  void Run(int64_t ms, const std::vector<uint64_t>& per_second) {
    for (int64_t i = 0; i < ms; ++i, clock_.Set({clock_.Now().us + 1000})) {
      const Instant now = clock_.Now();
      End(now);
      for (size_t c = 0; c < per_second.size(); ++c) Ask(c, per_second[c], now);
      Begin(now);
      queued_most_ = std::max(queued_most_, Queued());
    }
  }
  std::vector<Counts> TakeCounts() { return std::exchange(counts_, std::vector<Counts>(kClassesMax)); }
  size_t queued_most() const { return queued_most_; }
  Admission& admission() { return admission_; }
  std::vector<int> TakeRetryTimes() { return std::exchange(retry_times_, {}); }

 private:
  class Answering final : public Work {
   public:
    Answering(SlowServer& server, Asked asked) : server_(server), asked_(asked) {}
    void Start() override { server_.in_service_ = asked_; }
    void Refuse(Refusal) override { ++server_.counts_[asked_.class_index].refused; }

   private:
    SlowServer& server_;
    const Asked asked_;
  };

  void Ask(size_t c, uint64_t per_second, Instant now) {
    uint64_t times = per_second / 1000;
    times += random_.Below(1000) < per_second % 1000 ? 1 : 0;
    for (; times > 0; --times) {
      ++counts_[c].offered;
      auto refusal = admission_.Judge(c, now, now);
      if (!refusal) refusal = admission_.Offer(c, now, now, std::make_shared<Answering>(*this, Asked{c, now}));
      if (!refusal) continue;
      ++counts_[c].refused;
      retry_times_.push_back(refusal->retry_after_s);
    }
  }
  void End(Instant now) {
    if (!in_service_ || now.us - began_.us < 10'000) return;
    Counts& counts = counts_[in_service_->class_index];
    ++counts.answered;
    counts.latency_us_most = std::max(counts.latency_us_most, now.us - in_service_->at.us);
    admission_.Done(in_service_->class_index, began_, now);
    in_service_.reset();
  }
  void Begin(Instant now) {
    if (in_service_) return;
    Admission::Turn turn = admission_.Next(now);
    for (const auto& late : turn.late) late.work->Refuse(late.refusal);
    if (!turn.work) return;
    turn.work->Start();
    began_ = now;
  }
  size_t Queued() const {
    size_t all = 0;
    for (const ClassFigures& one : admission_.figures().classes) all += one.queued;
    return all;
  }

  ManualClock clock_{Instant::FromSeconds(1000)};
  SeededEntropy entropy_;
  SeededEntropy random_;
  Admission admission_;
  std::optional<Asked> in_service_;
  Instant began_;
  std::vector<Counts> counts_ = std::vector<Counts>(kClassesMax);
  std::vector<int> retry_times_;
  size_t queued_most_ = 0;
};

Options ThreeClasses() {
  Options options;
  options.classes = {{"lifeline", 256}, {"money", 256}, {"browsing", 256}};
  return options;
}

TEST(AdmissionUnderLoad, HalfOfWhatItCanDoIsAllServed) {
  SlowServer server(ThreeClasses(), 1);
  server.Run(20'000, {10, 20, 20});
  for (const auto& counts : server.TakeCounts()) EXPECT_EQ(counts.refused, 0u);
}

TEST(AdmissionUnderLoad, AShortBurstIsTakenInAndServed) {
  SlowServer server(ThreeClasses(), 1);
  server.Run(1, {0, 0, 30'000});  // Thirty at once: 300 ms of work.
  server.Run(1'000, {0, 0, 0});
  const auto counts = server.TakeCounts();
  EXPECT_EQ(counts[2].answered, 30u);
  EXPECT_EQ(counts[2].refused, 0u);
}

TEST(AdmissionUnderLoad, ThirtyTimesWhatItCanDoLosesNothingOfWhatItCanDo) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SlowServer server(ThreeClasses(), seed);
    server.Run(5'000, {10, 20, 20});
    server.TakeCounts();
    server.Run(20'000, {40, 960, 2000});
    const auto counts = server.TakeCounts();
    uint64_t answered = 0;
    for (const auto& one : counts) {
      answered += one.answered;
      EXPECT_LE(one.latency_us_most, 500'000);
    }
    EXPECT_GE(answered, 1'980u);  // Of 2000 that can be done in the time.
    EXPECT_EQ(counts[0].refused, 0u);
    EXPECT_GE(counts[1].answered, 1'000u);
    EXPECT_LE(counts[2].answered, 100u);
    EXPECT_LE(server.queued_most(), 3u * 256u);
  }
}

TEST(AdmissionUnderLoad, AfterwardsEverybodyIsServedAgainWithinASecond) {
  SlowServer server(ThreeClasses(), 1);
  server.Run(10'000, {40, 960, 2000});
  server.Run(1'000, {10, 20, 20});
  server.TakeCounts();
  server.Run(10'000, {10, 20, 20});
  for (const auto& counts : server.TakeCounts()) {
    EXPECT_EQ(counts.refused, 0u);
    EXPECT_LE(counts.latency_us_most, 200'000);
  }
}

TEST(AdmissionUnderLoad, TheFirstClassAloneMayBeTooMuchAndIsStillServedAtFullRate) {
  SlowServer server(ThreeClasses(), 1);
  server.Run(10'000, {3000, 0, 0});
  const auto counts = server.TakeCounts();
  EXPECT_GE(counts[0].answered, 980u);
  EXPECT_LE(counts[0].latency_us_most, 500'000);
}

TEST(AdmissionUnderLoad, TheTimeToComeBackGrowsWhileMostAreRefusedAndFallsAfterwards) {
  Options options = ThreeClasses();
  options.retry_after_s_most = 8;
  SlowServer server(options, 1);
  server.Run(20'000, {0, 0, 3000});
  server.TakeRetryTimes();
  server.Run(1'000, {0, 0, 3000});
  const std::vector<int> times = server.TakeRetryTimes();
  std::map<int, size_t> spread;
  for (const int seconds : times) ++spread[seconds];
  for (int seconds = 8; seconds <= 16; ++seconds) {
    EXPECT_GT(spread[seconds], times.size() / 20) << seconds;  // A ninth each, more or less.
  }
  EXPECT_EQ(spread.size(), 9u);
  server.Run(6'000, {0, 0, 50});
  EXPECT_EQ(server.admission().figures().classes[2].retry_after_s, 1);
}

TEST(AdmissionUnderLoad, EveryRequestIsAnsweredOrRefusedOnce) {
  SlowServer server(ThreeClasses(), 7);
  server.Run(5'000, {100, 100, 300});
  server.Run(2'000, {});
  for (const auto& counts : server.TakeCounts()) EXPECT_EQ(counts.offered, counts.answered + counts.refused);
  EXPECT_EQ(server.admission().figures().in_service, 0u);
}

}  // namespace
}  // namespace yukuai::admission
