// SPDX-License-Identifier: Apache-2.0
// The SQLite engine: one writing connection, a bounded pool of reading ones, one for checkpoints.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/result/check.h"
#include "crypto/sm3/sm3.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/storage.h"

namespace yukuai::storage {
namespace {

using Access = SqliteConnection::Access;

constexpr std::string_view kMigrationTable =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    "name TEXT NOT NULL PRIMARY KEY, checksum BLOB NOT NULL, applied_at BIGINT NOT NULL)";
constexpr Sql kMigrationFind{"migration_find", "SELECT checksum FROM schema_migration WHERE name = ?"};
constexpr Sql kMigrationInsert{"migration_insert", "INSERT INTO schema_migration (name, checksum, applied_at) VALUES (?, ?, ?)"};

class SqliteTransaction : public Transaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}

  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) override {
    if (broken_.has_value()) return *broken_;
    auto rows = connection_.Query(sql, parameters);
    if (!rows.ok()) broken_ = rows.error();
    return rows;
  }
  Result<int64_t> Execute(const Sql& sql, const Parameters& parameters) override {
    if (broken_.has_value()) return *broken_;
    auto rows = connection_.Execute(sql, parameters);
    if (!rows.ok()) broken_ = rows.error();
    has_written_ = has_written_ || !rows.ok() || *rows > 0;
    return rows;
  }
  bool has_written() const override { return has_written_; }
  // The first fault of a statement. SQLite may have rolled back by itself then, so that later statements would commit alone.
  const std::optional<Fault>& broken() const { return broken_; }

 private:
  SqliteConnection& connection_;
  std::optional<Fault> broken_;
  bool has_written_ = false;
};

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::string path, SqliteOptions options, std::unique_ptr<SqliteConnection> writing)
      : path_(std::move(path)), options_(options), writing_(std::move(writing)) {}
  ~SqliteDatabase() override { YUKUAI_CHECK(readers_open_ == readers_idle_.size()); }

  Result<std::unique_ptr<Reader>> Read() override;
  Result<void> Transact(const std::function<Result<void>(Transaction&)>& work) override;
  Result<void> Migrate(const std::vector<Migration>& migrations, Instant now) override;
  Result<void> Checkpoint() override;
  std::string_view engine() const override { return "sqlite"; }

 private:
  class PooledReader;

  Result<void> MigrateOne(const Migration& migration, Instant now);
  Result<std::unique_ptr<SqliteConnection>> TakeReader();
  void GiveReader(std::unique_ptr<SqliteConnection> connection);
  void ForgetReader();

  const std::string path_;
  const SqliteOptions options_;

  std::mutex writing_mutex_;
  std::unique_ptr<SqliteConnection> writing_;  // Guarded by writing_mutex_.

  std::mutex readers_mutex_;
  std::condition_variable reader_given_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_idle_;  // Guarded by readers_mutex_.
  size_t readers_open_ = 0;                                      // Guarded by readers_mutex_.

  std::mutex checkpoint_mutex_;
  std::unique_ptr<SqliteConnection> checkpointing_;  // Guarded by checkpoint_mutex_; opened at first use.
};

class SqliteDatabase::PooledReader : public Reader {
 public:
  PooledReader(SqliteDatabase& database, std::unique_ptr<SqliteConnection> connection)
      : database_(database), connection_(std::move(connection)) {}
  ~PooledReader() override {
    connection_->Rollback();
    database_.GiveReader(std::move(connection_));
  }
  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) override {
    return connection_->Query(sql, parameters);
  }

 private:
  SqliteDatabase& database_;
  std::unique_ptr<SqliteConnection> connection_;
};

Result<std::unique_ptr<SqliteConnection>> SqliteDatabase::TakeReader() {
  {
    std::unique_lock lock(readers_mutex_);
    const bool free = reader_given_.wait_for(lock, std::chrono::milliseconds(options_.wait_ms_max),
                                             [this] { return !readers_idle_.empty() || readers_open_ < options_.readers_max; });
    if (!free) return Fault(kStorageBusy, "every reader is taken");
    if (!readers_idle_.empty()) {
      auto connection = std::move(readers_idle_.back());
      readers_idle_.pop_back();
      return connection;
    }
    ++readers_open_;
  }
  auto opened = SqliteConnection::Open(path_, Access::kReadOnly, options_);
  if (!opened.ok()) ForgetReader();
  return opened;
}

void SqliteDatabase::GiveReader(std::unique_ptr<SqliteConnection> connection) {
  const std::lock_guard lock(readers_mutex_);
  readers_idle_.push_back(std::move(connection));
  reader_given_.notify_one();
}

void SqliteDatabase::ForgetReader() {
  const std::lock_guard lock(readers_mutex_);
  --readers_open_;
  reader_given_.notify_one();
}

Result<std::unique_ptr<Reader>> SqliteDatabase::Read() {
  YUKUAI_ASSIGN(auto connection, TakeReader());
  auto begun = connection->BeginSnapshot();
  if (!begun.ok()) {
    connection.reset();
    ForgetReader();
    return std::move(begun).error();
  }
  return std::unique_ptr<Reader>(std::make_unique<PooledReader>(*this, std::move(connection)));
}

Result<void> SqliteDatabase::Transact(const std::function<Result<void>(Transaction&)>& work) {
  const std::lock_guard lock(writing_mutex_);
  // The busy timeout is the retry loop here: once begun, an immediate transaction meets no other writer.
  YUKUAI_TRY(writing_->BeginImmediate());
  SqliteTransaction transaction(*writing_);
  Result<void> done = work(transaction);
  if (transaction.broken().has_value()) done = *transaction.broken();
  if (!done.ok()) {
    writing_->Rollback();
    return done;
  }
  return writing_->Commit();
}

Result<void> SqliteDatabase::MigrateOne(const Migration& migration, Instant now) {
  const sm3::Digest checksum = sm3::Hash(AsBytes(migration.sql));
  YUKUAI_ASSIGN(const auto found, writing_->Query(kMigrationFind, {migration.name}));
  if (!found.empty()) {
    if (found[0][0].Array<32>() == checksum) return {};
    return Fault(kMigrationChanged, migration.name);
  }
  YUKUAI_TRY(writing_->RunScript(migration.name, migration.sql));
  auto noted = writing_->Execute(kMigrationInsert, {migration.name, checksum, now});
  if (!noted.ok()) return std::move(noted).error();
  return {};
}

Result<void> SqliteDatabase::Migrate(const std::vector<Migration>& migrations, Instant now) {
  std::vector<Migration> ordered = kSchema;
  ordered.insert(ordered.end(), migrations.begin(), migrations.end());
  std::ranges::stable_sort(ordered, {}, &Migration::name);

  const std::lock_guard lock(writing_mutex_);
  for (const Migration& migration : ordered) {
    YUKUAI_TRY(writing_->BeginImmediate());
    Result<void> done = writing_->RunScript("migration_table", std::string(kMigrationTable));
    if (done.ok()) done = MigrateOne(migration, now);
    if (!done.ok()) {
      writing_->Rollback();
      return done;
    }
    YUKUAI_TRY(writing_->Commit());
  }
  return {};
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
