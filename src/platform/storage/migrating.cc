// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/migrating.h"

#include <algorithm>

#include "crypto/sm3/sm3.h"

namespace yukuai::storage {
namespace {

constexpr std::string_view kMigrationTable =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    "name TEXT NOT NULL PRIMARY KEY, checksum BLOB NOT NULL, applied_at BIGINT NOT NULL)";
constexpr Sql kMigrationFind{"migration_find", "SELECT checksum FROM schema_migration WHERE name = ?"};
constexpr Sql kMigrationInsert{"migration_insert", "INSERT INTO schema_migration (name, checksum, applied_at) VALUES (?, ?, ?)"};

// Enough for one other process that does the same at the same moment, and a third.
constexpr int kTriesMax = 3;

Result<void> MigrateOne(MigratingConnection& connection, const Migration& migration, Instant now) {
  const sm3::Digest checksum = sm3::Hash(AsBytes(migration.sql));
  YUKUAI_ASSIGN(const auto found, connection.Query(kMigrationFind, {migration.name}));
  if (!found.empty()) {
    if (found[0][0].Array<32>() == checksum) return {};
    return Fault(kMigrationChanged, migration.name);
  }
  // The note first: another process that runs the same file waits here, and fails on the key when this one has committed.
  YUKUAI_TRY(connection.Execute(kMigrationInsert, {migration.name, checksum, now}));
  return connection.RunScript(migration.name, migration.sql);
}

template <typename Work>
Result<void> InTransaction(MigratingConnection& connection, const Work& work) {
  YUKUAI_TRY(connection.Begin());
  Result<void> done = work();
  if (!done.ok()) {
    connection.Rollback();
    return done;
  }
  return connection.Commit();
}

template <typename Work>
Result<void> WithTries(MigratingConnection& connection, const std::vector<Reason>& again, const Work& work) {
  for (int tried = 1;; ++tried) {
    Result<void> done = InTransaction(connection, work);
    if (done.ok() || tried == kTriesMax) return done;
    if (std::ranges::find(again, done.error().reason) == again.end()) return done;
  }
}

}  // namespace

Result<void> RunMigrations(MigratingConnection& connection, const std::vector<Migration>& migrations, Instant now) {
  std::vector<Migration> ordered = kSchema;
  ordered.insert(ordered.end(), migrations.begin(), migrations.end());
  std::ranges::stable_sort(ordered, {}, &Migration::name);

  // PostgreSQL lets two CREATE TABLE IF NOT EXISTS collide in its own catalogue.
  YUKUAI_TRY(WithTries(connection, {kUniqueViolation, kStorageDefect},
                       [&] { return connection.RunScript("migration_table", std::string(kMigrationTable)); }));
  for (const Migration& migration : ordered) {
    YUKUAI_TRY(WithTries(connection, {kUniqueViolation}, [&] { return MigrateOne(connection, migration, now); }));
  }
  return {};
}

}  // namespace yukuai::storage
