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
#include "platform/storage/storage.h"

namespace yukuai::storage {
namespace {

constexpr Sql kLeaseInsert{"lease_insert",
                           "INSERT INTO writer_lease (name, epoch, owner, taken_at, renewed_at) VALUES (?, 0, ?, ?, ?)"};
constexpr Sql kLeaseTake{"lease_take",
                         "UPDATE writer_lease SET epoch = epoch + 1, owner = ?, taken_at = ?, renewed_at = ? WHERE name = ?"};
constexpr Sql kLeaseEpoch{"lease_epoch", "SELECT epoch FROM writer_lease WHERE name = ?"};
constexpr Sql kLeaseCheck{"lease_check", "UPDATE writer_lease SET renewed_at = ? WHERE name = ? AND epoch = ?"};

// Never leaves this file: tells Transact to roll back where nobody is at fault.
constexpr Reason kNothingWritten{Kind::kInternal, "nothing_written"};

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

class GroupWriter : public SteppedWriter {
 public:
  GroupWriter(Database& database, const Clock& clock, WriterOptions options, int64_t epoch)
      : database_(database), clock_(clock), options_(std::move(options)), epoch_(epoch) {}
  ~GroupWriter() override {
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
  bool running() const override {
    const std::lock_guard lock(mutex_);
    return !closing_ && !stopped_.has_value();
  }
  WriterFigures figures() const override { return {operations_.load(), commits_.load(), groups_spoiled_.load()}; }

 private:
  struct Pending {
    Operation operation;
    Done done;
    Result<void> result;
  };
  enum class Attempted { kAnswerable, kSpoiled };
  struct Round {
    bool spoiled = false;  // An operation failed after it had written, or with its statement.
    bool written = false;
  };

  void Work();
  std::vector<Pending> Take();  // With mutex_ held.
  void Serve(std::vector<Pending> group);
  Attempted Attempt(std::span<Pending> group);
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

  std::atomic<uint64_t> operations_{0};
  std::atomic<uint64_t> commits_{0};
  std::atomic<uint64_t> groups_spoiled_{0};

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

void GroupWriter::Serve(std::vector<Pending> group) {
  if (Attempt(group) == Attempted::kSpoiled) {
    groups_spoiled_.fetch_add(1);
    for (Pending& pending : group) static_cast<void>(Attempt({&pending, 1}));
  }
  Answer(group);
}

// Runs and commits the operations together. Spoiled: nothing was done, and not all of them are to blame. Answerable: each
// has its result.
GroupWriter::Attempted GroupWriter::Attempt(std::span<Pending> group) {
  std::optional<Fault> fault = Stopped();
  if (!fault.has_value()) {
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
    if (round.spoiled) return group.size() > 1 ? Attempted::kSpoiled : Attempted::kAnswerable;
    if (done.error().reason == kNothingWritten) return Attempted::kAnswerable;
    fault = std::move(done).error();
  }
  for (Pending& pending : group) pending.result = *fault;
  if (fault->reason == kLeaseLost) Stop(kLeaseLost);
  if (fault->reason == kStorageOutcomeUnknown) Stop(kStorageUnavailable);
  return Attempted::kAnswerable;
}

Result<void> GroupWriter::RunInside(Transaction& transaction, std::span<Pending> group, Round& round) {
  YUKUAI_ASSIGN(const int64_t mine, transaction.Execute(kLeaseCheck, {clock_.Now(), options_.lease, epoch_}));
  if (mine != 1) return Fault(kLeaseLost, options_.lease);
  for (Pending& pending : group) {
    OperationTransaction view(transaction);
    pending.result = pending.operation(view);
    // An operation cannot swallow a statement's fault: the transaction is lost with it.
    if (view.failure().has_value()) pending.result = *view.failure();
    if (!pending.result.ok() && (view.has_written() || view.failure().has_value())) {
      round.spoiled = true;
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

namespace {

Result<std::unique_ptr<GroupWriter>> TakeLease(Database& database, const Clock& clock, WriterOptions options) {
  int64_t epoch = 0;
  const Instant now = clock.Now();
  Result<void> taken = database.Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(transaction.InsertIfAbsent(kLeaseInsert, {options.lease, options.owner, now, now}));
    YUKUAI_TRY(transaction.Execute(kLeaseTake, {options.owner, now, now, options.lease}));
    YUKUAI_ASSIGN(const auto row, transaction.QueryOne(kLeaseEpoch, {options.lease}));
    YUKUAI_CHECK(row.has_value());
    epoch = row->at(0).Int();
    return {};
  });
  if (!taken.ok()) return std::move(taken).error();
  return std::make_unique<GroupWriter>(database, clock, std::move(options), epoch);
}

}  // namespace

Result<std::unique_ptr<Writer>> StartWriter(Database& database, const Clock& clock, WriterOptions options) {
  YUKUAI_ASSIGN(auto writer, TakeLease(database, clock, std::move(options)));
  writer->StartThread();
  return std::unique_ptr<Writer>(std::move(writer));
}

Result<std::unique_ptr<SteppedWriter>> StartSteppedWriter(Database& database, const Clock& clock, WriterOptions options) {
  YUKUAI_ASSIGN(auto writer, TakeLease(database, clock, std::move(options)));
  return std::unique_ptr<SteppedWriter>(std::move(writer));
}

}  // namespace yukuai::storage
