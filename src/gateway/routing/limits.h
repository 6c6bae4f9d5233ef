// SPDX-License-Identifier: Apache-2.0
// How often somebody may ask. Who asks too often is told to wait (kRateLimited), and cannot spoil it for others: what is counted
// is the sender's network before anything is looked at, and the signer once the signature has been verified.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time/time.h"

namespace yukuai::routing {

// Of each name: so many at once, refilled at this rate. Bounded memory: beyond it new names are refused, known ones are not.
// Thread-safe.
class RateLimit {
 public:
  RateLimit(double burst, double per_second, size_t names_max = 65536)
      : burst_(burst), per_second_(per_second), names_max_(names_max) {}
  bool Take(std::string_view name, Instant now);

 private:
  struct Bucket {
    double tokens;
    Instant at;
  };
  double TokensOf(const Bucket& bucket, Instant now) const;
  bool MakeRoom(Instant now);

  std::mutex mutex_;
  double burst_;
  double per_second_;
  size_t names_max_;
  std::unordered_map<std::string, Bucket> buckets_;
  Instant swept_at_{INT64_MIN};
};

// Every number here is far above what a page, a clerk's machine or a gate asks by itself.
struct Limits {
  RateLimit requests{400, 200};  // Of a network, to anything.
  // What is written stays for a while: that bounds what somebody can fill.
  RateLimit writes_of_network{100, 5};       // Not signed by anybody known: enrolments.
  RateLimit writes_of_strangers{2000, 200};  // All of those together.
  RateLimit writes_of_device{120, 0.2, 1'000'000};
  RateLimit writes_of_staff{120, 2};
  RateLimit writes_of_terminal{400, 20};
  RateLimit costly{6, 0.1, 1'000'000};  // Of a signer.
};

}  // namespace yukuai::routing
