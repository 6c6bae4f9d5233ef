// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/scratch.h"

#include <stdlib.h>

#include <system_error>

namespace yukuai::storage {

Result<std::unique_ptr<Scratch>> Scratch::Open(const std::vector<Migration>& migrations, SqliteOptions options) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  std::string folder = (parent / "yukuai-scratch-XXXXXX").string();
  if (error || ::mkdtemp(folder.data()) == nullptr) return Fault(kStorageUnavailable, "no folder for a scratch database");
  std::unique_ptr<Scratch> scratch(new Scratch(folder));
  YUKUAI_ASSIGN(scratch->database_, OpenSqlite(scratch->path(), options));
  YUKUAI_TRY(scratch->database_->Migrate(migrations, Instant{}));
  return scratch;
}

Scratch::~Scratch() {
  database_.reset();
  std::error_code error;  // What cannot be removed stays for the system's own cleaning.
  std::filesystem::remove_all(folder_, error);
}

}  // namespace yukuai::storage
