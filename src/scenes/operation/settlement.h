// SPDX-License-Identifier: Apache-2.0
// Inside of scenes/operation: the transfers of journeys that changed. What the balance does not cover, or may not because it is
// frozen, becomes the person's receivable, whole; a refund first lessens what is owed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "registers/ledger/ledger.h"
#include "scenes/operation/changes.h"

namespace yukuai::operation {

// How the person stands, now.
struct Means {
  Money balance;
  Money owed;  // Of all journeys.
  bool frozen = false;
};

class Settlement {
 public:
  Settlement(PersonId person, std::string_view operator_id, Means means)
      : person_(person), clearing_(ledger::ClearingOf(operator_id, person.shard())), means_(means) {}

  void Add(Change& change);  // Also writes into the journey what is charged and owed from now on.
  const std::vector<ledger::Transfer>& transfers() const { return transfers_; }

 private:
  void Transfer(const journeys::Journey& journey, std::string_view purpose, AccountId from, AccountId to, Money amount);

  PersonId person_;
  AccountId clearing_;
  Means means_;
  std::vector<ledger::Transfer> transfers_;
};

}  // namespace yukuai::operation
