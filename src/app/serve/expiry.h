// SPDX-License-Identifier: Apache-2.0
// Nothing that expires may stop the service without a warning: who holds a certificate here is told of its end in time, once a
// day in the log and at any time in the metrics.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/time/time.h"
#include "platform/telemetry/log.h"

namespace yukuai::serve {

// Thread-safe.
class ExpiryWatch {
 public:
  static constexpr int64_t kWarnSeconds = 30 * 86400;
  static constexpr int64_t kRepeatSeconds = 86400;

  explicit ExpiryWatch(telemetry::Log& log) : log_(log) {}
  void Set(const std::string& certificate, Instant end);  // "tls", "institution"
  // Warns of each that ends within kWarnSeconds, or has ended; of the same one again after kRepeatSeconds.
  void Check(Instant now);
  // Seconds that are left, by name; negative afterwards.
  std::map<std::string, int64_t> Left(Instant now) const;

 private:
  struct Watched {
    Instant end;
    std::optional<Instant> warned_at;
  };
  telemetry::Log& log_;
  mutable std::mutex mutex_;
  std::map<std::string, Watched> watched_;
};

}  // namespace yukuai::serve
