// SPDX-License-Identifier: Apache-2.0
// The stores that must all keep the same promises: SQLite, a faulty store that is not told to fail, and, where the environment
// names a server, PostgreSQL at both of its isolation levels.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"
#include "platform/storage/storage.h"

namespace yukuai::storage {

struct Store {
  std::string name;
  bool faulty = false;
  std::optional<PostgresOptions> postgres = std::nullopt;  // Nothing: SQLite.
};

struct StoreLimits {
  size_t readers_max = 16;
  int wait_ms_max = 60'000;
};

inline std::vector<Store> Stores() {
  std::vector<Store> stores = {{"sqlite"}, {"faulty_sqlite", true}};
  if (const auto postgres = TestPostgres()) {
    PostgresOptions serializable = *postgres;
    serializable.isolation = PostgresOptions::Isolation::kSerializable;
    stores.push_back({"postgres_read_committed", false, postgres});
    stores.push_back({"postgres_serializable", false, serializable});
    stores.push_back({"faulty_postgres", true, postgres});
  }
  return stores;
}

inline std::string NameOf(const testing::TestParamInfo<Store>& info) { return info.param.name; }
inline void PrintTo(const Store& store, std::ostream* out) { *out << store.name; }

inline std::unique_ptr<Scratch> OpenStore(const Store& store, const std::vector<Migration>& migrations, StoreLimits limits = {}) {
  if (!store.postgres.has_value()) {
    return Scratch::OpenSqlite(migrations,
                               {.readers_max = limits.readers_max, .wait_ms_max = limits.wait_ms_max, .durable = false})
        .value();
  }
  PostgresOptions options = *store.postgres;
  options.readers_max = limits.readers_max;
  options.wait_ms_max = limits.wait_ms_max;
  return Scratch::OpenPostgres(migrations, options).value();
}

}  // namespace yukuai::storage
