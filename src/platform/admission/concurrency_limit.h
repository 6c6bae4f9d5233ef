// SPDX-License-Identifier: Apache-2.0
// How many requests may be in service at once, found from how long they take: too few and the writer's groups are small, too
// many and everybody waits in the writer's queue, where nobody is first any more.
//
// Additive increase, multiplicative decrease, towards a latency that is told: D.-M. Chiu and R. Jain, "Analysis of the Increase
// and Decrease Algorithms for Congestion Avoidance in Computer Networks" (1989); for servers, AIMDLimit in Netflix's
// concurrency-limits. Rejected: limits by gradient (TCP Vegas, Netflix' Gradient2), which hold the latency near the least one
// seen. Here the least is that of a lone operation, which waits for a disk all alone; the good working point is a full group.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time/time.h"

namespace yukuai::admission {

class ConcurrencyLimit {
 public:
  struct Bounds {
    size_t least = 4;
    size_t most = 512;
    size_t start = 16;
    int64_t latency_us_target = 100'000;  // The mean of a window above it: fewer.
    int64_t window_us = 100'000;          // Decisions are this far apart at least.
  };
  explicit ConcurrencyLimit(Bounds bounds) : bounds_(bounds), value_(bounds.start) {}

  // One request left service; in_service counted it still.
  void Served(int64_t latency_us, size_t in_service, Instant now);
  size_t value() const { return value_; }

 private:
  void EndWindow();

  const Bounds bounds_;
  size_t value_;
  Instant window_began_{};
  int64_t served_ = 0;
  int64_t latency_us_sum_ = 0;
  bool reached_ = false;  // The limit held somebody back in this window.
};

}  // namespace yukuai::admission
