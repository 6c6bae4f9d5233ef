// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/postgres_sql.h"

namespace yukuai::storage {
namespace {

bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Where what begins at `at` and is no word of SQL ends: a quoted text or name, or a comment. `at` itself when it is none.
size_t EndOfQuoted(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == '\'' || c == '"') {
    // A doubled quote is read as the end of one and the beginning of the next, which comes to the same.
    const size_t end = text.find(c, at + 1);
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  if (text.substr(at, 2) == "--") {
    const size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  if (text.substr(at, 2) == "/*") {
    const size_t end = text.find("*/", at + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  return at;
}

}  // namespace

PostgresStatement ToPostgresStatement(std::string_view portable) {
  PostgresStatement statement;
  statement.text.reserve(portable.size() + 32);
  for (size_t at = 0; at < portable.size();) {
    const size_t end = EndOfQuoted(portable, at);
    if (end > at) {
      statement.text += portable.substr(at, end - at);
      at = end;
    } else if (portable[at] == '?') {
      statement.text += '$';
      statement.text += std::to_string(++statement.parameters);
      ++at;
    } else {
      statement.text += portable[at++];
    }
  }
  return statement;
}

std::string ToPostgresSchema(std::string_view portable) {
  std::string translated;
  translated.reserve(portable.size() + portable.size() / 8);
  for (size_t at = 0; at < portable.size();) {
    size_t end = EndOfQuoted(portable, at);
    if (end == at && IsWord(portable[at])) {
      while (end < portable.size() && IsWord(portable[end])) ++end;
      const std::string_view word = portable.substr(at, end - at);
      if (word == "BLOB") {
        translated += "BYTEA";
      } else if (word == "TEXT") {
        translated += "TEXT COLLATE \"C\"";
      } else {
        translated += word;
      }
    } else {
      if (end == at) ++end;
      translated += portable.substr(at, end - at);
    }
    at = end;
  }
  return translated;
}

}  // namespace yukuai::storage
