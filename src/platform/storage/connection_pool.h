// SPDX-License-Identifier: Apache-2.0
// A bounded pool of connections, opened when they are first needed. Thread-safe. Internal to this module.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result/check.h"
#include "base/result/result.h"
#include "platform/storage/storage.h"

namespace yukuai::storage {

template <typename Connection>
class ConnectionPool {
 public:
  using Opener = std::function<Result<std::unique_ptr<Connection>>()>;

  ConnectionPool(size_t size_max, int wait_ms_max, Opener open)
      : size_max_(size_max), wait_ms_max_(wait_ms_max), open_(std::move(open)) {}
  ~ConnectionPool() { YUKUAI_CHECK(open_count_ == idle_.size()); }
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // The one that was given back last, or a new one. kStorageBusy when all are taken for longer than the pool waits.
  Result<std::unique_ptr<Connection>> Take() {
    {
      std::unique_lock lock(mutex_);
      const bool free = given_.wait_for(lock, std::chrono::milliseconds(wait_ms_max_),
                                        [this] { return !idle_.empty() || open_count_ < size_max_; });
      if (!free) return Fault(kStorageBusy, "every connection is taken");
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
      ++open_count_;
    }
    auto opened = open_();
    if (!opened.ok()) Forget();
    return opened;
  }

  void Give(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
    given_.notify_one();
  }

  // One that was taken will not come back.
  void Forget() {
    const std::lock_guard lock(mutex_);
    --open_count_;
    given_.notify_one();
  }

 private:
  const size_t size_max_;
  const int wait_ms_max_;
  const Opener open_;

  std::mutex mutex_;
  std::condition_variable given_;
  std::vector<std::unique_ptr<Connection>> idle_;  // Guarded by mutex_.
  size_t open_count_ = 0;                          // Guarded by mutex_: the idle and the taken.
};

}  // namespace yukuai::storage
