// SPDX-License-Identifier: Apache-2.0
#include "scenes/operation/settlement.h"

#include <algorithm>

namespace yukuai::operation {

void Settlement::Add(Change& change) {
  journeys::Journey& journey = change.journey;
  journey.charged = journey.charged + change.moved;
  if (change.moved > Money()) {
    const bool covered = !means_.frozen && means_.balance >= change.moved;
    if (covered) {
      means_.balance = means_.balance - change.moved;
    } else {
      means_.owed = means_.owed + change.moved;
      journey.owed = journey.owed + change.moved;
    }
    Transfer(journey, covered ? "ride_fare" : "ride_owed", covered ? ledger::BalanceOf(person_) : ledger::ReceivableOf(person_),
             clearing_, change.moved);
  } else if (change.moved < Money()) {
    const Money back = -change.moved;
    // What was owed for this journey may have been paid off since.
    const Money from_owed = std::min({journey.owed, back, means_.owed});
    journey.owed = std::min(journey.owed - from_owed, journey.charged);
    means_.owed = means_.owed - from_owed;
    if (from_owed > Money()) Transfer(journey, "ride_owed_back", clearing_, ledger::ReceivableOf(person_), from_owed);
    if (back > from_owed) Transfer(journey, "ride_refund", clearing_, ledger::BalanceOf(person_), back - from_owed);
    means_.balance = means_.balance + (back - from_owed);
  }
}

void Settlement::Transfer(const journeys::Journey& journey, std::string_view purpose, AccountId from, AccountId to,
                          Money amount) {
  ledger::Transfer transfer;
  // A journey's revision moves its money once.
  transfer.id = ledger::TransferFor(std::string(purpose) + ":" + std::to_string(journey.revision), journey.id);
  transfer.from = from;
  transfer.to = to;
  transfer.amount = amount;
  transfer.purpose = std::string(purpose);
  transfer.reference = journey.id.bytes();
  transfer.linked = true;  // All of one passage's money moves, or none of it.
  transfers_.push_back(transfer);
  for (size_t i = 0; i < transfers_.size(); ++i) transfers_[i].linked = i + 1 < transfers_.size();
}

}  // namespace yukuai::operation
