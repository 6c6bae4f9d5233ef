// SPDX-License-Identifier: Apache-2.0
// The single writer: a queue, groups, and a thread unless somebody else steps it. It is built on Database::Transact alone, so
// that every engine, and the faulty one, is written through the same code.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <span>
#include <thread>

#include "base/result/check.h"
#include "platform/host/boundary.h"
#include "platform/storage/lease.h"
#include "platform/storage/writer.h"

namespace yukuai::storage {
namespace {

// Never leaves this file: tells Transact to roll back where nobody is at fault.
constexpr Reason kNothingWritten{Kind::kInternal, "nothing_written"};

// How often operations are run again while the outcome of their commit is unknown. Each run waits as long as the engine does.
constexpr int kRunsAgainMax = 4;

// One operation's view of the group's transaction: what it alone wrote, and the first statement of its own that failed.
class OperationTransaction : public Transaction {
 public:
  explicit OperationTransaction(Transaction& group) : group_(group) {}

  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) override {
    auto rows = group_.Query(sql, parameters);
    if (!rows.ok()) NoteFailure(rows.error());
    return rows;
  }
  Result<int64_t> Execute(const Sql& sql, const Parameters& parameters) override {
    auto rows = group_.Execute(sql, parameters);
    if (!rows.ok()) NoteFailure(rows.error());
    has_written_ = has_written_ || !rows.ok() || *rows > 0;
    return rows;
  }
  bool has_written() const override { return has_written_; }
  const std::optional<Fault>& failure() const { return failure_; }

 private:
  void NoteFailure(const Fault& fault) {
    if (!failure_.has_value()) failure_ = fault;
  }

  Transaction& group_;
  std::optional<Fault> failure_;
  bool has_written_ = false;
};

class GroupWriter : public LeasedWriter {
 public:
  GroupWriter(Database& database, const Clock& clock, WriterOptions options, int64_t epoch)
      : database_(database), clock_(clock), options_(std::move(options)), epoch_(epoch) {}
  ~GroupWriter() override { Drain(); }
  void Drain() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    queued_.notify_one();
    if (thread_.joinable()) thread_.join();
  }
  void StartThread() {
    thread_ = std::thread([this] { Work(); });
  }

  void Submit(Operation operation, Done done) override;
  Result<void> Run(Operation operation) override;
  bool Step() override;
  void Renew() override;
  std::optional<Reason> stopped() const override {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }
  bool running() const override {
    const std::lock_guard lock(mutex_);
    return !closing_ && !stopped_.has_value();
  }
  WriterFigures figures() const override {
    return {operations_.load(), commits_.load(), groups_spoiled_.load(), outcomes_unknown_.load()};
  }

 private:
  struct Pending {
    Operation operation;
    Done done;
    Result<void> result;
    bool open = false;  // A commit of it ended with an unknown outcome, and none has told since.
  };
  enum class Attempted { kAnswerable, kSpoiled };
  struct Round {
    bool spoiled = false;  // An operation failed after it had written, or with its statement.
    bool written = false;  // Or something that was written needs this commit to be sure of it.
  };

  void Work();
  std::vector<Pending> Take();  // With mutex_ held.
  void Serve(std::vector<Pending> group);
  Attempted Attempt(std::span<Pending> group);
  void RunOneByOne(std::span<Pending> group);
  Result<void> RunInside(Transaction& transaction, std::span<Pending> group, Round& round);
  std::optional<Fault> Stopped() const;
  void Stop(Reason answer);
  void Answer(std::span<Pending> group);

  Database& database_;
  const Clock& clock_;
  const WriterOptions options_;
  const int64_t epoch_;

  mutable std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<Pending> queue_;      // Guarded by mutex_.
  bool closing_ = false;           // Guarded by mutex_.
  std::optional<Reason> stopped_;  // Guarded by mutex_: what everything is answered from now on.

  std::atomic<bool> renewing_ = false;
  std::atomic<uint64_t> operations_{0};
  std::atomic<uint64_t> commits_{0};
  std::atomic<uint64_t> groups_spoiled_{0};
  std::atomic<uint64_t> outcomes_unknown_{0};

