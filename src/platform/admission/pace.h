// SPDX-License-Identifier: Apache-2.0
// How many strangers are let in each second. A TLS handshake is the dearest thing that somebody can ask for who has shown
// nothing: without a pace of its own it would starve those who are already inside. Who has to wait does so in the system's
// accept queue, where he costs nothing; beyond its end his own system tries again later (TCP's SYN retransmission).
//
// A token bucket whose rate follows the pressure inside: less by a fifth in each interval with pressure, more by a twentieth of
// the most in each without.
#pragma once

#include <cstdint>

#include "base/time/time.h"

namespace yukuai::admission {

class Pace {
 public:
  struct Bounds {
    double least_per_second = 20;  // Also under pressure: a city whose phones cannot get in at all is down.
    double most_per_second = 400;
    double burst_seconds = 0.25;  // What was not used is kept for so long.
  };
  explicit Pace(Bounds bounds) : bounds_(bounds), rate_(bounds.most_per_second) {}

  // 0: one may come in now, and is counted. Else: ask again in so many microseconds.
  int64_t Take(Instant now);
  // Once in each interval: whether those inside had to wait.
  void Tell(bool pressed);
  double per_second() const { return rate_; }

 private:
  const Bounds bounds_;
  double rate_;
  double tokens_ = 1;
  bool begun_ = false;
  Instant at_{};
};

}  // namespace yukuai::admission
