// SPDX-License-Identifier: Apache-2.0
// Values on PostgreSQL's wire: parameters out, columns in. Internal to this module.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "platform/storage/storage.h"

namespace yukuai::storage {

// What libpq wants beside a statement. Numbers travel as decimal text, so that the server may take them for whatever integer type
// the column has; texts and bytes travel as they are. The parameters outlive it.
class PostgresParameters {
 public:
  explicit PostgresParameters(const Parameters& parameters);
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }
  int count() const { return static_cast<int>(values_.size()); }

 private:
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::deque<std::string> numbers_;  // Keeps what values_ points to.
};

// A column in the binary format of its type (an object id of pg_type). Nothing for a type that no schema of ours has, and for
// a number that is not whole or exceeds 64 bits.
std::optional<Value> FromPostgres(unsigned type, ByteSpan bytes);

}  // namespace yukuai::storage
