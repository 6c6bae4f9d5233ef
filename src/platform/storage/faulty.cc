// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/faulty.h"

namespace yukuai::storage {

void FaultyDatabase::Plan(FaultPlan plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
  begins_ = 0;
  statements_ = 0;
  commits_ = 0;
  struck_ = false;
}

bool FaultyDatabase::struck() const {
  const std::lock_guard lock(mutex_);
  return struck_;
}

bool FaultyDatabase::StrikesBegin() {
  const std::lock_guard lock(mutex_);
  if (++begins_ != plan_.begin) return false;
  struck_ = true;
  return true;
}

bool FaultyDatabase::StrikesStatement() {
  const std::lock_guard lock(mutex_);
  if (++statements_ != plan_.statement) return false;
  struck_ = true;
  return true;
}

class FaultyDatabase::FailingTransaction : public Transaction {
 public:
  FailingTransaction(FaultyDatabase& database, Transaction& inner) : database_(database), inner_(inner) {}

  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) override {
    if (Fails(sql)) return *failure_;
    return inner_.Query(sql, parameters);
  }
  Result<int64_t> Execute(const Sql& sql, const Parameters& parameters) override {
    if (Fails(sql)) return *failure_;
    return inner_.Execute(sql, parameters);
  }
  bool has_written() const override { return failure_.has_value() || inner_.has_written(); }
  const std::optional<Fault>& failure() const { return failure_; }

 private:
  bool Fails(const Sql& sql) {
    if (!failure_.has_value() && database_.StrikesStatement()) {
      failure_ = Fault(database_.plan_.statement_reason, std::string(sql.name) + ": planned");
    }
    return failure_.has_value();
  }

  FaultyDatabase& database_;
  Transaction& inner_;
  std::optional<Fault> failure_;
};

Result<void> FaultyDatabase::Transact(const std::function<Result<void>(Transaction&)>& work) {
  if (StrikesBegin()) return Fault(kStorageUnavailable, "planned, and not begun");
  bool strikes = false;
  bool lands = false;
  const Result<void> done = inner_.Transact([&](Transaction& inner) -> Result<void> {
    FailingTransaction transaction(*this, inner);
    Result<void> worked = work(transaction);
    if (transaction.failure().has_value()) return *transaction.failure();
    if (!worked.ok()) return worked;
    const std::lock_guard lock(mutex_);
    strikes = ++commits_ == plan_.commit;
    lands = plan_.commit_lands;
    struck_ = struck_ || strikes;
    if (strikes && !lands) return Fault(kStorageOutcomeUnknown, "planned, and not committed");
    return {};
  });
  if (done.ok() && strikes) return Fault(kStorageOutcomeUnknown, "planned, and committed");
  return done;
}

}  // namespace yukuai::storage
