// SPDX-License-Identifier: Apache-2.0
// What the register of persons promises: one document is one person, nothing personal lies in the open, history stays
// answerable, freezes are counted.
#include "registers/persons/persons.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/sm3/sm3.h"
#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"

namespace yukuai::persons {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");

identifiers::Document DocumentOf(int sequence) {
  return identifiers::Document(identifiers::CitizenId::Make("500103", {1987, 6, 15}, sequence));
}
Name NameOf(std::string_view text) { return *Name::Parse(text); }

class Persons : public ::testing::Test {
 protected:
  void SetUp() override {
    auto scratch = storage::Scratch::Open(kSchema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
    entropy_.Fill(keys_.blind_index.ExposeMutable());
    entropy_.Fill(keys_.data.ExposeMutable());
    persons_.emplace(keys_, entropy_);
  }
  template <typename Work>
  auto Write(Work work) {
    decltype(work(std::declval<storage::Transaction&>())) answer = Fault(storage::kStorageDefect);
    const auto done = scratch_->database().Transact([&](storage::Transaction& transaction) -> Result<void> {
      answer = work(transaction);
      if (!answer) return Fault(answer.error());
      return {};
    });
    EXPECT_EQ(done.ok(), answer.ok());
    return answer;
  }
  Created Create(int sequence, std::string_view name = "欧阳修", Concession concession = Concession::kOrdinary,
                 Instant now = kNow) {
    return *Write([&](auto& t) { return persons_->Create(t, {DocumentOf(sequence), NameOf(name), concession, "counter"}, now); });
  }
  std::unique_ptr<storage::Reader> Read() { return *scratch_->database().Read(); }

  SeededEntropy entropy_{20260301};
  std::unique_ptr<storage::Scratch> scratch_;
  Keys keys_;
  std::optional<Register> persons_;
};

TEST_F(Persons, AreFoundByDocumentIdAndIndex) {
  const Created created = Create(1, "买买提·艾力", Concession::kSenior);
  EXPECT_TRUE(created.is_new);
  const auto reader = Read();
  const Person by_document = *persons_->LoadByDocument(*reader, DocumentOf(1), kNow);
  EXPECT_EQ(by_document.id, created.id);
  EXPECT_EQ(by_document.index, created.index);
  EXPECT_EQ(by_document.name.text(), "买买提·艾力");
  EXPECT_EQ(by_document.birth_date, (CivilDate{1987, 6, 15}));
  EXPECT_EQ(by_document.concession, Concession::kSenior);
  EXPECT_EQ(by_document.created_at, kNow);
  EXPECT_FALSE(by_document.frozen());
  EXPECT_EQ(persons_->Load(*reader, created.id, kNow)->index, created.index);
  EXPECT_EQ(persons_->LoadByIndex(*reader, created.index, kNow)->id, created.id);
  EXPECT_EQ(*persons_->RevealDocument(*reader, created.id, kNow), DocumentOf(1));
}

TEST_F(Persons, UnknownOnesAreUnknownHoweverAskedFor) {
  const auto reader = Read();
  const PersonId nobody = PersonId::Make(kNow, 5, entropy_);
  EXPECT_EQ(persons_->Load(*reader, nobody, kNow).error().reason, kPersonUnknown);
  EXPECT_EQ(persons_->LoadByIndex(*reader, {1 << 10 | 5}, kNow).error().reason, kPersonUnknown);
  EXPECT_EQ(persons_->LoadByDocument(*reader, DocumentOf(1), kNow).error().reason, kPersonUnknown);
  EXPECT_EQ(persons_->RevealDocument(*reader, nobody, kNow).error().reason, kPersonUnknown);
  EXPECT_EQ(*persons_->FindId(*reader, DocumentOf(1)), std::nullopt);
  EXPECT_EQ(Write([&](auto& t) { return persons_->Freeze(t, nobody, kNow); }).error().reason, kPersonUnknown);
  EXPECT_EQ(Write([&](auto& t) { return persons_->RecordName(t, nobody, NameOf("李"), "counter", kNow, kNow); }).error().reason,
            kPersonUnknown);
}

TEST_F(Persons, CreatingAgainGivesTheSamePersonAndChangesNothing) {
  const Created first = Create(1, "张三");
  const Created again = Create(1, "李四", Concession::kStudent, kNow.PlusSeconds(60));
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.index, first.index);
  const Person person = *persons_->Load(*Read(), first.id, kNow.PlusSeconds(120));
  EXPECT_EQ(person.name.text(), "张三");
  EXPECT_EQ(person.concession, Concession::kOrdinary);
  EXPECT_EQ(person.created_at, kNow);
}

TEST_F(Persons, ACreationCutOffAtAnyStatementIsTakenUpAgain) {
  storage::FaultyDatabase faulty(scratch_->database());
  const NewPerson person{DocumentOf(1), NameOf("张三"), Concession::kOrdinary, "counter"};
  for (int statement = 1;; ++statement) {
    ASSERT_LT(statement, 50);
    faulty.Plan({.statement = statement});
    const auto done = faulty.Transact([&](storage::Transaction& t) -> Result<void> {
      auto created = persons_->Create(t, person, kNow);
      if (!created) return std::move(created).error();
      return {};
    });
    if (done.ok()) {
      EXPECT_FALSE(faulty.struck());
      break;
    }
    EXPECT_EQ(persons_->LoadByDocument(*Read(), DocumentOf(1), kNow).error().reason, kPersonUnknown);
  }
  EXPECT_TRUE(persons_->LoadByDocument(*Read(), DocumentOf(1), kNow).ok());
}

TEST_F(Persons, AClaimWithoutAPersonIsTakenUpUnderTheClaimedId) {
  const ByteArray<32> hash = persons_->BlindIndex(DocumentOf(1));
  const auto shard = static_cast<Shard>((hash[30] << 8 | hash[31]) & 1023);
  const PersonId claimed = PersonId::Make(kNow, shard, entropy_);
  constexpr storage::Sql kClaim{"test_claim",
                                "INSERT INTO person_claim (shard, id_hash, person_id, claimed_at) VALUES (?, ?, ?, ?)"};
  ASSERT_TRUE(Write([&](auto& t) { return t.Execute(kClaim, {int64_t{shard}, hash, claimed, kNow}); }).ok());
  const Created created = Create(1);
  EXPECT_TRUE(created.is_new);
  EXPECT_EQ(created.id, claimed);
}

TEST_F(Persons, ShardIsTheLowBitsOfTheBlindIndexAndNumbersAreDense) {
  std::map<Shard, uint64_t> last;
  for (int sequence = 0; sequence < 300; ++sequence) {
    const Created created = Create(sequence);
    const ByteArray<32> hash = persons_->BlindIndex(DocumentOf(sequence));
    const auto shard = static_cast<Shard>((hash[30] << 8 | hash[31]) & 1023);
    EXPECT_EQ(created.id.shard(), shard);
    EXPECT_EQ(created.index.shard(), shard);
    EXPECT_EQ(created.index.value >> 10, ++last[shard]);
  }
}

TEST_F(Persons, BlindIndexIsKeyedAndNeverThePlainHash) {
  std::set<ByteArray<32>> seen;
  for (int sequence = 0; sequence < 100; ++sequence) {
    const auto document = DocumentOf(sequence);
    const ByteArray<32> index = persons_->BlindIndex(document);
    const Bytes kind_and_number = ByteWriter().U8(1).AppendText(document.number()).Finish();
    EXPECT_NE(index, sm3::Hash(AsBytes(document.number())));
    EXPECT_NE(index, sm3::Hash(kind_and_number));
    EXPECT_TRUE(seen.insert(index).second);
  }
  Keys others = keys_;
  others.blind_index.ExposeMutable()[0] ^= 1;
  EXPECT_NE(Register(others, entropy_).BlindIndex(DocumentOf(1)), persons_->BlindIndex(DocumentOf(1)));
}

TEST_F(Persons, NothingPersonalLiesInTheDatabaseFile) {
  const std::string name = "司马相如甲乙丙";
  Create(7, name);
  const Bytes everything = scratch_->Everything().value();
  const std::string_view content = AsText(everything);
  ASSERT_GT(content.size(), 300u);
  EXPECT_NE(content.find("counter"), std::string_view::npos) << "The scan sees what lies in the open";
  for (const std::string& plain :
       {name, DocumentOf(7).number(), DocumentOf(7).number().substr(6, 8), std::string("1987-06-15")}) {
    EXPECT_EQ(content.find(plain), std::string_view::npos) << plain;
  }
}

TEST_F(Persons, ABoxMovedToAnotherPersonDoesNotOpen) {
  const Created first = Create(1, "张三");
  const Created second = Create(2, "李四");
  constexpr storage::Sql kBox{"test_box",
                              "SELECT value_box FROM person_attribute WHERE shard = ? AND person_id = ? AND attribute = 1"};
  constexpr storage::Sql kMove{"test_move",
                               "UPDATE person_attribute SET value_box = ? WHERE shard = ? AND person_id = ? AND attribute = 1"};
  const Bytes box = (*Read()->Query(kBox, {int64_t{first.id.shard()}, first.id}))[0][0].Blob();
  ASSERT_TRUE(Write([&](auto& t) { return t.Execute(kMove, {box, int64_t{second.id.shard()}, second.id}); }).ok());
  const auto moved = persons_->Load(*Read(), second.id, kNow);
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().reason, kPersonUnreadable);
}

