// SPDX-License-Identifier: Apache-2.0
// What the register of terminals promises: tokens work once, keys are proven, chains only grow, the spread of a list is seen.
#include "registers/terminals/terminals.h"

#include <gtest/gtest.h>

#include "platform/storage/scratch.h"

namespace yukuai::terminals {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");
const Place kPlace{"rail", "LJK", Directions::kBoth, 1};

class Terminals : public ::testing::Test {
 protected:
  void SetUp() override {
    auto scratch = storage::Scratch::Open(kSchema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
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
  Added AddAt(const Place& place = kPlace) {
    return *Write([&](auto& t) { return Add(t, place, kNow, entropy_); });
  }
  // Nothing when it succeeded, else the reason.
  std::optional<Reason> EnrolWith(const Token& token, const sm2::PrivateKey& key, const sm2::PrivateKey& signer,
                                  Instant at = kNow) {
    const sm2::Signature proof =
        sm2::Sign(signer, AsBytes(sm2::kDefaultId), EnrolmentProofMessage(token.secret, key.public_key().compressed()));
    const Enrolment outcome = *Write([&](auto& t) { return Enrol(t, token, key.public_key(), proof, at); });
    const auto* refusal = std::get_if<Refusal>(&outcome);
    return refusal ? std::optional(refusal->reason) : std::nullopt;
  }
  Terminal Enrolled(const Place& place = kPlace) {
    const Added added = AddAt(place);
    const auto key = sm2::PrivateKey::Generate(entropy_);
    EXPECT_EQ(EnrolWith(added.token, key, key), std::nullopt);
    return *LoadEnrolled(*Read(), added.id);
  }
  std::unique_ptr<storage::Reader> Read() { return *scratch_->database().Read(); }

  SeededEntropy entropy_{11};
  std::unique_ptr<storage::Scratch> scratch_;
};

TEST_F(Terminals, WhatTerminalsForgotIsSummedAsTheyLastSaid) {
  const Terminal first = Enrolled();
  const Terminal second = Enrolled();
  EXPECT_EQ(*CodesForgotten(*Read()), 0);
  for (const auto& [terminal, count, sum] : {std::tuple(first.id, 2, 2), {second.id, 3, 5}, {first.id, 0, 3}}) {
    ASSERT_TRUE(Write([&](auto& t) { return ReportForgotten(t, terminal, static_cast<uint64_t>(count)); }).ok());
    EXPECT_EQ(*CodesForgotten(*Read()), sum);
  }
  const TerminalId unknown = TerminalId::Make(kNow, 1, entropy_);
  EXPECT_EQ(Write([&](auto& t) { return ReportForgotten(t, unknown, 1); }).error().reason, kTerminalUnknown);
}

TEST_F(Terminals, ATokenReadsOnlyWhatItWrites) {
  const Token token = AddAt().token;
  const std::string text = token.Text();
  EXPECT_EQ(text.size(), 4 + 26 + 1 + 26u);
  EXPECT_EQ(Token::Parse(text)->Text(), text);
  std::string shorter = text.substr(0, text.size() - 1);
  std::string padded = text;
  padded.back() = '1';  // The last digit carries three bits of the secret and two that are zero.
  for (const std::string& wrong : {std::string(), std::string("."), token.terminal.Text(), token.terminal.Text() + ".", shorter,
                                   text + "0", padded, "per_" + text.substr(4), text.substr(0, 30) + "_" + text.substr(31)}) {
    const auto parsed = Token::Parse(wrong);
    ASSERT_FALSE(parsed.ok()) << wrong;
    EXPECT_EQ(parsed.error().reason, kTokenMalformed);
    EXPECT_TRUE(parsed.error().detail.empty()) << "A secret never reaches a log";
  }
}

TEST_F(Terminals, PlacesAreNamed) {
  const std::string long_text(65, 'x');
  for (const Place& place : {Place{"", "LJK", Directions::kIn, 1}, Place{"rail", "", Directions::kIn, 1},
                             Place{"rail", long_text, Directions::kIn, 1}, Place{long_text, "LJK", Directions::kIn, 1}}) {
    EXPECT_EQ(Write([&](auto& t) { return Add(t, place, kNow, entropy_); }).error().reason, kTerminalPlaceMalformed);
  }
  EXPECT_TRUE(Write([&](auto& t) { return Add(t, {"rail", long_text.substr(1), Directions::kIn, 1}, kNow, entropy_); }).ok());
}

TEST_F(Terminals, AreUnknownUntilTheirKeyIsProven) {
  const Added added = AddAt({"rail", "LJK", Directions::kIn, 7});
  EXPECT_EQ(LoadEnrolled(*Read(), added.id).error().reason, kTerminalUnknown);
  const auto key = sm2::PrivateKey::Generate(entropy_);
  EXPECT_EQ(EnrolWith(added.token, key, key, kNow.PlusSeconds(5)), std::nullopt);
  const Terminal terminal = *LoadEnrolled(*Read(), added.id);
  EXPECT_EQ(terminal.public_key, key.public_key());
  EXPECT_EQ(terminal.place.scene, "rail");
  EXPECT_EQ(terminal.place.point, "LJK");
  EXPECT_EQ(terminal.place.directions, Directions::kIn);
  EXPECT_EQ(terminal.place.clearing_group, 7);
  EXPECT_EQ(terminal.enrolled_at, kNow.PlusSeconds(5));
  EXPECT_EQ(terminal.head, record::ChainHead{});
  EXPECT_EQ(All(*Read())->size(), 1u);
}

TEST_F(Terminals, EachRefusalOfATokenHasItsReason) {
  const auto key = sm2::PrivateKey::Generate(entropy_);
  const auto thief = sm2::PrivateKey::Generate(entropy_);
  const Added added = AddAt();
  Token unknown = added.token;
  unknown.terminal = TerminalId::Make(kNow, added.id.shard(), entropy_);
  Token guessed = added.token;
  guessed.secret.ExposeMutable()[0] ^= 1;
  EXPECT_EQ(EnrolWith(unknown, key, key), kTokenRefused);
  EXPECT_EQ(EnrolWith(guessed, key, key), kTokenRefused);
  EXPECT_EQ(EnrolWith(added.token, key, thief), kProofRefused);
  EXPECT_EQ(EnrolWith(added.token, key, key, kNow.PlusSeconds(kTokenSeconds + 1)), kTokenExpired);
  ASSERT_TRUE(Write([&](auto& t) { return SetEnabled(t, added.id, false); }).ok());
  EXPECT_EQ(EnrolWith(added.token, key, key), kTerminalDisabled);
  EXPECT_EQ(*TokenReuses(*Read()), 0);
  EXPECT_FALSE(Load(*Read(), added.id)->public_key) << "None of them enrolled";
}

TEST_F(Terminals, ATokenIsGoodDuringItsLastSecond) {
  const auto key = sm2::PrivateKey::Generate(entropy_);
  EXPECT_EQ(EnrolWith(AddAt().token, key, key, {kNow.PlusSeconds(kTokenSeconds).us + 999'999}), std::nullopt);
  EXPECT_EQ(EnrolWith(AddAt().token, key, key, kNow.PlusSeconds(kTokenSeconds + 1)), kTokenExpired);
}

TEST_F(Terminals, ASecondUseIsAnAlarmAndLeavesTheFirstKey) {
  const auto key = sm2::PrivateKey::Generate(entropy_);
  const auto thief = sm2::PrivateKey::Generate(entropy_);
  const Added added = AddAt();
  EXPECT_EQ(EnrolWith(added.token, key, key), std::nullopt);
  EXPECT_EQ(EnrolWith(added.token, key, key, kNow.PlusSeconds(1)), std::nullopt) << "A lost answer is given again";
  EXPECT_EQ(*TokenReuses(*Read()), 0);
  EXPECT_EQ(EnrolWith(added.token, thief, thief), kTokenUsed);
  EXPECT_EQ(EnrolWith(added.token, key, thief), kTokenUsed) << "The key alone proves nothing";
  EXPECT_EQ(EnrolWith(added.token, key, key, kNow.PlusSeconds(kTokenSeconds + 1)), kTokenUsed);
  EXPECT_EQ(*TokenReuses(*Read()), 3);
  EXPECT_EQ(LoadEnrolled(*Read(), added.id)->public_key, key.public_key());
}

TEST_F(Terminals, AreSwitchedOffAndOn) {
  const Terminal terminal = Enrolled();
  ASSERT_TRUE(Write([&](auto& t) { return SetEnabled(t, terminal.id, false); }).ok());
  EXPECT_EQ(LoadEnrolled(*Read(), terminal.id).error().reason, kTerminalDisabled);
  ASSERT_TRUE(Write([&](auto& t) { return SetEnabled(t, terminal.id, true); }).ok());
  EXPECT_TRUE(LoadEnrolled(*Read(), terminal.id).ok());
  const TerminalId nobody = TerminalId::Make(kNow, 3, entropy_);
  EXPECT_EQ(Write([&](auto& t) { return SetEnabled(t, nobody, true); }).error().reason, kTerminalUnknown);
}

TEST_F(Terminals, ChainsMoveFromTheHeadTheyWereJudgedAgainst) {
  const Terminal terminal = Enrolled();
  const record::ChainHead first{1, sm3::Hash(AsBytes("first")), kNow};
  const record::ChainHead second{2, sm3::Hash(AsBytes("second")), kNow.PlusSeconds(1)};
  const auto advance = [&](const record::ChainHead& from, const record::ChainHead& to) {
    return Write([&](auto& t) { return Advance(t, terminal.id, from, to, "applied", kNow); });
  };
  EXPECT_TRUE(advance({}, first).ok());
  EXPECT_TRUE(advance(first, second).ok());
  EXPECT_EQ(advance(first, second).error().reason, storage::kStorageBusy) << "The head has moved on";
  EXPECT_EQ(LoadEnrolled(*Read(), terminal.id)->head, second);
  EXPECT_EQ((*FindReceipt(*Read(), terminal.id, 1))->digest, first.digest);
  EXPECT_EQ((*FindReceipt(*Read(), terminal.id, 2))->outcome, "applied");
  EXPECT_EQ(*FindReceipt(*Read(), terminal.id, 3), std::nullopt);
  EXPECT_EQ(*FindReceipt(*Read(), terminal.id, UINT64_MAX), std::nullopt);
}

TEST_F(Terminals, TheSpreadOfAListCountsEnrolledEnabledTerminalsOfItsGroup) {
  const Terminal first = Enrolled();
  const Terminal second = Enrolled({"rail", "XSH", Directions::kBoth, 2});
  const Terminal disabled = Enrolled();
  AddAt();  // Not enrolled.
  ASSERT_TRUE(Write([&](auto& t) { return SetEnabled(t, disabled.id, false); }).ok());
  const auto report = [&](TerminalId id, std::vector<HeldFile> files, int64_t second_of) {
    ASSERT_TRUE(Write([&](auto& t) { return ReportFiles(t, id, files, kNow.PlusSeconds(second_of)); }).ok());
  };
  const auto spread = [&](uint64_t version) { return *FreezeSpread(*Read(), version); };
  EXPECT_EQ(spread(1).terminals_total, 2);
  EXPECT_EQ(spread(1).terminals_holding, 0);
  EXPECT_EQ(spread(1).last_terminal_at, std::nullopt);

  report(first.id, {{FileKind::kFreezeList, "1", 5, {}}, {FileKind::kRules, "rail", 9, {}}}, 10);
  report(second.id, {{FileKind::kFreezeList, "1", 9, {}}}, 11);  // The list of a group that is not its own.
  EXPECT_EQ(spread(5).terminals_holding, 1);
  EXPECT_EQ(spread(6).terminals_holding, 0);
  report(second.id, {{FileKind::kFreezeList, "2", 6, {}}}, 20);
  report(second.id, {{FileKind::kFreezeList, "2", 6, {}}}, 30);
  EXPECT_EQ(spread(5).terminals_holding, 2);
  EXPECT_EQ(spread(5).last_terminal_at, kNow.PlusSeconds(20)) << "Since when, not until when";
  EXPECT_EQ(LoadEnrolled(*Read(), second.id)->seen_at, kNow.PlusSeconds(30));

  const auto files = *FilesOf(*Read(), first.id);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].kind, FileKind::kRules);
  EXPECT_EQ(files[0].version, 9u);
  EXPECT_EQ(Write([&](auto& t) { return ReportFiles(t, TerminalId(), {}, kNow); }).error().reason, kTerminalUnknown);
}

}  // namespace
}  // namespace yukuai::terminals
