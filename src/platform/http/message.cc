// SPDX-License-Identifier: Apache-2.0
#include "platform/http/message.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace yukuai::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return x == y || Lower(x) == Lower(y); });
}

void Headers::Add(std::string_view name, std::string_view value) {
  fields_.push_back(
      {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size())});
  text_.append(name).append(value);
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (EqualIgnoringCase(this->name(i), name)) return value(i);
  }
  return std::nullopt;
}

size_t Headers::Count(std::string_view name) const {
  size_t count = 0;
  for (size_t i = 0; i < fields_.size(); ++i) count += EqualIgnoringCase(this->name(i), name) ? 1 : 0;
  return count;
}

std::string ToHttpDate(Instant at) {
  static constexpr std::array<const char*, 7> kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // From 1970-01-01.
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const int64_t seconds = std::clamp<int64_t>(at.seconds(), 0, 253'402'300'799);  // 9999-12-31T23:59:59Z
  const int64_t days = seconds / 86'400;
  const int64_t rest = seconds % 86'400;
  const CivilDate date = CivilFromDays(days);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[static_cast<size_t>(days % 7)], date.day,
                kMonths[static_cast<size_t>(date.month - 1)], date.year, static_cast<int>(rest / 3600),
                static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
  return text;
}

std::string NetworkOf(std::string_view address) {
  const std::string text(address);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  constexpr size_t kNetworkBytes = 8;
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return ::inet_ntop(AF_INET, &v6.s6_addr[12], out.data(), out.size());
  std::fill(std::begin(v6.s6_addr) + kNetworkBytes, std::end(v6.s6_addr), uint8_t{0});
  return std::string(::inet_ntop(AF_INET6, &v6, out.data(), out.size())) + "/64";
}

}  // namespace yukuai::http