TEST_F(Persons, AnotherDataKeyReadsNobodyAndSaysNothing) {
  const Created created = Create(1, "张三");
  Keys others = keys_;
  others.data.ExposeMutable()[31] ^= 1;
  const Register stranger(others, entropy_);
  const auto reader = Read();
  for (const Fault& fault :
       {stranger.Load(*reader, created.id, kNow).error(), stranger.RevealDocument(*reader, created.id, kNow).error()}) {
    EXPECT_EQ(fault.reason, kPersonUnreadable);
    EXPECT_EQ(fault.detail.find("张三"), std::string::npos);
    EXPECT_EQ(fault.detail.find(DocumentOf(1).number()), std::string::npos);
  }
}

TEST_F(Persons, AttributesAnswerWhatWasKnownWhen) {
  const Created created = Create(1, "张三", Concession::kStudent);
  const Instant later = kNow.PlusSeconds(1000);
  const Instant last = kNow.PlusSeconds(2000);
  // Recorded at `last`: the name had been another one since `later`.
  ASSERT_TRUE(Write([&](auto& t) { return persons_->RecordName(t, created.id, NameOf("张山"), "registry", later, last); }).ok());
  ASSERT_TRUE(Write([&](auto& t) {
                return persons_->RecordConcession(t, created.id, Concession::kOrdinary, "school", later, later);
              }).ok());
  const auto reader = Read();
  const auto name_at = [&](Instant valid, Instant known) {
    return persons_->NameAt(*reader, created.id, valid, known)->name.text();
  };
  EXPECT_EQ(name_at(later, later), "张三");
  EXPECT_EQ(name_at(later, last), "张山");
  EXPECT_EQ(name_at({later.us - 1}, last), "张三");
  EXPECT_EQ(persons_->NameAt(*reader, created.id, last, last)->source, "registry");
  EXPECT_EQ(persons_->ConcessionAt(*reader, created.id, {later.us - 1}, last)->concession, Concession::kStudent);
  EXPECT_EQ(persons_->ConcessionAt(*reader, created.id, later, later)->concession, Concession::kOrdinary);
  EXPECT_EQ(persons_->Load(*reader, created.id, last)->name.text(), "张山");
}

