// SPDX-License-Identifier: Apache-2.0
// The SQLite engine: one writing connection, a bounded pool of reading ones, one for checkpoints.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>

#include "platform/storage/connection_pool.h"
#include "platform/storage/engine_transaction.h"
#include "platform/storage/migrating.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/storage.h"

namespace yukuai::storage {
namespace {

using Access = SqliteConnection::Access;

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::string path, SqliteOptions options, std::unique_ptr<SqliteConnection> writing)
      : path_(std::move(path)),
        options_(options),
        writing_(std::move(writing)),
        readers_(options.readers_max, options.wait_ms_max,
                 [this] { return SqliteConnection::Open(path_, Access::kReadOnly, options_); }) {}

  Result<std::unique_ptr<Reader>> Read() override;
  Result<void> Transact(const std::function<Result<void>(Transaction&)>& work) override;
  Result<void> Migrate(const std::vector<Migration>& migrations, Instant now) override;
  Result<void> Checkpoint() override;
  std::string_view engine() const override { return "sqlite"; }
  AfterUnknown after_unknown() const override { return AfterUnknown::kStop; }

 private:
  class PooledReader;

  const std::string path_;
  const SqliteOptions options_;

  std::mutex writing_mutex_;
  std::unique_ptr<SqliteConnection> writing_;  // Guarded by writing_mutex_.

  ConnectionPool<SqliteConnection> readers_;

  std::mutex checkpoint_mutex_;
  std::unique_ptr<SqliteConnection> checkpointing_;  // Guarded by checkpoint_mutex_; opened at first use.
};

class SqliteDatabase::PooledReader : public Reader {
 public:
  PooledReader(SqliteDatabase& database, std::unique_ptr<SqliteConnection> connection)
      : database_(database), connection_(std::move(connection)) {}
  ~PooledReader() override {
    connection_->Rollback();
    database_.readers_.Give(std::move(connection_));
  }
  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) override {
    return snapshot_.Query(sql, parameters);
  }

 private:
  SqliteDatabase& database_;
  std::unique_ptr<SqliteConnection> connection_;
  EngineTransaction<SqliteConnection> snapshot_{*connection_};
};

Result<std::unique_ptr<Reader>> SqliteDatabase::Read() {
  YUKUAI_ASSIGN(auto connection, readers_.Take());
  auto begun = connection->BeginSnapshot();
  if (!begun.ok()) {
    connection.reset();
    readers_.Forget();
    return std::move(begun).error();
  }
  return std::unique_ptr<Reader>(std::make_unique<PooledReader>(*this, std::move(connection)));
}

Result<void> SqliteDatabase::Transact(const std::function<Result<void>(Transaction&)>& work) {
  const std::lock_guard lock(writing_mutex_);
  // The busy timeout is the retry loop here: once begun, an immediate transaction meets no other writer.
  YUKUAI_TRY(writing_->BeginWriting());
  EngineTransaction<SqliteConnection> transaction(*writing_);
  Result<void> done = work(transaction);
  if (transaction.broken().has_value()) done = *transaction.broken();
  if (!done.ok()) {
    writing_->Rollback();
    return done;
  }
  return writing_->Commit();
}

Result<void> SqliteDatabase::Migrate(const std::vector<Migration>& migrations, Instant now) {
  const std::lock_guard lock(writing_mutex_);
  EngineMigrating migrating(*writing_);
  return RunMigrations(migrating, migrations, now);
}

Result<void> SqliteDatabase::Checkpoint() {
  const std::lock_guard lock(checkpoint_mutex_);
  if (checkpointing_ == nullptr) { YUKUAI_ASSIGN(checkpointing_, SqliteConnection::Open(path_, Access::kReadWrite, options_)); }
  struct stat log {};
  const bool beyond = ::stat((path_ + "-wal").c_str(), &log) == 0 && log.st_size > options_.log_bytes_max;
  return checkpointing_->Checkpoint(beyond);
}

}  // namespace

Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path, SqliteOptions options) {
  if (options.vfs.empty()) {
    // Made here, because SQLite would make it readable by everybody. Its log takes over the mode.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return Fault(kStorageUnavailable, "the database file cannot be opened");
    ::close(fd);
  }
  YUKUAI_ASSIGN(auto writing, SqliteConnection::Open(path, Access::kReadWrite, options));
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(path, options, std::move(writing)));
}

}  // namespace yukuai::storage
