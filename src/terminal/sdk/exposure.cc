// SPDX-License-Identifier: Apache-2.0
#include "terminal/sdk/exposure.h"

namespace yukuai::sdk {

void Exposure::Count(const CardAccount& carrier, Money amount) {
  total_ = total_ + amount;
  Money& sum = by_carrier_[carrier];
  sum = sum + amount;
  if (sum == Money()) by_carrier_.erase(carrier);
}

void Exposure::Add(uint64_t counter, Entry entry) {
  Count(entry.carrier, entry.amount);
  entries_.emplace(counter, std::move(entry));
}

void Exposure::Remove(uint64_t counter) {
  const auto found = entries_.find(counter);
  if (found == entries_.end()) return;
  Count(found->second.carrier, -found->second.amount);
  entries_.erase(found);
}

void Exposure::RemoveUpTo(uint64_t counter) {
  while (!entries_.empty() && entries_.begin()->first <= counter) Remove(entries_.begin()->first);
}

void Exposure::Reprice(const std::function<Money(const Entry&)>& price) {
  for (auto& [counter, entry] : entries_) {
    const Money amount = price(entry);
    Count(entry.carrier, amount - entry.amount);
    entry.amount = amount;
  }
}

Money Exposure::Of(const CardAccount& carrier) const {
  const auto found = by_carrier_.find(carrier);
  return found == by_carrier_.end() ? Money() : found->second;
}

}  // namespace yukuai::sdk
