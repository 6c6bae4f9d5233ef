// SPDX-License-Identifier: Apache-2.0
#include "gateway/routing/limits.h"

#include <algorithm>

namespace yukuai::routing {
namespace {

constexpr int64_t kSweepSeconds = 1;  // A sweep looks at every name: not for each request of somebody who has many.

}  // namespace

double RateLimit::TokensOf(const Bucket& bucket, Instant now) const {
  const double rested = std::max(0.0, static_cast<double>(now.us - bucket.at.us) / 1e6);
  return std::min(burst_, bucket.tokens + rested * per_second_);
}

// Whoever has rested long enough is full again and need not be remembered.
bool RateLimit::MakeRoom(Instant now) {
  if (buckets_.size() < names_max_) return true;
  if (swept_at_.us != INT64_MIN && now < swept_at_.PlusSeconds(kSweepSeconds)) return false;
  swept_at_ = now;
  std::erase_if(buckets_, [&](const auto& one) { return TokensOf(one.second, now) >= burst_; });
  return buckets_.size() < names_max_;
}

bool RateLimit::Take(std::string_view name, Instant now) {
  const std::lock_guard lock(mutex_);
  auto found = buckets_.find(std::string(name));
  if (found == buckets_.end()) {
    if (!MakeRoom(now)) return false;
    found = buckets_.try_emplace(std::string(name), Bucket{burst_, now}).first;
  }
  Bucket& bucket = found->second;
  bucket = {TokensOf(bucket, now), now};
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace yukuai::routing
