// SPDX-License-Identifier: Apache-2.0
// What a terminal answers for: entries it admitted that the server does not hold yet, each with the most it can come to.
// Counted from the records themselves, so that a restart finds the same sums as before it.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/bytes/bytes.h"
#include "base/money/money.h"
#include "base/time/time.h"
#include "rules/fare/fare.h"

namespace yukuai::sdk {

using CardAccount = ByteArray<10>;

class Exposure {
 public:
  // Far above what any bound of money lets through; it bounds entries that come to nothing (free rides).
  static constexpr size_t kEntriesMax = 65536;

  struct Entry {
    CardAccount carrier{};
    Instant at;
    std::string point;
    fare::Concession concession = fare::Concession::kOrdinary;
    Money amount;
  };

  bool full() const { return entries_.size() >= kEntriesMax; }
  void Add(uint64_t counter, Entry entry);
  void Remove(uint64_t counter);      // Voided: nothing will be charged. Unknown counters change nothing.
  void RemoveUpTo(uint64_t counter);  // Acknowledged.
  // Prices every entry anew, when the rules they are priced by have come or changed.
  void Reprice(const std::function<Money(const Entry&)>& price);
  Money Of(const CardAccount& carrier) const;
  Money total() const { return total_; }

 private:
  void Count(const CardAccount& carrier, Money amount);

  std::map<uint64_t, Entry> entries_;  // By the counter of the held record.
  std::map<CardAccount, Money> by_carrier_;
  Money total_;
};

}  // namespace yukuai::sdk
