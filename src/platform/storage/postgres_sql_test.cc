// SPDX-License-Identifier: Apache-2.0
// What of PostgreSQL can be tested without a server: texts, values, codes.
#include "platform/storage/postgres_sql.h"

#include <gtest/gtest.h>

#include "platform/storage/postgres_connection.h"
#include "platform/storage/postgres_values.h"

namespace yukuai::storage {
namespace {

TEST(PostgresSql, NumbersThePlaceholders) {
  struct Case {
    const char* portable;
    const char* text;
    size_t parameters;
  };
  for (const Case& c :
       {Case{"SELECT 1", "SELECT 1", 0},
        Case{"SELECT id FROM t WHERE a = ? AND b < ?", "SELECT id FROM t WHERE a = $1 AND b < $2", 2},
        Case{"VALUES (?, ?, ?), (?, ?, ?)", "VALUES ($1, $2, $3), ($4, $5, $6)", 6},
        Case{"a = '?' AND b = ?", "a = '?' AND b = $1", 1}, Case{"a = 'it''s ?' AND b = ?", "a = 'it''s ?' AND b = $1", 1},
        Case{"\"odd?\" = ?", "\"odd?\" = $1", 1}, Case{"a = ? -- really?\nAND b = ?", "a = $1 -- really?\nAND b = $2", 2},
        Case{"a /* ? */ = ? -- ?", "a /* ? */ = $1 -- ?", 1}, Case{"a - ? / ?", "a - $1 / $2", 2},
        Case{"unfinished '?", "unfinished '?", 0}, Case{"unfinished /* ?", "unfinished /* ?", 0}}) {
    const PostgresStatement statement = ToPostgresStatement(c.portable);
    EXPECT_EQ(statement.text, c.text);
    EXPECT_EQ(statement.parameters, c.parameters) << c.portable;
  }
}

TEST(PostgresSql, TranslatesTheTypesOfSchemaFiles) {
  EXPECT_EQ(ToPostgresSchema("CREATE TABLE t (a BLOB NOT NULL, b TEXT, c BIGINT); -- no BLOB, no TEXT here\n"),
            "CREATE TABLE t (a BYTEA NOT NULL, b TEXT COLLATE \"C\", c BIGINT); -- no BLOB, no TEXT here\n");
  EXPECT_EQ(ToPostgresSchema("INSERT INTO t (a_TEXT, BLOBS) VALUES ('a TEXT', 'BLOB')"),
            "INSERT INTO t (a_TEXT, BLOBS) VALUES ('a TEXT', 'BLOB')");
}

TEST(PostgresValues, ReadsWholeNumbersOfEveryWidth) {
  const auto number = [](unsigned type, const char* hex) { return FromPostgres(type, *FromHex(hex))->Int(); };
  EXPECT_EQ(number(16, "01"), 1);
  EXPECT_EQ(number(21, "8000"), -32768);
  EXPECT_EQ(number(23, "80000000"), INT32_MIN);
  EXPECT_EQ(number(20, "8000000000000000"), INT64_MIN);
  struct Case {
    const char* hex;
    std::optional<int64_t> value;
  };
  for (const Case& c :
       {Case{"0000000000000000", 0}, Case{"000200010000000004d2162e", 12345678}, Case{"000200014000000004d2162e", -12345678},
        Case{"00010001000000000001", 10000},             // The zeros of its end are not sent.
        Case{"000100000000000104d2", std::nullopt},      // One digit behind the point.
        Case{"000100000000c00004d2", std::nullopt},      // Another scale.
        Case{"00000000c0000000", std::nullopt},          // Not a number.
        Case{"000200000000000004d2162e", std::nullopt},  // A fraction that the scale denies.
        Case{"00010005000000000001", std::nullopt}}) {   // 10^20.
    const auto bytes = FromHex(c.hex);
    const auto value = FromPostgres(1700, *bytes);
    EXPECT_EQ(value.has_value(), c.value.has_value()) << c.hex;
    if (value.has_value() && c.value.has_value()) { EXPECT_EQ(value->Int(), *c.value); }
  }
  EXPECT_FALSE(FromPostgres(701, *FromHex("3ff0000000000000")).has_value());  // A floating number.
}

TEST(PostgresErrors, MapsTheStatesOfStatements) {
  struct Case {
    const char* state;
    Reason reason;
    bool conflict;
    bool loss;
  };
  for (const Case& c : {Case{"40001", kStorageBusy, true, false},         Case{"40P01", kStorageBusy, true, false},
                        Case{"55P03", kStorageBusy, true, false},         Case{"57014", kStorageBusy, false, false},
                        Case{"57P01", kStorageUnavailable, false, true},  Case{"57P02", kStorageUnavailable, false, true},
                        Case{"57P03", kStorageUnavailable, false, true},  Case{"57P05", kStorageUnavailable, false, true},
                        Case{"25P03", kStorageUnavailable, false, true},  Case{"08000", kStorageUnavailable, false, true},
                        Case{"08006", kStorageUnavailable, false, true},  Case{"23505", kUniqueViolation, false, false},
                        Case{"23502", kStorageDefect, false, false},      Case{"23503", kStorageDefect, false, false},
                        Case{"23514", kStorageDefect, false, false},      Case{"53100", kStorageFull, false, false},
                        Case{"53200", kStorageUnavailable, false, false}, Case{"53300", kStorageUnavailable, false, false},
                        Case{"58030", kStorageUnavailable, false, false}, Case{"58P01", kStorageCorrupt, false, false},
                        Case{"XX001", kStorageCorrupt, false, false},     Case{"XX002", kStorageCorrupt, false, false},
                        Case{"28P01", kStorageUnavailable, false, false}, Case{"3D000", kStorageUnavailable, false, false},
                        Case{"25006", kStorageUnavailable, false, false}, Case{"42P01", kStorageDefect, false, false},
                        Case{"42601", kStorageDefect, false, false},      Case{"22003", kStorageDefect, false, false},
                        Case{"25P02", kStorageDefect, false, false},      Case{"XX000", kStorageDefect, false, false}}) {
    EXPECT_EQ(ReasonOfState(c.state), c.reason) << c.state;
    EXPECT_EQ(IsConflictState(c.state), c.conflict) << c.state;
    EXPECT_EQ(IsLossState(c.state), c.loss) << c.state;
  }
}

TEST(PostgresErrors, ACommitsErrorIsCertainOnlyWhenItComesBeforeTheDecision) {
  EXPECT_EQ(ReasonOfCommitState("40001", "ERROR"), kStorageBusy);
  EXPECT_EQ(ReasonOfCommitState("40P01", "ERROR"), kStorageBusy);
  EXPECT_EQ(ReasonOfCommitState("23505", "ERROR"), kUniqueViolation);
  EXPECT_EQ(ReasonOfCommitState("23514", "ERROR"), kStorageDefect);
  EXPECT_EQ(ReasonOfCommitState("25P03", "FATAL"), kStorageUnavailable);
  for (const char* state : {"57P01", "57014", "58030", "53100", "08006", "40003", "08007", "XX000", ""}) {
    EXPECT_EQ(ReasonOfCommitState(state, "ERROR"), kStorageOutcomeUnknown) << state;
    EXPECT_EQ(ReasonOfCommitState(state, "FATAL"), kStorageOutcomeUnknown) << state;
  }
  EXPECT_EQ(ReasonOfCommitState("40001", "FATAL"), kStorageOutcomeUnknown);
}

}  // namespace
}  // namespace yukuai::storage
