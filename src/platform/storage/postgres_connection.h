// SPDX-License-Identifier: Apache-2.0
// One PostgreSQL connection: its settings, its cache of prepared statements, a deadline for every answer, and the translation of
// SQLSTATE into reasons. Internal to this module; used by one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/storage/storage.h"

struct pg_conn;
struct pg_result;

namespace yukuai::storage {

// What a SQLSTATE means for a statement. During COMMIT, an error that is not known to come before the decision leaves the
// outcome open. `severity` is the server's own word for it, not translated: "ERROR", "FATAL", "PANIC".
Reason ReasonOfState(std::string_view sqlstate);
Reason ReasonOfCommitState(std::string_view sqlstate, std::string_view severity);
// 40001, 40P01, 55P03: another transaction was in the way, and the whole may be run again.
bool IsConflictState(std::string_view sqlstate);
// 08xxx, 57P0x, 25P03: the connection is gone, or is of no more use.
bool IsLossState(std::string_view sqlstate);

class PostgresConnection {
 public:
  enum class Access { kReadWrite, kReadOnly };
  static Result<std::unique_ptr<PostgresConnection>> Open(const PostgresOptions& options, Access access);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters);  // Refuses statements that write.
  Result<int64_t> Execute(const Sql& sql, const Parameters& parameters);         // Rows changed.
  Result<void> RunScript(std::string_view name, const std::string& text);        // Several statements, no parameters.

  Result<void> BeginWriting();
  Result<void> BeginSnapshot();
  // kStorageOutcomeUnknown when the answer did not come, came with a warning, or does not say which.
  Result<void> Commit();
  void Rollback();

  bool lost() const { return lost_; }              // To be thrown away.
  bool conflicted() const { return conflicted_; }  // The transaction met another one: run all of it again.

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Prepared {
    std::string name;
    size_t parameters = 0;
  };
  struct FreeResult {
    void operator()(pg_result* result) const;
  };
  using Answer = std::unique_ptr<pg_result, FreeResult>;

  PostgresConnection(pg_conn* connection, const PostgresOptions& options, Access access)
      : connection_(connection), options_(options), access_(access) {}
  Result<void> Configure();
  Result<Answer> Exchange(std::string_view name, const std::function<int()>& send);
  Result<bool> AwaitSocket(std::string_view name, bool to_write, int64_t until_ms);
  Result<void> CheckAlive(std::string_view name);
  Result<Answer> Run(const Sql& sql, const Parameters& parameters);
  Result<const Prepared*> Prepare(const Sql& sql);
  Result<void> Simple(std::string_view name, const std::string& text);
  Fault FaultOf(std::string_view name, const pg_result* result);
  Fault Lose(std::string_view name, std::string_view what);
  static void Note(void* self, const pg_result* notice);

  pg_conn* connection_;
  const PostgresOptions options_;
  const Access access_;
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> statements_;
  uint64_t statements_made_ = 0;  // Numbers their names.
  bool in_transaction_ = false;
  bool lost_ = false;
  bool conflicted_ = false;
  bool warned_ = false;  // The server has warned since this was last cleared.
  bool ended_ = false;   // The server has said, unasked, that it ends the connection.
};

}  // namespace yukuai::storage