  std::thread thread_;  // Last: it uses all of the above.
};

void GroupWriter::Submit(Operation operation, Done done) {
  std::optional<Fault> refused;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_.has_value()) {
      refused = Fault(*stopped_, "the writer has stopped");
    } else if (closing_) {
      refused = Fault(kStorageUnavailable, "the writer is closing");
    } else if (queue_.size() >= options_.queue_max) {
      refused = Fault(kStorageBusy, "the writer's queue is full");
    } else {
      queue_.push_back({std::move(operation), std::move(done), {}});
    }
  }
  if (refused.has_value()) {
    done(*std::move(refused));
  } else {
    queued_.notify_one();
  }
}

// The next group; empty when nothing is queued.
std::vector<GroupWriter::Pending> GroupWriter::Take() {
  const size_t count = std::min(queue_.size(), options_.group_max);
  std::vector<Pending> group;
  group.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

void GroupWriter::Work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    queued_.wait(lock, [this] { return !queue_.empty() || closing_; });
    std::vector<Pending> group = Take();
    lock.unlock();
    if (group.empty()) return;
    Serve(std::move(group));
  }
}

// Without a thread, whoever waits does the work.
Result<void> GroupWriter::Run(Operation operation) {
  if (thread_.joinable()) return Writer::Run(std::move(operation));
  std::optional<Result<void>> answer;
  Submit(std::move(operation), [&answer](Result<void> result) { answer = std::move(result); });
  while (!answer.has_value()) YUKUAI_CHECK(Step());
  return *std::move(answer);
}

bool GroupWriter::Step() {
  std::unique_lock lock(mutex_);
  std::vector<Pending> group = Take();
  lock.unlock();
  if (group.empty()) return false;
  Serve(std::move(group));
  return true;
}

void GroupWriter::Renew() {
  if (renewing_.exchange(true)) return;
  Submit(
      // Its own write, so that the group is committed though nobody else has written.
      [this](Transaction& transaction) -> Result<void> {
        YUKUAI_TRY(RenewLease(transaction, options_.lease, epoch_, clock_.Now()));
        return {};
      },
      [this](const Result<void>&) { renewing_ = false; });
}

void GroupWriter::Serve(std::vector<Pending> group) {
  if (Attempt(group) == Attempted::kSpoiled) {
    groups_spoiled_.fetch_add(1);
    RunOneByOne(group);
  }
  Answer(group);
}

void GroupWriter::RunOneByOne(std::span<Pending> group) {
  for (size_t i = 0; i < group.size(); ++i) {
    static_cast<void>(Attempt(group.subspan(i, 1)));
    if (group[i].result.ok() || group[i].result.error().reason != kStorageUnavailable) continue;
    // The engine has waited for its server already: not once more for each of the others.
    for (Pending& other : group.subspan(i + 1)) {
      other.result = other.open ? Fault(kStorageOutcomeUnknown) : group[i].result.error();
    }
    return;
  }
}

// Runs and commits the operations together, again while the outcome is unknown and the engine lets us. Spoiled: nothing was
// done by this run, and not all of them are to blame. Answerable: each has its result.
GroupWriter::Attempted GroupWriter::Attempt(std::span<Pending> group) {
  std::optional<Fault> fault = Stopped();
  for (int runs_again = 0; !fault.has_value(); ++runs_again) {
    Round round;
    Result<void> done = database_.Transact([&](Transaction& transaction) {
      round = {};
      return RunInside(transaction, group, round);
    });
    if (done.ok()) {
      host::Boundary("server.commit.after");
      commits_.fetch_add(1);
      return Attempted::kAnswerable;
    }
    if (round.spoiled && group.size() > 1) return Attempted::kSpoiled;
    if (done.error().reason == kNothingWritten) return Attempted::kAnswerable;
    // Alone, and it failed as it should not: its own fault says so, unless an earlier run of it may have been committed.
    if (round.spoiled && !group[0].open) return Attempted::kAnswerable;
    const bool unknown = done.error().reason == kStorageOutcomeUnknown;
    if (unknown) {
      outcomes_unknown_.fetch_add(1);
      for (Pending& pending : group) pending.open = true;
    }
    const bool again = unknown && database_.after_unknown() == AfterUnknown::kRunAgain && runs_again < kRunsAgainMax;
    if (!again) fault = std::move(done).error();
  }
  for (Pending& pending : group) { pending.result = pending.open ? Fault(kStorageOutcomeUnknown, fault->detail) : *fault; }
  if (fault->reason == kLeaseLost) Stop(kLeaseLost);
  if (fault->reason == kStorageOutcomeUnknown && database_.after_unknown() == AfterUnknown::kStop) Stop(kStorageUnavailable);
  return Attempted::kAnswerable;
}

