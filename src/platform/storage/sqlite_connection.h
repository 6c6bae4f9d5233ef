// SPDX-License-Identifier: Apache-2.0
// One SQLite connection: its settings, its cache of prepared statements, and the translation of SQLite's codes into reasons.
// Internal to this module; used by one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/storage/storage.h"

struct sqlite3;
struct sqlite3_stmt;

namespace yukuai::storage {

// What an extended result code means for a statement, and for COMMIT, where an I/O error leaves the outcome open: the log may
// hold the commit or not.
Reason ReasonOfStatement(int extended_code);
Reason ReasonOfCommit(int extended_code);

class SqliteConnection {
 public:
  enum class Access { kReadWrite, kReadOnly };
  static Result<std::unique_ptr<SqliteConnection>> Open(const std::string& path, Access access, const SqliteOptions& options);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters);  // Refuses statements that write.
  Result<int64_t> Execute(const Sql& sql, const Parameters& parameters);         // Rows changed.
  Result<void> RunScript(std::string_view name, const std::string& text);        // Several statements, no parameters.

  Result<void> BeginWriting();
  Result<void> BeginSnapshot();
  Result<void> Commit();
  void Rollback();
  // Moves the log's content into the main file without waiting; with `wait`, also waits for readers and truncates the log.
  Result<void> Checkpoint(bool wait);

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  class Running;

  explicit SqliteConnection(sqlite3* db) : db_(db) {}
  Result<void> Configure(Access access, const SqliteOptions& options);
  Result<sqlite3_stmt*> Prepare(const Sql& sql);
  void ForgetStatements();
  Fault FaultNow(std::string_view name) const;

  sqlite3* db_;
  std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> statements_;
};

}  // namespace yukuai::storage
