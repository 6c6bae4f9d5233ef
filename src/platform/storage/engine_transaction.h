// SPDX-License-Identifier: Apache-2.0
// The open transaction, the same on every engine: what no engine may be handed is refused, and after a statement failed nothing
// more is run. Internal to this module.
//
// Connection offers Query and Execute as Transaction does.
#pragma once

#include <optional>

#include "platform/storage/storage.h"

namespace yukuai::storage {

// kStorageDefect for a text that is not UTF-8 or holds a zero byte (PostgreSQL takes neither), so that every engine refuses the
// same; and, where it would be stored, for an empty one (some engines cannot tell it from NULL).
Result<void> CheckTexts(const Sql& sql, const Parameters& parameters, bool stored);

template <typename Connection>
class EngineTransaction : public Transaction {
 public:
  explicit EngineTransaction(Connection& connection) : connection_(connection) {}

  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) override {
    if (broken_.has_value()) return *broken_;
    Result<void> fit = CheckTexts(sql, parameters, false);
    auto rows = fit.ok() ? connection_.Query(sql, parameters) : Result<std::vector<Row>>(std::move(fit).error());
    if (!rows.ok()) broken_ = rows.error();
    return rows;
  }
  Result<int64_t> Execute(const Sql& sql, const Parameters& parameters) override {
    if (broken_.has_value()) return *broken_;
    Result<void> fit = CheckTexts(sql, parameters, true);
    auto rows = fit.ok() ? connection_.Execute(sql, parameters) : Result<int64_t>(std::move(fit).error());
    if (!rows.ok()) broken_ = rows.error();
    has_written_ = has_written_ || !rows.ok() || *rows > 0;
    return rows;
  }
  bool has_written() const override { return has_written_; }
  // The first fault of a statement. The engine may have rolled back by itself then, so that later statements would commit alone.
  const std::optional<Fault>& broken() const { return broken_; }

 private:
  Connection& connection_;
  std::optional<Fault> broken_;
  bool has_written_ = false;
};

}  // namespace yukuai::storage