Result<void> GroupWriter::RunInside(Transaction& transaction, std::span<Pending> group, Round& round) {
  YUKUAI_ASSIGN(const bool mine, RenewLease(transaction, options_.lease, epoch_, clock_.Now()));
  if (!mine) return Fault(kLeaseLost, options_.lease);
  // A commit that the server warned of stands for certain only when a later one does: what was found done needs it too.
  round.written = std::ranges::any_of(group, &Pending::open);
  for (Pending& pending : group) {
    OperationTransaction view(transaction);
    pending.result = pending.operation(view);
    // An operation cannot swallow a statement's fault: the transaction is lost with it.
    if (view.failure().has_value()) pending.result = *view.failure();
    if (!pending.result.ok() && (view.has_written() || view.failure().has_value())) {
      // A server that is gone is nobody's fault in the group.
      round.spoiled = pending.result.error().reason != kStorageUnavailable;
      return pending.result;
    }
    round.written = round.written || view.has_written();
  }
  // The lease was checked inside a transaction that keeps other writers out, so the answers stand without a commit.
  if (!round.written) return Fault(kNothingWritten);
  host::Boundary("server.commit.before");
  return {};
}

std::optional<Fault> GroupWriter::Stopped() const {
  const std::lock_guard lock(mutex_);
  if (!stopped_.has_value()) return std::nullopt;
  return Fault(*stopped_, "the writer has stopped");
}

void GroupWriter::Stop(Reason answer) {
  const std::lock_guard lock(mutex_);
  stopped_ = answer;
}

void GroupWriter::Answer(std::span<Pending> group) {
  for (Pending& pending : group) {
    operations_.fetch_add(1);
    pending.done(std::move(pending.result));
  }
}

}  // namespace

Result<void> Writer::Run(Operation operation) {
  std::promise<Result<void>> promise;
  std::future<Result<void>> future = promise.get_future();
  Submit(std::move(operation), [&promise](Result<void> result) { promise.set_value(std::move(result)); });
  return future.get();
}

std::unique_ptr<LeasedWriter> MakeWriter(Database& database, const Clock& clock, WriterOptions options, int64_t epoch,
                                         bool own_thread) {
  auto writer = std::make_unique<GroupWriter>(database, clock, std::move(options), epoch);
  if (own_thread) writer->StartThread();
  return writer;
}

namespace {

Result<std::unique_ptr<LeasedWriter>> TakeAndMake(Database& database, const Clock& clock, WriterOptions options,
                                                  bool own_thread) {
  int64_t epoch = 0;
  const Instant now = clock.Now();
  const LeaseHolder holder{options.owner, std::nullopt};
  YUKUAI_TRY(database.Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(MakeLease(transaction, options.lease, holder, now));
    YUKUAI_ASSIGN(epoch, TakeLease(transaction, options.lease, holder, now));
    return {};
  }));
  return MakeWriter(database, clock, std::move(options), epoch, own_thread);
}

}  // namespace

Result<std::unique_ptr<Writer>> StartWriter(Database& database, const Clock& clock, WriterOptions options) {
  YUKUAI_ASSIGN(auto writer, TakeAndMake(database, clock, std::move(options), true));
  return std::unique_ptr<Writer>(std::move(writer));
}

Result<std::unique_ptr<SteppedWriter>> StartSteppedWriter(Database& database, const Clock& clock, WriterOptions options) {
  YUKUAI_ASSIGN(auto writer, TakeAndMake(database, clock, std::move(options), false));
  return std::unique_ptr<SteppedWriter>(std::move(writer));
}

}  // namespace yukuai::storage
