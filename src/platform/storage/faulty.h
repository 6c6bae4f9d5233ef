// SPDX-License-Identifier: Apache-2.0
// A database that fails on demand: the Nth beginning, statement or commit of the one it wraps. A test runs an operation with
// the fault at statement 1, 2, 3 … until it passes clean, and asks after each that nothing is half done.
#pragma once

#include <mutex>

#include "platform/storage/storage.h"

namespace yukuai::storage {

// Counted from 1 since the last Plan; 0 is never.
struct FaultPlan {
  int begin = 0;                                  // This transaction cannot begin: kStorageUnavailable.
  int statement = 0;                              // This statement of a transaction fails, …
  Reason statement_reason = kStorageUnavailable;  // … with this reason.
  int commit = 0;                                 // This commit returns kStorageOutcomeUnknown, …
  bool commit_lands = false;                      // … after it happened, or without it.
};

class FaultyDatabase : public Database {
 public:
  explicit FaultyDatabase(Database& inner) : FaultyDatabase(inner, inner.after_unknown()) {}
  // Planned outcomes are open only in name, so every engine can play one that lets writers run again, or one that does not.
  FaultyDatabase(Database& inner, AfterUnknown after_unknown) : inner_(inner), after_unknown_(after_unknown) {}

  void Plan(FaultPlan plan);  // Counts start again.
  bool struck() const;        // The planned fault has happened.

  Result<std::unique_ptr<Reader>> Read() override { return inner_.Read(); }
  Result<void> Transact(const std::function<Result<void>(Transaction&)>& work) override;
  Result<void> Migrate(const std::vector<Migration>& migrations, Instant now) override { return inner_.Migrate(migrations, now); }
  Result<void> Checkpoint() override { return inner_.Checkpoint(); }
  std::string_view engine() const override { return "faulty"; }
  AfterUnknown after_unknown() const override { return after_unknown_; }

 private:
  class FailingTransaction;
  bool StrikesBegin();
  bool StrikesStatement();

  Database& inner_;
  const AfterUnknown after_unknown_;
  mutable std::mutex mutex_;
  FaultPlan plan_;  // Guarded by mutex_, with all below.
  int begins_ = 0;
  int statements_ = 0;
  int commits_ = 0;
  bool struck_ = false;
};

}  // namespace yukuai::storage
