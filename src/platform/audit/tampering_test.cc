// SPDX-License-Identifier: Apache-2.0
// Somebody with write access to the database: what VerifyAll finds, and what the person finds without asking the operator.
#include <gtest/gtest.h>

#include "platform/audit/audit.h"
#include "platform/storage/scratch.h"

namespace yukuai::audit {
namespace {

using storage::Transaction;

constexpr Instant kStart = Instant::FromSeconds(1'772'323'200);

class TamperingTest : public testing::Test {
 protected:
  TamperingTest() : keys_{audit_proof::MapSecret(ByteArray<32>{7}), sm2::PrivateKey::Generate(entropy_)}, log_(keys_, entropy_) {
    wang_ = PersonId::Make(kStart, 5, entropy_);
    li_ = PersonId::Make(kStart, 5, entropy_);
  }
  void SetUp() override { Fill({"a", "b", "c", "d"}); }

  // A city from nothing: positions 0, 2, 4, 6 of shard 5 are Wang's entries, 1, 3, 5, 7 Li's; 8 and 9 are not sealed. Root 1
  // holds the first two.
  void Fill(const std::vector<std::string>& of_wang) {
    scratch_ = storage::Scratch::OpenSqlite(kSchema).value();  // The hand that tampers writes SQLite's dialect.
    const auto done = scratch_->database().Transact([&](Transaction& transaction) -> Result<void> {
      for (const std::string& details : of_wang) {
        YUKUAI_TRY(log_.Append(transaction, {wang_, "ride_charged", "system", "tram", details}, kStart));
        YUKUAI_TRY(log_.Append(transaction, {li_, "ride_charged", "system", "tram", "{}"}, kStart));
        if (&details == &of_wang.front()) YUKUAI_TRY(log_.Seal(transaction, kStart));
      }
      YUKUAI_TRY(log_.Seal(transaction, kStart.PlusSeconds(60)));
      YUKUAI_TRY(log_.Append(transaction, {wang_, "ride_charged", "system", "tram", "later"}, kStart));
      YUKUAI_TRY(log_.Append(transaction, {li_, "ride_charged", "system", "tram", "later"}, kStart));
      return {};
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
    ASSERT_TRUE(log_.VerifyAll(*Read()).ok());
  }
  std::unique_ptr<storage::Reader> Read() { return scratch_->database().Read().value(); }

  void Change(std::string_view sql) {
    const auto done = scratch_->database().Transact([&](Transaction& transaction) -> Result<void> {
      YUKUAI_ASSIGN(const int64_t changed, transaction.Execute({"tamper", sql}, {}));
      EXPECT_GT(changed, 0) << sql;
      return {};
    });
    ASSERT_TRUE(done.ok()) << sql << ": " << done.error().detail;
  }
  std::string WangFinds(const std::optional<audit_proof::Remembered>& remembered = std::nullopt) {
    const auto bundle = log_.Bundle(*Read(), wang_);
    if (!bundle.ok()) return std::string(bundle.error().reason.slug);
    const auto reason = audit_proof::Judge(*bundle, log_.public_key(), remembered).reason();
    return reason ? std::string(reason->slug) : "held";
  }

  SeededEntropy entropy_{20260301};
  Keys keys_;
  Log log_;
  std::unique_ptr<storage::Scratch> scratch_;
  PersonId wang_;
  PersonId li_;
};

TEST_F(TamperingTest, VerifyAllFindsEveryChangeOfEveryTable) {
  const char* const changes[] = {
      "DELETE FROM audit_entry WHERE position = 0",
      "DELETE FROM audit_entry WHERE position = 4",
      "DELETE FROM audit_entry WHERE position = 9",
      "DELETE FROM audit_entry",
      "UPDATE audit_entry SET position = position + 1 WHERE position = 9",
      "UPDATE audit_entry SET content = substr(content, 1, 100) WHERE position = 2",
      "UPDATE audit_entry SET content = CAST(content || x'00' AS BLOB) WHERE position = 2",
      "UPDATE audit_entry SET content = (SELECT content FROM audit_entry WHERE position = 4) WHERE position = 2",
      "UPDATE audit_entry SET salt = zeroblob(16) WHERE position = 8",
      "UPDATE audit_entry SET commitment = zeroblob(32) WHERE position = 8",
      "UPDATE audit_entry SET subject = zeroblob(32) WHERE position = 8",
      "UPDATE audit_entry SET sequence = 9 WHERE position = 8",
      "UPDATE audit_entry SET shard = 6",
      "UPDATE audit_node SET hash = zeroblob(32) WHERE level = 1 AND position = 0",
      "DELETE FROM audit_node WHERE level = 3",
      "INSERT INTO audit_node (shard, level, position, hash) VALUES (5, 4, 0, zeroblob(32))",
      "UPDATE audit_shard SET size = 9",
      "UPDATE audit_shard SET size = 12",
      "UPDATE audit_shard SET peaks = zeroblob(64)",
      "DELETE FROM audit_shard",
      "UPDATE audit_map_leaf SET entry_count = 3",
      "UPDATE audit_map_leaf SET head = zeroblob(32)",
      "UPDATE audit_map_leaf SET blind = zeroblob(16)",
      "UPDATE audit_map_leaf SET root_number = 0",
      "UPDATE audit_map_leaf SET root_number = 3",
      "UPDATE audit_map_leaf SET shard = 6",
      "DELETE FROM audit_map_leaf",
      "INSERT INTO audit_map_leaf (shard, subject, entry_count, head, blind, root_number) VALUES (6, zeroblob(32), 1, "
      "zeroblob(32), "
      "zeroblob(16), 1)",
      "UPDATE audit_head SET size = 6",
      "UPDATE audit_head SET size = 10",
      "UPDATE audit_head SET size = 11",
      "UPDATE audit_head SET log_root = zeroblob(32)",
      "UPDATE audit_head SET map_root = zeroblob(32)",
      "UPDATE audit_head SET shard = 6",
      "DELETE FROM audit_head",
      "INSERT INTO audit_head (shard, size, log_root, map_root) VALUES (6, 0, zeroblob(32), zeroblob(32))",
      "DELETE FROM audit_root WHERE root_number = 1",
      "DELETE FROM audit_root WHERE root_number = 2",
      "DELETE FROM audit_root",
      "UPDATE audit_root SET shard = 1 WHERE root_number = 1",
      "UPDATE audit_root SET signed_root = zeroblob(148) WHERE root_number = 1",
      "UPDATE audit_root SET signed_root = (SELECT signed_root FROM audit_root WHERE root_number = 1) WHERE root_number = 2",
      "UPDATE audit_root SET signed_root = CAST(substr(signed_root, 1, 84) || zeroblob(64) AS BLOB) WHERE root_number = 1",
  };
  for (const char* change : changes) {
    Fill({"a", "b", "c", "d"});
    Change(change);
    const auto verified = log_.VerifyAll(*Read());
    ASSERT_FALSE(verified.ok()) << change;
    EXPECT_EQ(verified.error().reason, kAuditInconsistent) << change;
    EXPECT_FALSE(verified.error().detail.empty());
  }
}

TEST_F(TamperingTest, AnotherKeysLogIsNotConsistent) {
  const Log other({keys_.map, sm2::PrivateKey::Generate(entropy_)}, entropy_);
  EXPECT_EQ(other.VerifyAll(*Read()).error().detail, "root 1 is not signed");
}

TEST_F(TamperingTest, ThePersonFindsADeletedEntry) {
  const auto remembered = audit_proof::ToRemember(*log_.Bundle(*Read(), wang_));
  EXPECT_EQ(WangFinds(remembered), "held");
  for (const char* position : {"0", "2", "6"}) {  // First, middle, last.
    Fill({"a", "b", "c", "d"});
    Change("DELETE FROM audit_entry WHERE position = " + std::string(position));
    // Deleting may take a leaf that other proofs need as well: then there is no bundle at all.
    const std::string found = WangFinds();
    EXPECT_TRUE(found == "entry_missing" || found == "audit_inconsistent") << found;
  }
}

TEST_F(TamperingTest, AnEntryHiddenUnderAnotherSubjectIsMissing) {
  Change("UPDATE audit_entry SET subject = zeroblob(32) WHERE position = 2");
  EXPECT_EQ(WangFinds(), "entry_missing");
}

TEST_F(TamperingTest, ChangedTablesMakeNoValidBundle) {
  const struct {
    const char* change;
    const char* found;
  } rows[] = {
      {"UPDATE audit_entry SET salt = zeroblob(16) WHERE position = 2", "entry_chain"},
      {"UPDATE audit_node SET hash = zeroblob(32) WHERE level = 2", "entry_inclusion"},
      {"UPDATE audit_node SET level = 9 WHERE level = 2", "audit_inconsistent"},
      {"UPDATE audit_map_leaf SET blind = zeroblob(16)", "map_proof"},
      {"DELETE FROM audit_map_leaf", "map_proof"},
      {"UPDATE audit_head SET log_root = zeroblob(32)", "shard_inclusion"},
      {"DELETE FROM audit_head", "audit_inconsistent"},
      {"UPDATE audit_root SET signed_root = CAST(substr(signed_root, 1, 147) || x'00' AS BLOB)", "root_signature"},
      {"UPDATE audit_root SET signed_root = zeroblob(3)", "audit_inconsistent"},
      {"UPDATE audit_map_leaf SET entry_count = 65537", "audit_bundle_too_large"},
  };
  for (const auto& row : rows) {
    Fill({"a", "b", "c", "d"});
    Change(row.change);
    EXPECT_EQ(WangFinds(), row.found) << row.change;
  }
}

TEST_F(TamperingTest, ARewrittenCityIsPerfectWithoutMemoryAndFoundWithIt) {
  const auto remembered = audit_proof::ToRemember(*log_.Bundle(*Read(), wang_));
  Fill({"a", "c", "d"});
  EXPECT_EQ(WangFinds(), "held");
  EXPECT_EQ(WangFinds(remembered), "remembered_count");
  Fill({"a", "c", "d", "e"});
  EXPECT_EQ(WangFinds(), "held");
  EXPECT_EQ(WangFinds(remembered), "remembered_head");
}

TEST_F(TamperingTest, ASealOnBrokenTablesIsRefused) {
  for (const char* change : {"UPDATE audit_shard SET size = 3, peaks = zeroblob(64)",
                             "UPDATE audit_shard SET peaks = zeroblob(31)", "DELETE FROM audit_entry WHERE position >= 8"}) {
    Fill({"a", "b", "c", "d"});
    Change(change);
    EXPECT_EQ(log_.SealDurably(scratch_->database(), kStart).error().reason, kAuditInconsistent) << change;
  }
}

}  // namespace
}  // namespace yukuai::audit
