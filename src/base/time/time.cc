// SPDX-License-Identifier: Apache-2.0
#include "base/time/time.h"

#include <cstdio>

namespace yukuai {
namespace {

constexpr int64_t kChinaOffsetSeconds = 8 * 3600;
constexpr int64_t kDaySeconds = 86400;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Reads exactly count digits at the front of text and removes them.
std::optional<int> TakeDigits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<CivilDate> TakeDate(std::string_view& text) {
  const auto year = TakeDigits(text, 4);
  if (!year || !TakeChar(text, '-')) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || !TakeChar(text, '-')) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day) return std::nullopt;
  const CivilDate date{*year, *month, *day};
  if (!IsValid(date)) return std::nullopt;
  return date;
}

}  // namespace

int64_t DaysFromCivil(CivilDate date) {
  // Years are counted from March, so that the leap day is the last of its year.
  const int64_t y = date.year - (date.month <= 2 ? 1 : 0);
  const int64_t era = FloorDivide(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

CivilDate CivilFromDays(int64_t days) {
  days += 719468;
  const int64_t era = FloorDivide(days, 146097);
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {static_cast<int>(year), month, day};
}

bool IsValid(CivilDate date) {
  if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1) return false;
  return CivilFromDays(DaysFromCivil(date)) == date;
}

CivilDate ChinaDate(Instant at) { return CivilFromDays(FloorDivide(at.seconds() + kChinaOffsetSeconds, kDaySeconds)); }

Instant ChinaMidnight(CivilDate date) { return Instant::FromSeconds(DaysFromCivil(date) * kDaySeconds - kChinaOffsetSeconds); }

std::optional<CivilDate> ParseDate(std::string_view text) {
  const auto date = TakeDate(text);
  if (!date || !text.empty()) return std::nullopt;
  return date;
}

std::string ToText(CivilDate date) {
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
  return text;
}

std::optional<Instant> ParseRfc3339(std::string_view text) {
  const auto date = TakeDate(text);
  if (!date) return std::nullopt;
  if (!TakeChar(text, 'T') && !TakeChar(text, 't')) return std::nullopt;
  const auto hour = TakeDigits(text, 2);
  if (!hour || *hour > 23 || !TakeChar(text, ':')) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || *minute > 59 || !TakeChar(text, ':')) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  int64_t fraction_us = 0;
  if (TakeChar(text, '.')) {
    int digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
      if (digits < 6) fraction_us = fraction_us * 10 + (text.front() - '0');
    }
    if (digits == 0) return std::nullopt;
    for (int i = digits; i < 6; ++i) fraction_us *= 10;
  }
  int64_t offset = 0;
  if (!TakeChar(text, 'Z') && !TakeChar(text, 'z')) {
    const bool negative = !text.empty() && text.front() == '-';
    if (!TakeChar(text, '+') && !TakeChar(text, '-')) return std::nullopt;
    const auto offset_hour = TakeDigits(text, 2);
    if (!offset_hour || *offset_hour > 23 || !TakeChar(text, ':')) return std::nullopt;
    const auto offset_minute = TakeDigits(text, 2);
    if (!offset_minute || *offset_minute > 59) return std::nullopt;
    offset = (*offset_hour * 3600 + *offset_minute * 60) * (negative ? -1 : 1);
  }
  if (!text.empty()) return std::nullopt;
  const int64_t seconds = DaysFromCivil(*date) * kDaySeconds + *hour * 3600 + *minute * 60 + *second - offset;
  return Instant{seconds * 1'000'000 + fraction_us};
}

std::string ToRfc3339(Instant at) {
  const int64_t local = at.seconds() + kChinaOffsetSeconds;
  const int64_t days = FloorDivide(local, kDaySeconds);
  const int64_t rest = local - days * kDaySeconds;
  char text[64];
  std::snprintf(text, sizeof text, "%sT%02d:%02d:%02d+08:00", ToText(CivilFromDays(days)).c_str(), static_cast<int>(rest / 3600),
                static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
  return text;
}

}  // namespace yukuai
