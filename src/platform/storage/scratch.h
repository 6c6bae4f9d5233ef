// SPDX-License-Identifier: Apache-2.0
// A database that vanishes with its holder: for tests, trials and the simulator. The real engine, without its waits for the disk.
//
// YUKUAI_TEST_POSTGRES holds a connection string: then every scratch database is a schema of its own on that server, so that
// whatever is tested on SQLite is tested on PostgreSQL, unchanged. YUKUAI_TEST_ISOLATION=serializable makes its transactions so.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "platform/storage/storage.h"

namespace yukuai::storage {

// From the environment; nothing when tests run on SQLite.
std::optional<PostgresOptions> TestPostgres();

class Scratch {
 public:
  // Migrated with the given schema files, on the engine that the environment names. kStorageUnavailable when the folder for
  // temporary files cannot be written, or the server cannot be reached.
  static Result<std::unique_ptr<Scratch>> Open(const std::vector<Migration>& migrations = {});
  static Result<std::unique_ptr<Scratch>> OpenSqlite(const std::vector<Migration>& migrations = {},
                                                     SqliteOptions options = {.durable = false});
  // The options' schema is chosen here.
  static Result<std::unique_ptr<Scratch>> OpenPostgres(const std::vector<Migration>& migrations, PostgresOptions options);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Database& database() { return *database_; }
  // The same data once more, as another process has it. Gone before the scratch database is.
  Result<std::unique_ptr<Database>> OpenAgain() const;
  const std::filesystem::path& folder() const { return folder_; }                  // For files beside it; vanishes too.
  const std::string& postgres_schema() const { return postgres_.value().schema; }  // Only on PostgreSQL.
  // Every byte that the engine keeps of the tables, to look for what should not be there.
  Result<Bytes> Everything() const;

 private:
  explicit Scratch(std::filesystem::path folder) : folder_(std::move(folder)) {}
  static Result<std::unique_ptr<Scratch>> MakeFolder();

  std::filesystem::path folder_;
  SqliteOptions sqlite_;
  std::optional<PostgresOptions> postgres_;  // Set: on PostgreSQL.
  std::unique_ptr<Database> database_;
};

}  // namespace yukuai::storage
