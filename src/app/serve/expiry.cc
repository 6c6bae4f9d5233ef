// SPDX-License-Identifier: Apache-2.0
#include "app/serve/expiry.h"

namespace yukuai::serve {

void ExpiryWatch::Set(const std::string& certificate, Instant end) {
  const std::lock_guard lock(mutex_);
  Watched& watched = watched_[certificate];
  if (watched.end != end) watched = {end, std::nullopt};
}

void ExpiryWatch::Check(Instant now) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, watched] : watched_) {
    if (now.PlusSeconds(kWarnSeconds) < watched.end) continue;
    if (watched.warned_at && now < watched.warned_at->PlusSeconds(kRepeatSeconds)) continue;
    watched.warned_at = now;
    const bool ended = now >= watched.end;
    log_.Write(ended ? telemetry::Level::kError : telemetry::Level::kWarning,
               ended ? "certificate_ended" : "certificate_ends_soon",
               {{"certificate", telemetry::Slug(name)}, {"end", watched.end}});
  }
}

std::map<std::string, int64_t> ExpiryWatch::Left(Instant now) const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, int64_t> left;
  for (const auto& [name, watched] : watched_) left[name] = watched.end.seconds() - now.seconds();
  return left;
}

}  // namespace yukuai::serve
