// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/writers.h"

#include <algorithm>
#include <set>
#include <thread>

#include "base/result/check.h"

namespace yukuai::storage {

// One lease, held or not. Its writer comes and goes; who submits does not notice but by the answer.
class Writers::Slot : public Writer {
 public:
  Slot(std::string name, Shard first, Shard last) : name_(std::move(name)), first_(first), last_(last) {}
  ~Slot() override { End(); }

  const std::string& name() const { return name_; }
  Shard last() const { return last_; }
  bool Covers(const Lease& lease) const { return lease.name == name_ && lease.first == first_ && lease.last == last_; }

  void Submit(Operation operation, Done done) override {
    const std::shared_ptr<LeasedWriter> writer = Current();
    if (writer == nullptr) {
      done(Fault(kShardElsewhere, name_));
    } else {
      writer->Submit(std::move(operation), std::move(done));
    }
  }
  bool running() const override { return Current() != nullptr; }
  WriterFigures figures() const override {
    const std::lock_guard lock(mutex_);
    return writer_ == nullptr ? past_ : Sum(past_, writer_->figures());
  }

  // Why its writer has stopped by itself; nothing when it lives, or there is none.
  std::optional<Reason> RenewOrSayWhyNot() {
    const std::shared_ptr<LeasedWriter> writer = Current();
    if (writer == nullptr) return std::nullopt;
    auto stopped = writer->stopped();
    if (!stopped.has_value()) writer->Renew();
    return stopped;
  }

  std::shared_ptr<LeasedWriter> Current() const {
    const std::lock_guard lock(mutex_);
    return writer_;
  }
  void Begin(std::unique_ptr<LeasedWriter> writer, int64_t epoch) {
    const std::lock_guard lock(mutex_);
    writer_ = std::move(writer);
    epoch_ = epoch;
  }
  // Takes nothing more, answers what was queued, and has no writer afterwards. The epoch under which it wrote.
  int64_t End() {
    std::shared_ptr<LeasedWriter> ending;
    {
      const std::lock_guard lock(mutex_);
      ending = std::move(writer_);
      writer_ = nullptr;
    }
    if (ending == nullptr) return epoch_;
    // Whoever submits holds it for the moment of submitting. It ends here, never on its own thread.
    while (ending.use_count() > 1) std::this_thread::yield();
    LeasedWriter& writer = *ending;
    writer.Drain();
    const std::lock_guard lock(mutex_);
    past_ = Sum(past_, writer.figures());
    return epoch_;
  }

  static WriterFigures Sum(const WriterFigures& a, const WriterFigures& b) {
    return {a.operations + b.operations, a.commits + b.commits, a.groups_spoiled + b.groups_spoiled,
            a.outcomes_unknown + b.outcomes_unknown};
  }

  void SetAddress(std::optional<std::string> address) {
    const std::lock_guard lock(mutex_);
    address_ = std::move(address);
  }
  std::optional<std::string> address() const {
    const std::lock_guard lock(mutex_);
    return address_;
  }

 private:
  const std::string name_;
  const Shard first_;
  const Shard last_;

  mutable std::mutex mutex_;
  std::shared_ptr<LeasedWriter> writer_;  // Guarded by mutex_, with all below.
  int64_t epoch_ = -1;
  WriterFigures past_;  // Of the writers that were.
  std::optional<std::string> address_;
};

Writers::Writers(Database& database, const Clock& clock, WritersOptions options)
    : database_(database), clock_(clock), options_(std::move(options)) {}

Writers::~Writers() { Release(); }

Result<std::unique_ptr<Writers>> Writers::Start(Database& database, const Clock& clock, WritersOptions options, Moment now) {
  std::unique_ptr<Writers> writers(new Writers(database, clock, std::move(options)));
  YUKUAI_ASSIGN(auto reader, database.Read());
  YUKUAI_ASSIGN(auto leases, ReadLeases(*reader));
  reader.reset();
  if (leases.empty()) {
    YUKUAI_TRY(PartitionShards(database, 1, clock.Now()));
    YUKUAI_ASSIGN(reader, database.Read());
    YUKUAI_ASSIGN(leases, ReadLeases(*reader));
    reader.reset();
  }
  for (const Lease& lease : leases) { writers->slots_.push_back(std::make_unique<Slot>(lease.name, lease.first, lease.last)); }
  YUKUAI_TRY(writers->Turn(now));
  writers->starting_ = false;
  return writers;
}

Result<void> Writers::Turn(Moment now) {
  for (const auto& slot : slots_) {
    const auto stopped = slot->RenewOrSayWhyNot();
    if (!stopped.has_value()) continue;
    if (*stopped == kLeaseLost) {
      slot->End();
    } else {
      ended_ = true;  // Only a new process reads the log afresh.
    }
  }
  std::vector<Lease> leases;
  YUKUAI_TRY(Look(now, leases));
  for (const Lease& lease : leases) {
    Slot& slot = *SlotOf(lease.first);
    const bool wanted = lease.asked_by.has_value() && *lease.asked_by != options_.owner;
    if (!slot.running() || !wanted || lease.owner != options_.owner) continue;
    const int64_t epoch = slot.End();
    YUKUAI_TRY(database_.Transact([&](Transaction& transaction) { return ReleaseLease(transaction, lease.name, epoch); }));
  }
  YUKUAI_TRY(TakeWhatIsFree(leases, now));
  YUKUAI_TRY(AskForMore(leases, now));
  has_held_ = has_held_ || held() > 0;
  if (has_held_ && held() == 0) ended_ = true;
  return {};
}

// The rows as they are, and since when each has not changed.
Result<void> Writers::Look(Moment now, std::vector<Lease>& leases) {
  auto reader = database_.Read();
  auto read = reader.ok() ? ReadLeases(**reader) : Result<std::vector<Lease>>(std::move(reader).error());
  if (!read.ok()) {
    watched_.clear();  // While nobody can read, nobody can renew: that is no silence.
    return std::move(read).error();
  }
  leases = *std::move(read);
  const bool same = std::ranges::equal(leases, slots_, [](const Lease& lease, const auto& slot) { return slot->Covers(lease); });
  if (!same) {
    ended_ = true;
    return Fault(kLeaseLost, "the shards were divided anew");
  }
  for (const Lease& lease : leases) {
    Watched& watched = watched_[lease.name];
    if (watched.epoch != lease.epoch || watched.renewed_at != lease.renewed_at || watched.released != lease.released) {
      watched = {lease.epoch, lease.renewed_at, lease.released, now};
    }
    SlotOf(lease.first)->SetAddress(lease.address);
  }
  return {};
}

std::chrono::milliseconds Writers::Silence(const Lease& lease, Moment now) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - watched_.at(lease.name).since);
}

