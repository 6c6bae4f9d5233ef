// SPDX-License-Identifier: Apache-2.0
// The writers of one process among several over the same database. The 1024 shards are divided into leases; a process has a
// writer for each lease it holds, and a lease has one owner at a time.
//
// A lease is taken when it is free, when its owner has been silent for lease_ms, or when its owner gave it back. Silence is
// measured by who watches, on his own clock: the row has not changed for so long while it could be read all the time. No clocks
// are compared, and nothing depends on the time being right: the epoch in the row decides what may be committed.
//
// Processes share evenly: one that holds less than its part asks, and the one with most hands over (it drains what was queued,
// gives the lease back, and the other takes it).
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/storage/lease.h"
#include "platform/storage/writer.h"

namespace yukuai::storage {

struct WritersOptions {
  // Unlike that of any other process that lives. A process that starts takes at once what a process of its name held.
  std::string owner;
  std::optional<std::string> address = std::nullopt;  // Where other processes send what belongs here.
  int64_t lease_ms = 10'000;
  size_t queue_max = 4096;
  size_t group_max = 128;
};

// Divides the shards anew: 1..1024 leases of as many shards as possible, nobody's. The writers that there were are ended. Nothing
// happens when there are as many already.
Result<void> PartitionShards(Database& database, int parts, Instant now);

// Submit and Run without a shard are refused (kStorageDefect) unless one lease covers all of them: ask Of(shard). What belongs to
// another process is refused with kShardElsewhere. Turn, Release and the end are for one thread; all else for any.
class Writers : public Writer {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  // Takes what it may at once; it may hold nothing at first. database and clock outlive it.
  static Result<std::unique_ptr<Writers>> Start(Database& database, const Clock& clock, WritersOptions options, Moment now);
  ~Writers() override;  // As Release.
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  // To be called each second or so: says that this process lives, sees who else does, takes, asks and hands over.
  Result<void> Turn(Moment now);
  void Release();  // Drains and gives back everything.

  Writer& Of(Shard shard) override;
  void Submit(Operation operation, Done done) override;
  bool running() const override;  // False when it held something and holds nothing now, or must read the log afresh.
  WriterFigures figures() const override;

  size_t held() const;  // Leases.
  bool Holds(Shard shard) const;
  std::optional<std::string> AddressOf(Shard shard) const;  // Of the other process that holds it, as last seen.

 private:
  class Slot;
  struct Watched {
    int64_t epoch = -1;
    Instant renewed_at;
    bool released = false;
    Moment since;
  };

  Writers(Database& database, const Clock& clock, WritersOptions options);
  Result<void> Look(Moment now, std::vector<Lease>& leases);
  Result<void> TakeWhatIsFree(const std::vector<Lease>& leases, Moment now);
  Result<void> AskForMore(const std::vector<Lease>& leases, Moment now);
  bool MayTake(const Lease& lease, size_t held, size_t share, Moment now) const;
  std::chrono::milliseconds Silence(const Lease& lease, Moment now) const;
  bool IsLive(const Lease& lease, Moment now) const;
  size_t OwnersLiving(const std::vector<Lease>& leases, Moment now) const;
  Slot* SlotOf(Shard shard) const;

  Database& database_;
  const Clock& clock_;
  const WritersOptions options_;
  std::vector<std::unique_ptr<Slot>> slots_;  // In the order of their shards; the same for the life of this object.
  std::map<std::string, Watched> watched_;
  bool starting_ = true;
  bool has_held_ = false;
  std::atomic<bool> ended_ = false;
};

}  // namespace yukuai::storage
