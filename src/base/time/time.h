// SPDX-License-Identifier: Apache-2.0
// Time as a value, and the only interface through which anything reads a clock.
//
// Instant: microseconds since 1970-01-01T00:00:00Z, without leap seconds. Civil times are China's (UTC+8 all year since
// 1992), because service days, hours and certificate months are decided there; there is no other zone in the system.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yukuai {

struct Instant {
  int64_t us = 0;
  static constexpr Instant FromSeconds(int64_t seconds) { return {seconds * 1'000'000}; }
  static constexpr Instant FromMilliseconds(int64_t ms) { return {ms * 1'000}; }
  constexpr int64_t seconds() const { return us >= 0 ? us / 1'000'000 : -((-us + 999'999) / 1'000'000); }
  constexpr int64_t milliseconds() const { return us >= 0 ? us / 1'000 : -((-us + 999) / 1'000); }
  constexpr Instant PlusSeconds(int64_t seconds) const { return {us + seconds * 1'000'000}; }
  friend constexpr auto operator<=>(Instant, Instant) = default;
};

struct CivilDate {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
  friend constexpr auto operator<=>(const CivilDate&, const CivilDate&) = default;
};

int64_t DaysFromCivil(CivilDate date);  // Days since 1970-01-01 in the proleptic Gregorian calendar.
CivilDate CivilFromDays(int64_t days);
bool IsValid(CivilDate date);                               // The day exists; year 1..9999.
CivilDate ChinaDate(Instant at);                            // The date in UTC+8.
Instant ChinaMidnight(CivilDate date);                      // The date's first instant in UTC+8.
std::optional<CivilDate> ParseDate(std::string_view text);  // "2026-03-01"
std::string ToText(CivilDate date);

// RFC 3339 with seconds or fractions; an offset is required. Leap seconds are refused.
std::optional<Instant> ParseRfc3339(std::string_view text);
std::string ToRfc3339(Instant at);  // In UTC+8, whole seconds: "2026-03-01T08:00:00+08:00".

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;  // Thread-safe.
};

// A clock that stands still until it is told: for tests and trials.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Instant at) : at_(at) {}
  Instant Now() const override { return at_; }
  void Set(Instant at) { at_ = at; }
  void Advance(int64_t seconds) { at_ = at_.PlusSeconds(seconds); }

 private:
  Instant at_;
};

}  // namespace yukuai
