// SPDX-License-Identifier: Apache-2.0
// Running schema files, the same on every engine. Internal to this module.
#pragma once

#include <string>
#include <vector>

#include "platform/storage/storage.h"

namespace yukuai::storage {

// One connection to migrate with.
class MigratingConnection {
 public:
  virtual ~MigratingConnection() = default;
  virtual Result<void> Begin() = 0;
  virtual Result<void> RunScript(std::string_view name, const std::string& portable) = 0;
  virtual Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) = 0;
  virtual Result<int64_t> Execute(const Sql& sql, const Parameters& parameters) = 0;
  virtual Result<void> Commit() = 0;
  virtual void Rollback() = 0;
};

template <typename Connection>
class EngineMigrating : public MigratingConnection {
 public:
  explicit EngineMigrating(Connection& connection) : connection_(connection) {}
  Result<void> Begin() override { return connection_.BeginWriting(); }
  Result<void> RunScript(std::string_view name, const std::string& portable) override {
    return connection_.RunScript(name, portable);
  }
  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) override {
    return connection_.Query(sql, parameters);
  }
  Result<int64_t> Execute(const Sql& sql, const Parameters& parameters) override { return connection_.Execute(sql, parameters); }
  Result<void> Commit() override { return connection_.Commit(); }
  void Rollback() override { connection_.Rollback(); }

 private:
  Connection& connection_;
};

// This module's own files and the caller's that have not run, in the order of their names, each with its note in one
// transaction. Two processes that start together may both ask: the note's key lets one of them run a file, and the other one
// then finds it done.
Result<void> RunMigrations(MigratingConnection& connection, const std::vector<Migration>& migrations, Instant now);

}  // namespace yukuai::storage
