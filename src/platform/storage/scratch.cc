// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/scratch.h"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <system_error>

#include "platform/storage/postgres_connection.h"

namespace yukuai::storage {
namespace {

constexpr Sql kTables{"scratch_tables", "SELECT tablename FROM pg_tables WHERE schemaname = ?"};

// Speaks to the server beside any schema.
Result<std::unique_ptr<PostgresConnection>> Administer(PostgresOptions options) {
  options.schema.clear();
  options.answer_ms_max = 0;
  return PostgresConnection::Open(options, PostgresConnection::Access::kReadWrite);
}

void AppendValue(const Value& value, Bytes& all) {
  if (const auto* text = std::get_if<std::string>(&value.variant())) all.insert(all.end(), text->begin(), text->end());
  if (const auto* blob = std::get_if<Bytes>(&value.variant())) all.insert(all.end(), blob->begin(), blob->end());
  all.push_back('\n');
}

Result<Bytes> EverythingOf(const PostgresOptions& options) {
  YUKUAI_ASSIGN(const auto connection, PostgresConnection::Open(options, PostgresConnection::Access::kReadOnly));
  YUKUAI_ASSIGN(const auto tables, connection->Query(kTables, {options.schema}));
  Bytes all;
  for (const Row& table : tables) {
    const std::string text = "SELECT * FROM " + table[0].Text();
    YUKUAI_ASSIGN(const auto rows, connection->Query({"scratch_table", text}, {}));
    for (const Row& row : rows) {
      for (const Value& value : row) AppendValue(value, all);
    }
  }
  return all;
}

}  // namespace

std::optional<PostgresOptions> TestPostgres() {
  const char* conninfo = ::getenv("YUKUAI_TEST_POSTGRES");
  if (conninfo == nullptr || *conninfo == '\0') return std::nullopt;
  PostgresOptions options;
  options.conninfo = conninfo;
  options.durable = false;
  options.answer_ms_max = 60'000;  // A busy machine is no fault of what is tested.
  options.idle_ms_max = 60'000;
  options.wait_ms_max = 30'000;
  const char* isolation = ::getenv("YUKUAI_TEST_ISOLATION");
  if (isolation != nullptr && std::string_view(isolation) == "serializable") {
    options.isolation = PostgresOptions::Isolation::kSerializable;
  }
  return options;
}

Result<std::unique_ptr<Scratch>> Scratch::MakeFolder() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  std::string folder = (parent / "yukuai-scratch-XXXXXX").string();
  if (error || ::mkdtemp(folder.data()) == nullptr) return Fault(kStorageUnavailable, "no folder for a scratch database");
  return std::unique_ptr<Scratch>(new Scratch(folder));
}

Result<std::unique_ptr<Scratch>> Scratch::Open(const std::vector<Migration>& migrations) {
  if (auto postgres = TestPostgres()) return OpenPostgres(migrations, *std::move(postgres));
  return OpenSqlite(migrations);
}

Result<std::unique_ptr<Scratch>> Scratch::OpenSqlite(const std::vector<Migration>& migrations, SqliteOptions options) {
  YUKUAI_ASSIGN(auto scratch, MakeFolder());
  scratch->sqlite_ = options;
  YUKUAI_ASSIGN(scratch->database_, scratch->OpenAgain());
  YUKUAI_TRY(scratch->database_->Migrate(migrations, Instant{}));
  return scratch;
}

Result<std::unique_ptr<Scratch>> Scratch::OpenPostgres(const std::vector<Migration>& migrations, PostgresOptions options) {
  YUKUAI_ASSIGN(auto scratch, MakeFolder());
  // The folder's name is nobody else's, so the schema's is not either.
  const std::string name = scratch->folder_.filename().string();
  options.schema = "scratch_" + ToHex(AsBytes(std::string_view(name).substr(name.size() - 6)));
  YUKUAI_ASSIGN(const auto administrator, Administer(options));
  YUKUAI_TRY(administrator->RunScript("scratch_create", "CREATE SCHEMA " + options.schema));
  scratch->postgres_ = std::move(options);
  YUKUAI_ASSIGN(scratch->database_, scratch->OpenAgain());
  YUKUAI_TRY(scratch->database_->Migrate(migrations, Instant{}));
  return scratch;
}

Scratch::~Scratch() {
  database_.reset();
  if (postgres_.has_value()) {
    // What cannot be dropped stays until the test's server goes.
    const auto administrator = Administer(*postgres_);
    if (administrator.ok()) {
      static_cast<void>(administrator.value()->RunScript("scratch_drop", "DROP SCHEMA " + postgres_->schema + " CASCADE"));
    }
  }
  std::error_code error;  // What cannot be removed stays for the system's own cleaning.
  std::filesystem::remove_all(folder_, error);
}

Result<std::unique_ptr<Database>> Scratch::OpenAgain() const {
  if (postgres_.has_value()) return storage::OpenPostgres(*postgres_);
  return storage::OpenSqlite((folder_ / "scratch.db").string(), sqlite_);
}

Result<Bytes> Scratch::Everything() const {
  if (postgres_.has_value()) return EverythingOf(*postgres_);
  YUKUAI_TRY(database_->Checkpoint());
  Bytes all;
  for (const char* name : {"scratch.db", "scratch.db-wal"}) {
    std::ifstream file(folder_ / name, std::ios::binary);
    all.insert(all.end(), std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return all;
}

}  // namespace yukuai::storage