TEST_F(Persons, AGapLeavesOutWhatMayHaveBeenGivenOut) {
  const Created before = Create(1);
  ASSERT_TRUE(Write([&](auto& t) { return persons_->Freeze(t, before.id, kNow); }).ok());
  const uint64_t version = *persons_->FreezeVersion(*Read());
  for (int times = 0; times < 2; ++times) {
    const auto gap = scratch_->database().Transact([&](auto& t) { return LeaveGap(t); });
    ASSERT_TRUE(gap.ok()) << gap.error().detail;
  }
  EXPECT_EQ(*persons_->FreezeVersion(*Read()), version + 2'000'000);
  EXPECT_EQ(persons_->LoadByIndex(*Read(), before.index, kNow)->id, before.id) << "who is there keeps the number";
  // Whichever shard the next ones fall into: also one that had nobody.
  for (int sequence = 2; sequence < 12; ++sequence) EXPECT_GT(Create(sequence).index.value >> 10, 2048u);
}

TEST_F(Persons, EveryFreezeAndUnfreezeRaisesTheVersionOnce) {
  const Created first = Create(1);
  const Created second = Create(2);
  EXPECT_EQ(*persons_->FreezeVersion(*Read()), 1u);
  EXPECT_TRUE(*Write([&](auto& t) { return persons_->Freeze(t, first.id, kNow); }));
  EXPECT_FALSE(*Write([&](auto& t) { return persons_->Freeze(t, first.id, kNow.PlusSeconds(9)); }));
  EXPECT_EQ(*persons_->FreezeVersion(*Read()), 2u);
  EXPECT_EQ(persons_->Load(*Read(), first.id, kNow)->frozen_since, kNow) << "The first time stays";
  EXPECT_TRUE(*Write([&](auto& t) { return persons_->Freeze(t, second.id, kNow); }));
  EXPECT_EQ(*persons_->FreezeVersion(*Read()), 3u);

  const auto frozen = *persons_->FrozenPersons(*Read());
  ASSERT_EQ(frozen.size(), 2u);
  std::set<PersonIndex> indexes{frozen[0].index, frozen[1].index};
  EXPECT_EQ(indexes, (std::set<PersonIndex>{first.index, second.index}));

  EXPECT_TRUE(*Write([&](auto& t) { return persons_->Unfreeze(t, first.id); }));
  EXPECT_FALSE(*Write([&](auto& t) { return persons_->Unfreeze(t, first.id); }));
  EXPECT_EQ(*persons_->FreezeVersion(*Read()), 4u);
  EXPECT_FALSE(persons_->Load(*Read(), first.id, kNow)->frozen());
  EXPECT_EQ(persons_->FrozenPersons(*Read())->at(0).id, second.id);
}

}  // namespace
}  // namespace yukuai::persons
