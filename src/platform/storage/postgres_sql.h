// SPDX-License-Identifier: Apache-2.0
// From portable SQL to PostgreSQL's: placeholders of statements, types of schema files. Pure text; internal to this module.
#pragma once

#include <string>
#include <string_view>

namespace yukuai::storage {

struct PostgresStatement {
  std::string text;       // With $1, $2, … for the placeholders.
  size_t parameters = 0;  // How many there are.
};
// "WHERE id = ? AND name = '?'" -> "WHERE id = $1 AND name = '?'". Quoted texts, quoted names and comments stay as they are.
PostgresStatement ToPostgresStatement(std::string_view portable);

// BLOB -> BYTEA. TEXT -> TEXT COLLATE "C": texts are compared by their bytes as SQLite does it, and an index does not depend on
// the system's collation, which changes with its updates.
std::string ToPostgresSchema(std::string_view portable);

}  // namespace yukuai::storage