bool Writers::IsLive(const Lease& lease, Moment now) const {
  return !lease.released && Silence(lease, now).count() < options_.lease_ms;
}

// With this process, which may hold nothing yet.
size_t Writers::OwnersLiving(const std::vector<Lease>& leases, Moment now) const {
  std::set<std::string_view> owners = {options_.owner};
  for (const Lease& lease : leases) {
    if (IsLive(lease, now)) owners.insert(lease.owner);
  }
  return owners.size();
}

bool Writers::MayTake(const Lease& lease, size_t held, size_t share, Moment now) const {
  if (starting_ && lease.owner == options_.owner) return true;
  if (Silence(lease, now).count() >= options_.lease_ms) return true;
  if (!lease.released) return false;
  if (lease.asked_by.has_value()) return *lease.asked_by == options_.owner;
  return held < share;
}

Result<void> Writers::TakeWhatIsFree(const std::vector<Lease>& leases, Moment now) {
  const size_t owners = OwnersLiving(leases, now);
  const size_t share = (leases.size() + owners - 1) / owners;
  for (const Lease& lease : leases) {
    Slot& slot = *SlotOf(lease.first);
    if (slot.running() || !MayTake(lease, held(), share, now)) continue;
    std::optional<int64_t> epoch;
    YUKUAI_TRY(database_.Transact([&](Transaction& transaction) -> Result<void> {
      YUKUAI_ASSIGN(epoch, TakeUntouchedLease(transaction, lease, {options_.owner, options_.address}, clock_.Now()));
      return {};
    }));
    if (!epoch.has_value()) continue;  // Somebody was faster.
    const WriterOptions options{options_.owner, lease.name, options_.queue_max, options_.group_max};
    slot.Begin(MakeWriter(database_, clock_, options, *epoch, true), *epoch);
  }
  return {};
}

Result<void> Writers::AskForMore(const std::vector<Lease>& leases, Moment now) {
  const size_t share = leases.size() / OwnersLiving(leases, now);
  if (held() >= share) return {};
  std::map<std::string_view, size_t> counts;
  for (const Lease& lease : leases) {
    if (lease.asked_by == options_.owner) return {};  // One at a time.
    if (IsLive(lease, now)) ++counts[lease.owner];
  }
  const Lease* best = nullptr;
  for (const Lease& lease : leases) {
    if (!IsLive(lease, now) || lease.owner == options_.owner || lease.asked_by.has_value()) continue;
    if (counts[lease.owner] > share && (best == nullptr || counts[lease.owner] > counts[best->owner])) best = &lease;
  }
  if (best == nullptr) return {};
  return database_.Transact([&](Transaction& transaction) { return AskForLease(transaction, *best, options_.owner); });
}

void Writers::Release() {
  for (const auto& slot : slots_) {
    if (!slot->running()) continue;
    const int64_t epoch = slot->End();
    // If it cannot be written, the others wait for lease_ms.
    static_cast<void>(
        database_.Transact([&](Transaction& transaction) { return ReleaseLease(transaction, slot->name(), epoch); }));
  }
}

Writers::Slot* Writers::SlotOf(Shard shard) const {
  YUKUAI_CHECK(shard <= kShardLast);
  const auto found = std::ranges::find_if(slots_, [shard](const auto& slot) { return shard <= slot->last(); });
  YUKUAI_CHECK(found != slots_.end());
  return found->get();
}

Writer& Writers::Of(Shard shard) { return *SlotOf(shard); }

void Writers::Submit(Operation operation, Done done) {
  if (slots_.size() == 1) return slots_[0]->Submit(std::move(operation), std::move(done));
  done(Fault(kStorageDefect, "an operation without a shard"));
}

bool Writers::running() const { return !ended_; }

WriterFigures Writers::figures() const {
  WriterFigures sum;
  for (const auto& slot : slots_) sum = Slot::Sum(sum, slot->figures());
  return sum;
}

size_t Writers::held() const {
  return static_cast<size_t>(std::ranges::count_if(slots_, [](const auto& slot) { return slot->running(); }));
}

bool Writers::Holds(Shard shard) const { return SlotOf(shard)->running(); }

std::optional<std::string> Writers::AddressOf(Shard shard) const {
  const Slot& slot = *SlotOf(shard);
  return slot.running() ? std::nullopt : slot.address();
}

}  // namespace yukuai::storage
