// SPDX-License-Identifier: Apache-2.0
// The PostgreSQL engine: bounded pools of writing and of reading connections, and the one retry loop.
#include <algorithm>
#include <chrono>
#include <thread>

#include "platform/storage/connection_pool.h"
#include "platform/storage/engine_transaction.h"
#include "platform/storage/migrating.h"
#include "platform/storage/postgres_connection.h"
#include "platform/storage/storage.h"

namespace yukuai::storage {
namespace {

using Access = PostgresConnection::Access;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kAttemptsMax = 64;  // Of one transaction, whatever the time.
constexpr int kPauseMsMax = 50;

// Tells how long a transaction is tried again. Two that met wait for different times, or they would meet again.
class Patience {
 public:
  explicit Patience(int wait_ms_max) : until_(steady_clock::now() + milliseconds(wait_ms_max)) {}

  // False when it is over.
  bool Pause() {
    if (++attempts_ >= kAttemptsMax) return false;
    const int most = std::min(kPauseMsMax, 1 << std::min(attempts_, 6));
    // Any spread will do; the clock's low digits are one.
    const auto spread = static_cast<int>((steady_clock::now().time_since_epoch().count() >> 4) % (most + 1));
    const auto pause = milliseconds(spread);
    if (steady_clock::now() + pause >= until_) return false;
    std::this_thread::sleep_for(pause);
    return true;
  }

 private:
  const steady_clock::time_point until_;
  int attempts_ = 0;
};

class PostgresDatabase : public Database {
 public:
  explicit PostgresDatabase(PostgresOptions options)
      : options_(std::move(options)),
        writing_(options_.writers_max, options_.wait_ms_max,
                 [this] { return PostgresConnection::Open(options_, Access::kReadWrite); }),
        reading_(options_.readers_max, options_.wait_ms_max,
                 [this] { return PostgresConnection::Open(options_, Access::kReadOnly); }) {}

  Result<void> TryOut();  // One connection, kept for the first transaction.
  Result<std::unique_ptr<Reader>> Read() override;
  Result<void> Transact(const std::function<Result<void>(Transaction&)>& work) override;
  Result<void> Migrate(const std::vector<Migration>& migrations, Instant now) override;
  Result<void> Checkpoint() override { return {}; }  // The server's own business.
  std::string_view engine() const override { return "postgres"; }
  AfterUnknown after_unknown() const override { return AfterUnknown::kRunAgain; }

 private:
  using Pool = ConnectionPool<PostgresConnection>;
  class Borrowed;
  class PooledReader;
  struct Attempted {
    Result<void> done;
    bool again = false;  // Nothing was done, and another attempt may fare better.
  };

  Attempted Attempt(const std::function<Result<void>(Transaction&)>& work);

  const PostgresOptions options_;
  Pool writing_;
  Pool reading_;
};

// Gives back what is of use, and forgets what is lost.
class PostgresDatabase::Borrowed {
 public:
  Borrowed(Pool& pool, std::unique_ptr<PostgresConnection> connection) : pool_(&pool), connection_(std::move(connection)) {}
  Borrowed(Borrowed&&) = default;
  Borrowed& operator=(Borrowed&&) = delete;
  ~Borrowed() {
    if (connection_ == nullptr) return;
    connection_->Rollback();
    if (connection_->lost()) {
      connection_.reset();
      pool_->Forget();
    } else {
      pool_->Give(std::move(connection_));
    }
  }
  PostgresConnection* operator->() const { return connection_.get(); }
  PostgresConnection& operator*() const { return *connection_; }

 private:
  Pool* pool_;
  std::unique_ptr<PostgresConnection> connection_;
};

class PostgresDatabase::PooledReader : public Reader {
 public:
  explicit PooledReader(Borrowed connection) : connection_(std::move(connection)) {}
  Result<std::vector<Row>> Query(const Sql& sql, const Parameters& parameters) override {
    return snapshot_.Query(sql, parameters);
  }

 private:
  Borrowed connection_;
  EngineTransaction<PostgresConnection> snapshot_{*connection_};
};

Result<void> PostgresDatabase::TryOut() {
  YUKUAI_ASSIGN(auto connection, writing_.Take());
  writing_.Give(std::move(connection));
  return {};
}

Result<std::unique_ptr<Reader>> PostgresDatabase::Read() {
  // After a failover every idle connection is lost, and says so only when it is used.
  for (size_t tried = 0;; ++tried) {
    YUKUAI_ASSIGN(auto taken, reading_.Take());
    Borrowed connection(reading_, std::move(taken));
    Result<void> begun = connection->BeginSnapshot();
    if (begun.ok()) return std::unique_ptr<Reader>(std::make_unique<PooledReader>(std::move(connection)));
    if (!connection->lost() || tried >= options_.readers_max) return std::move(begun).error();
  }
}

PostgresDatabase::Attempted PostgresDatabase::Attempt(const std::function<Result<void>(Transaction&)>& work) {
  auto taken = writing_.Take();
  if (!taken.ok()) {
    // A server that cannot be reached may be back, or another one be in its place, in a moment.
    const bool again = taken.error().reason == kStorageUnavailable;
    return {std::move(taken).error(), again};
  }
  const Borrowed connection(writing_, std::move(taken).value());
  Result<void> begun = connection->BeginWriting();
  if (!begun.ok()) return {begun, connection->lost()};

  EngineTransaction<PostgresConnection> transaction(*connection);
  Result<void> done = work(transaction);
  // COMMIT was not sent: a lost connection means that nothing was done.
  if (transaction.broken().has_value()) return {*transaction.broken(), connection->conflicted() || connection->lost()};
  if (!done.ok()) return {std::move(done), false};
  done = connection->Commit();
  const bool undone = !done.ok() && done.error().reason != kStorageOutcomeUnknown;
  return {std::move(done), undone && (connection->conflicted() || connection->lost())};
}

Result<void> PostgresDatabase::Transact(const std::function<Result<void>(Transaction&)>& work) {
  Patience patience(options_.wait_ms_max);
  for (;;) {
    Attempted attempted = Attempt(work);
    if (!attempted.again || !patience.Pause()) return std::move(attempted.done);
  }
}

Result<void> PostgresDatabase::Migrate(const std::vector<Migration>& migrations, Instant now) {
  PostgresOptions unhurried = options_;
  unhurried.answer_ms_max = 0;  // An index over a year's rows takes its time.
  unhurried.idle_ms_max = 0;
  unhurried.isolation = PostgresOptions::Isolation::kReadCommitted;
  YUKUAI_ASSIGN(const auto connection, PostgresConnection::Open(unhurried, Access::kReadWrite));
  EngineMigrating migrating(*connection);
  return RunMigrations(migrating, migrations, now);
}

}  // namespace

Result<std::unique_ptr<Database>> OpenPostgres(PostgresOptions options) {
  const bool named =
      std::ranges::all_of(options.schema, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  if (!named) return Fault(kStorageDefect, "a schema's name is made of a-z, 0-9 and _");
  auto database = std::make_unique<PostgresDatabase>(std::move(options));
  YUKUAI_TRY(database->TryOut());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace yukuai::storage
