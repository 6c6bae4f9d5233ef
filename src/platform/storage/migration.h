// SPDX-License-Identifier: Apache-2.0
// One numbered schema file, embedded by the build: name "0003_ledger", its SQL text. Names sort in the order of running; a
// landed file is never edited, which Migrate checks by SM3 of the text.
#pragma once

#include <string>
#include <vector>

namespace yukuai::storage {

struct Migration {
  std::string name;
  std::string sql;
};

}  // namespace yukuai::storage
