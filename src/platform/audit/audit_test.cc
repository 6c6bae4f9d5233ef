// SPDX-License-Identifier: Apache-2.0
#include "platform/audit/audit.h"

#include <gtest/gtest.h>

#include <map>

#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"

namespace yukuai::audit {
namespace {

using audit_proof::Judge;
using audit_proof::Remembered;
using storage::Transaction;

constexpr uint64_t kSeed = 20260301;
constexpr Instant kStart = Instant::FromSeconds(1'772'323'200);

class AuditTest : public testing::Test {
 protected:
  AuditTest() : keys_{audit_proof::MapSecret(ByteArray<32>{7}), sm2::PrivateKey::Generate(entropy_)}, log_(keys_, entropy_) {
    scratch_ = storage::Scratch::Open(kSchema).value();
    for (const Shard shard : {Shard{3}, Shard{3}, Shard{3}, Shard{900}})
      people_.push_back(PersonId::Make(kStart, shard, entropy_));
  }

  storage::Database& database() { return scratch_->database(); }
  std::unique_ptr<storage::Reader> Read() { return database().Read().value(); }

  Entry Of(size_t person, const std::string& details = "{}") {
    return {people_[person], "ride_charged", "system", "tram", details};
  }

  AppendedEntry Append(size_t person, const std::string& details = "{}") {
    AppendedEntry appended;
    now_ = now_.PlusSeconds(1);
    const auto done = database().Transact([&](Transaction& transaction) -> Result<void> {
      YUKUAI_ASSIGN(appended, log_.Append(transaction, Of(person, details), now_));
      return {};
    });
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return appended;
  }
  audit_proof::SignedRoot Seal() {
    now_ = now_.PlusSeconds(60);
    auto root = log_.SealDurably(database(), now_);
    EXPECT_TRUE(root.ok()) << root.error().detail;
    return *root;
  }
  // What a stranger with the key finds in the bundle, as text.
  std::string Verdict(const Log& log, storage::Reader& reader, const PersonId& person,
                      const std::optional<Remembered>& remembered = {}) {
    const auto text = log.BundleJson(reader, person);
    if (!text.ok()) return std::string(text.error().reason.slug);
    const auto bundle = audit_proof::ParseBundle(*text);
    if (!bundle.ok()) return bundle.error().detail;
    const auto reason = Judge(*bundle, log.public_key(), remembered).reason();
    return reason ? std::string(reason->slug) : "held";
  }
  void ExpectAllHolds() {
    const auto reader = Read();
    const auto verified = log_.VerifyAll(*reader);
    EXPECT_TRUE(verified.ok()) << verified.error().detail;
    if (!log_.LatestRoot(*reader).ok()) return;
    for (const PersonId& person : people_) EXPECT_EQ(Verdict(log_, *reader, person), "held");
  }

  SeededEntropy entropy_{kSeed};
  Keys keys_;
  Log log_;
  std::unique_ptr<storage::Scratch> scratch_;
  std::vector<PersonId> people_;
  Instant now_ = kStart;
};

TEST_F(AuditTest, PositionsAndSequencesHaveNoGaps) {
  const struct {
    size_t person;
    Shard shard;
    uint64_t position;
    uint64_t sequence;
  } rows[] = {{0, 3, 0, 1}, {1, 3, 1, 1}, {0, 3, 2, 2}, {3, 900, 0, 1}, {0, 3, 3, 3}, {3, 900, 1, 2}, {1, 3, 4, 2}};
  for (const auto& row : rows) {
    const AppendedEntry appended = Append(row.person);
    EXPECT_EQ(appended.shard, row.shard);
    EXPECT_EQ(appended.position, row.position);
    EXPECT_EQ(appended.sequence, row.sequence);
  }
  ExpectAllHolds();
}

TEST_F(AuditTest, AnEmptyLogIsConsistentAndNotSealed) {
  ExpectAllHolds();
  EXPECT_EQ(Verdict(log_, *Read(), people_[0]), "audit_not_sealed");
  EXPECT_EQ(log_.LatestRoot(*Read()).error().reason, kAuditNotSealed);
  Seal();
  ExpectAllHolds();  // Nobody has entries, and that is proven.
}

TEST_F(AuditTest, RootsChainAndTheirTimeNeverGoesBack) {
  const auto first = Seal();
  EXPECT_EQ(first.root.number, 1u);
  EXPECT_EQ(first.root.previous, sm3::Digest{});
  Append(0);
  const auto second = Seal();
  EXPECT_EQ(second.root.number, 2u);
  EXPECT_EQ(second.root.previous, audit_proof::RootHashOf(first));
  EXPECT_NE(second.root.commitment, first.root.commitment);
  const auto third = log_.SealDurably(database(), kStart);  // The clock was set back.
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(third->root.at, second.root.at);
  EXPECT_EQ(third->root.commitment, second.root.commitment);  // Nothing is new.
  EXPECT_EQ(*log_.LatestRoot(*Read()), *third);
  ExpectAllHolds();
}

TEST_F(AuditTest, BundlesSpeakOfTheLatestRootAndOfNothingLater) {
  Append(0, "a");
  Append(1, "other");
  Seal();
  Append(0, "b");
  Append(2, "first of a newcomer");
  auto reader = Read();
  EXPECT_EQ(log_.Bundle(*reader, people_[0])->count, 1u);
  EXPECT_EQ(log_.Bundle(*reader, people_[2])->count, 0u);
  ExpectAllHolds();
  Seal();
  reader = Read();
  const auto bundle = log_.Bundle(*reader, people_[0]);
  ASSERT_EQ(bundle->count, 2u);
  EXPECT_EQ(bundle->entries[1].decoded.details, "b");
  EXPECT_EQ(log_.Bundle(*reader, people_[2])->count, 1u);
  ExpectAllHolds();
}

TEST_F(AuditTest, ManyOperationsAndSealsInAnyOrderHold) {
  SCOPED_TRACE(kSeed);
  for (int i = 0; i < 20; ++i) people_.push_back(PersonId::Make(kStart, static_cast<Shard>(entropy_.Below(3)), entropy_));
  std::map<PersonId, Remembered> remembered;
  for (int round = 0; round < 12; ++round) {
    for (uint64_t count = entropy_.Below(30); count > 0; --count) Append(entropy_.Below(people_.size()), std::to_string(count));
    Seal();
    ExpectAllHolds();
    const auto reader = Read();
    for (const PersonId& person : people_) {
      const auto known = remembered.find(person);
      EXPECT_EQ(Verdict(log_, *reader, person, known == remembered.end() ? std::nullopt : std::optional(known->second)), "held");
      if (entropy_.Below(3) == 0) remembered[person] = audit_proof::ToRemember(*log_.Bundle(*reader, person));
    }
  }
}

TEST_F(AuditTest, TwoProcessesMaySealInTurns) {
  Log other(keys_, entropy_);
  Append(0);
  Seal();
  ExpectAllHolds();
  Append(1);
  Append(3);
  ASSERT_TRUE(other.SealDurably(database(), now_).ok());
  EXPECT_EQ(Verdict(other, *Read(), people_[1]), "held");
  ExpectAllHolds();  // The first one's maps are a root behind.
  Append(0);
  Seal();
  EXPECT_EQ(Verdict(other, *Read(), people_[0]), "held");
  ExpectAllHolds();
}

TEST_F(AuditTest, AnOlderSnapshotIsAnsweredUnderItsOwnRoot) {
  Append(0);
  Append(1);
  Seal();
  const auto older = Read();
  ASSERT_EQ(log_.LatestRoot(*older)->root.number, 1u);  // The first question fixes the snapshot.
  Append(0);
  Seal();
  ExpectAllHolds();  // Now the maps in memory are those of root 2.
  const auto bundle = log_.Bundle(*older, people_[0]);
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ(bundle->root.root.number, 1u);
  EXPECT_EQ(Verdict(log_, *older, people_[0]), "held");
  EXPECT_EQ(Verdict(log_, *older, people_[2]), "held");
  ExpectAllHolds();
}

TEST_F(AuditTest, RolledBackRootsLeaveNothingInMemory) {
  Append(0);
  Append(1);
  Seal();
  const auto rolled_back = database().Transact([&](Transaction& transaction) -> Result<void> {
    YUKUAI_TRY(log_.Append(transaction, Of(0), now_));
    YUKUAI_TRY(log_.Seal(transaction, now_));
    // The second seal and the bundle read the first one's maps, which nobody will ever see.
    YUKUAI_TRY(log_.Append(transaction, Of(1), now_));
    YUKUAI_TRY(log_.Seal(transaction, now_));
    YUKUAI_TRY(log_.BundleJson(transaction, people_[0]));
    return Fault(storage::kStorageUnavailable);
  });
  ASSERT_FALSE(rolled_back.ok());
  EXPECT_EQ(log_.LatestRoot(*Read())->root.number, 1u);
  ExpectAllHolds();
  Append(0);
  Seal();  // Has the number of a root that was rolled back, with other blinds.
  ExpectAllHolds();
  Append(1);
  Seal();
  ExpectAllHolds();
}

TEST_F(AuditTest, AFaultAtAnyStatementLeavesAllOrNothing) {
  for (int i = 0; i < 5; ++i) Append(0);
  Seal();
  storage::FaultyDatabase faulty(database());
  bool clean = false;
  for (int statement = 1; !clean; ++statement) {
    faulty.Plan({.statement = statement});
    const auto done = faulty.Transact([&](Transaction& transaction) -> Result<void> {
      YUKUAI_TRY(log_.Append(transaction, Of(0), now_));
      YUKUAI_TRY(log_.Append(transaction, Of(2), now_));
      return {};
    });
    clean = done.ok();
    EXPECT_EQ(clean, !faulty.struck());
    ExpectAllHolds();
  }
  clean = false;
  for (int statement = 1; !clean; ++statement) {
    faulty.Plan({.statement = statement});
    clean = log_.SealDurably(faulty, now_).ok();
    EXPECT_EQ(clean, !faulty.struck());
    ExpectAllHolds();
    ASSERT_LT(statement, 100);
  }
  EXPECT_EQ(log_.LatestRoot(*Read())->root.number, 2u);
}

TEST_F(AuditTest, ACommitOfUnknownOutcomeIsFollowedByARoot) {
  storage::FaultyDatabase faulty(database());
  for (const bool lands : {false, true}) {
    Append(0);
    faulty.Plan({.commit = 1, .commit_lands = lands});
    EXPECT_EQ(log_.SealDurably(faulty, now_).error().reason, storage::kStorageOutcomeUnknown);
    ExpectAllHolds();
    Seal();
    ExpectAllHolds();
  }
  EXPECT_EQ(log_.LatestRoot(*Read())->root.number, 3u);
}

TEST_F(AuditTest, AppendsAndSealsThroughTheWriter) {
  ManualClock clock(kStart);
  auto writer = storage::StartWriter(database(), clock, {.owner = "test"}).value();
  for (int i = 0; i < 20; ++i) {
    const size_t person = static_cast<size_t>(i) % people_.size();
    // Every fourth operation fails after its append: the group is run again, one by one.
    const auto done = writer->Run([&](Transaction& transaction) -> Result<void> {
      YUKUAI_TRY(log_.Append(transaction, Of(person), kStart));
      if (i % 4 == 3) return Fault(storage::kStorageFull);
      return {};
    });
    EXPECT_EQ(done.ok(), i % 4 != 3);
  }
  EXPECT_TRUE(log_.SealDurably(*writer, kStart).ok());
  writer.reset();
  ExpectAllHolds();
  EXPECT_EQ(log_.Bundle(*Read(), people_[0])->count, 5u);
  EXPECT_EQ(log_.Bundle(*Read(), people_[3])->count, 0u);
}

TEST_F(AuditTest, HistoryIsNewestFirstInPages) {
  for (int i = 1; i <= 5; ++i) Append(0, std::to_string(i));
  Append(1, "other");
  const auto page = [&](HistoryPage asked) {
    std::string out;
    const auto items = log_.History(*Read(), people_[0], asked);
    EXPECT_TRUE(items.ok());
    for (const HistoryItem& item : *items) out += std::to_string(item.sequence) + item.details + " ";
    return out;
  };
  EXPECT_EQ(page({}), "55 44 33 22 11 ");
  EXPECT_EQ(page({.size = 2}), "55 44 ");
  EXPECT_EQ(page({.before = 4, .size = 2}), "33 22 ");
  EXPECT_EQ(page({.before = 2}), "11 ");
  EXPECT_EQ(page({.before = 1}), "");
  EXPECT_EQ(page({.before = ~0ull, .size = 0}), "55 ");
  const auto items = log_.History(*Read(), people_[0], {.size = 1});
  EXPECT_EQ(items->front().action, "ride_charged");
  EXPECT_EQ(items->front().actor, "system");
  EXPECT_EQ(items->front().scene, "tram");
  EXPECT_EQ(items->front().at, kStart.PlusSeconds(5));
}

TEST_F(AuditTest, AnEntryOutOfBoundsIsRefusedBeforeAnythingIsWritten) {
  const auto refused = [&](auto change) {
    Entry entry = Of(0);
    change(entry);
    return database().Transact([&](Transaction& transaction) -> Result<void> {
      const auto appended = log_.Append(transaction, entry, now_);
      EXPECT_FALSE(appended.ok());
      EXPECT_EQ(appended.error().reason, kAuditEntryInvalid);
      EXPECT_FALSE(transaction.has_written());
      return {};
    });
  };
  EXPECT_TRUE(refused([](Entry& e) { e.action.clear(); }).ok());
  EXPECT_TRUE(refused([](Entry& e) { e.actor.clear(); }).ok());
  EXPECT_TRUE(refused([](Entry& e) { e.scene.assign(81, 'a'); }).ok());
  EXPECT_TRUE(refused([](Entry& e) { e.details.assign(4097, 'a'); }).ok());
  EXPECT_TRUE(refused([](Entry& e) { e.details = "\xFF"; }).ok());
}

TEST_F(AuditTest, AClerkAndATerminalHaveHistoriesOfTheirOwn) {
  const StaffId clerk = StaffId::Make(kStart, 3, entropy_);
  const TerminalId gate = TerminalId::Make(kStart, 900, entropy_);
  Append(0);
  for (const Whose& whose : {Whose(clerk), Whose(gate)}) {
    ASSERT_TRUE(database()
                    .Transact([&](Transaction& transaction) -> Result<void> {
                      YUKUAI_ASSIGN(const auto appended, log_.Append(transaction, {whose, "added", "system", "", ""}, now_));
                      EXPECT_EQ(appended.sequence, 1u);
                      EXPECT_EQ(appended.shard, whose.shard());
                      return {};
                    })
                    .ok());
    EXPECT_EQ(log_.History(*Read(), whose, {})->size(), 1u);
  }
  EXPECT_EQ(log_.History(*Read(), people_[0], {})->size(), 1u);
  Seal();
  const auto reader = Read();
  for (const Whose& whose : {Whose(clerk), Whose(gate)}) EXPECT_EQ(log_.Bundle(*reader, whose)->count, 1u);
  ExpectAllHolds();
}

TEST_F(AuditTest, ActorsNameTheirKind) {
  EXPECT_TRUE(ActorStaff(StaffId()).starts_with("staff:stf_"));
  EXPECT_TRUE(ActorTerminal(TerminalId()).starts_with("terminal:ter_"));
  EXPECT_LE(ActorTerminal(TerminalId()).size(), audit_proof::kActorMax);
}

}  // namespace
}  // namespace yukuai::audit
