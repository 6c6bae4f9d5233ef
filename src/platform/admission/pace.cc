// SPDX-License-Identifier: Apache-2.0
#include "platform/admission/pace.h"

#include <algorithm>
#include <cmath>

namespace yukuai::admission {
namespace {

constexpr double kLess = 0.8;
constexpr double kMore = 0.05;  // Of the most.
constexpr double kUs = 1e6;

}  // namespace

int64_t Pace::Take(Instant now) {
  if (begun_) {
    const double rested = std::max(0.0, static_cast<double>(now.us - at_.us) / kUs);
    tokens_ = std::min(std::max(1.0, rate_ * bounds_.burst_seconds), tokens_ + rested * rate_);
  }
  begun_ = true;
  at_ = now;
  if (tokens_ >= 1) {
    tokens_ -= 1;
    return 0;
  }
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil((1 - tokens_) / rate_ * kUs)));
}

void Pace::Tell(bool pressed) {
  rate_ = pressed ? rate_ * kLess : rate_ + bounds_.most_per_second * kMore;
  rate_ = std::clamp(rate_, bounds_.least_per_second, bounds_.most_per_second);
}

}  // namespace yukuai::admission
