// SPDX-License-Identifier: Apache-2.0
// The ledger checked by code that does not move money and shares nothing with the code that does but the tables. A BatchWitness
// looks at the touched accounts before and after a batch; VerifyAll looks at everything.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "registers/ledger/ledger.h"

namespace yukuai::ledger {

class BatchWitness {
 public:
  // Before the batch writes. All accounts are of one shard.
  static Result<BatchWitness> Before(storage::Reader& reader, const std::vector<AccountId>& accounts);
  // After it has written: the changes of balances sum to zero, and so do the entries of each transfer; each account's new
  // entries follow the old ones without a gap, with right running balances, up to the account's balance; held amounts move in
  // pairs and are never negative; no bound is broken. Otherwise kLedgerInvariant.
  Result<void> After(storage::Reader& reader) const;

 private:
  struct Seen {
    int64_t bound = 0;
    int64_t balance_fen = 0;
    int64_t held_out_fen = 0;
    int64_t held_in_fen = 0;
    int64_t entries = 0;
  };
  static Result<Seen> Look(storage::Reader& reader, AccountId account);
  static Result<void> FollowEntries(storage::Reader& reader, AccountId account, const Seen& before, const Seen& after,
                                    std::map<ByteArray<16>, int64_t>& sums_by_transfer);

  std::map<AccountId, Seen> before_;
};

struct Breach {
  std::string rule;  // "balance_differs_from_entries"
  Shard shard = 0;
  ByteArray<16> id{};  // The account or transfer; zeros for a whole shard.
};
struct Verification {
  int64_t accounts = 0;
  int64_t transfers = 0;
  int64_t entries = 0;
  std::vector<Breach> breaches;  // At most kBreachesMax of each rule.
};
inline constexpr int kBreachesMax = 20;

// Reads every row: for `yukuai ledger verify`, on one snapshot.
Result<Verification> VerifyAll(storage::Reader& reader);

}  // namespace yukuai::ledger
