// SPDX-License-Identifier: Apache-2.0
// What is the same for every engine: values, and the small statements built on the two that engines offer.
#include "platform/storage/storage.h"

#include "base/result/check.h"
#include "platform/storage/engine_transaction.h"

namespace yukuai::storage {

int64_t Value::Int() const {
  YUKUAI_CHECK(std::holds_alternative<int64_t>(v_));
  return std::get<int64_t>(v_);
}

const std::string& Value::Text() const {
  YUKUAI_CHECK(std::holds_alternative<std::string>(v_));
  return std::get<std::string>(v_);
}

const Bytes& Value::Blob() const {
  YUKUAI_CHECK(std::holds_alternative<Bytes>(v_));
  return std::get<Bytes>(v_);
}

Result<std::optional<Row>> Reader::QueryOne(const Sql& sql, const Parameters& parameters) {
  YUKUAI_ASSIGN(std::vector<Row> rows, Query(sql, parameters));
  if (rows.empty()) return std::optional<Row>();
  if (rows.size() > 1) return Fault(kStorageDefect, std::string(sql.name) + ": more than one row");
  return std::optional<Row>(std::move(rows[0]));
}

Result<void> CheckTexts(const Sql& sql, const Parameters& parameters, bool stored) {
  for (const Value& value : parameters) {
    const auto* text = std::get_if<std::string>(&value.variant());
    if (text == nullptr) continue;
    if (stored && text->empty()) return Fault(kStorageDefect, std::string(sql.name) + ": empty text");
    if (text->find('\0') != std::string::npos || !IsUtf8(*text))
      return Fault(kStorageDefect, std::string(sql.name) + ": no text");
  }
  return {};
}

Result<bool> Transaction::InsertIfAbsent(const Sql& sql, const Parameters& parameters) {
  const std::string text = std::string(sql.text) + " ON CONFLICT DO NOTHING";
  YUKUAI_ASSIGN(const int64_t rows, Execute({sql.name, text}, parameters));
  return rows > 0;
}

}  // namespace yukuai::storage
