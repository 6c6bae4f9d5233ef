// SPDX-License-Identifier: Apache-2.0
// A database in a fresh folder that vanishes with it: for tests, trials and the simulator. The real engine, without its waits
// for the disk.
#pragma once

#include <filesystem>
#include <memory>

#include "platform/storage/storage.h"

namespace yukuai::storage {

class Scratch {
 public:
  // Migrated with the given schema files. kStorageUnavailable when the folder for temporary files cannot be written.
  static Result<std::unique_ptr<Scratch>> Open(const std::vector<Migration>& migrations = {},
                                               SqliteOptions options = {.durable = false});
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Database& database() { return *database_; }
  std::string path() const { return (folder_ / "scratch.db").string(); }

 private:
  explicit Scratch(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

}  // namespace yukuai::storage
