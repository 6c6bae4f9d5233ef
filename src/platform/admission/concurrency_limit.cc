// SPDX-License-Identifier: Apache-2.0
#include "platform/admission/concurrency_limit.h"

#include <algorithm>

namespace yukuai::admission {
namespace {

constexpr size_t kFasterStep = 8;  // Far below the target it grows by an eighth of itself, near it by one.

}  // namespace

void ConcurrencyLimit::Served(int64_t latency_us, size_t in_service, Instant now) {
  if (served_ == 0) window_began_ = now;
  ++served_;
  latency_us_sum_ += latency_us;
  reached_ = reached_ || in_service >= value_;
  if (now.us - window_began_.us >= bounds_.window_us) EndWindow();
}

void ConcurrencyLimit::EndWindow() {
  const int64_t mean_us = latency_us_sum_ / served_;
  if (mean_us > bounds_.latency_us_target) {
    value_ = std::max(bounds_.least, value_ - std::max<size_t>(1, value_ / 10));
  } else if (reached_) {  // A limit that held nobody back has shown nothing.
    const bool far = mean_us < bounds_.latency_us_target / 2;
    value_ = std::min(bounds_.most, value_ + (far ? std::max<size_t>(1, value_ / kFasterStep) : 1));
  }
  served_ = 0;
  latency_us_sum_ = 0;
  reached_ = false;
}

}  // namespace yukuai::admission
