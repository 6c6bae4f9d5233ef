// SPDX-License-Identifier: Apache-2.0
#include "services/codes/codes.h"

#include <gtest/gtest.h>

#include "formats/lists/freeze_list.h"
#include "services/codes/sample_issuer_test.h"

namespace yukuai::codes {
namespace {

constexpr storage::Sql kCountGrants{"test_count_grants", "SELECT COUNT(*) FROM ride_grant"};

class CodesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<storage::Migration> schema;
    for (const auto* one : {&persons::kSchema, &ledger::kSchema, &audit::kSchema, &kSchema})
      schema.insert(schema.end(), one->begin(), one->end());
    auto scratch = storage::Scratch::Open(schema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
  }
  storage::Database& database() { return scratch_->database(); }
  std::unique_ptr<storage::Reader> Read() { return database().Read().value(); }
  SampleIssuer::Resident Admit(int sequence, persons::Concession concession = persons::Concession::kOrdinary) {
    return issuer_.Admit(database(), sequence, Money::Fen(1000), concession);
  }
  void Freeze(const SampleIssuer::Resident& who, bool frozen) {
    ASSERT_TRUE(database()
                    .Transact([&](storage::Transaction& t) -> Result<void> {
                      YUKUAI_ASSIGN(const bool changed, frozen ? issuer_.persons.Freeze(t, who.id, issuer_.now)
                                                               : issuer_.persons.Unfreeze(t, who.id));
                      EXPECT_TRUE(changed);
                      return {};
                    })
                    .ok());
  }
  void Move(AccountId from, AccountId to, std::string purpose, PersonId person) {
    ASSERT_TRUE(database()
                    .Transact([&](storage::Transaction& t) -> Result<void> {
                      YUKUAI_TRY(ledger::OpenClearingAccount(t, "metro", person.shard(), issuer_.now));
                      ledger::Transfer transfer;
                      transfer.id = ledger::TransferFor(purpose, person);
                      transfer.from = from;
                      transfer.to = to;
                      transfer.amount = Money::Fen(300);
                      transfer.purpose = purpose;
                      YUKUAI_TRY(ledger::PostOne(t, issuer_.now, transfer));
                      return {};
                    })
                    .ok());
  }
  int64_t GrantsKept() { return (*Read()->Query(kCountGrants, {}))[0][0].Int(); }
  lists::FreezeList OpenList(uint16_t group, Instant at) {
    const Bytes file = issuer_.codes.BuildFreezeList(*Read(), group, at).value();
    return lists::FreezeList::Open(file, issuer_.list_key.public_key()).value();
  }
  bool Lists(const lists::FreezeList& list, PersonIndex person, uint16_t group, int days_from_today) {
    const auto today = code::ServiceDayOf(issuer_.now, issuer_.codes.issuing().service_day);
    const auto day = static_cast<code::ServiceDay>(static_cast<int64_t>(today) + days_from_today);
    return list.Contains(*issuer_.aliases.MakeCardAccount(day, {person, group}));
  }

  SampleIssuer issuer_;
  std::unique_ptr<storage::Scratch> scratch_;
};

TEST_F(CodesTest, AGrantCompletedByThePhoneVerifiesAndResolvesToThePerson) {
  const auto resident = Admit(1, persons::Concession::kStudent);
  Grant grant;
  ASSERT_EQ(issuer_.Ask(database(), issuer_.RequestOf(resident, 2), issuer_.now, &grant), "made");
  EXPECT_EQ(grant.not_after, ChinaMidnight({2026, 5, 30}).PlusSeconds(8 * 3600));
  EXPECT_EQ(grant.id.shard(), resident.id.shard());

  const Bytes code = issuer_.Show(grant, issuer_.now);
  EXPECT_TRUE(issuer_.verifier.Verify(code, issuer_.now).accepted());
  const Resolved resolved = issuer_.codes.Resolve(code, issuer_.now);
  ASSERT_FALSE(resolved.refusal.has_value()) << resolved.refusal->slug;
  EXPECT_EQ(resolved.person, std::optional(resident.index));
  EXPECT_EQ(resolved.service_day, static_cast<code::ServiceDay>(DaysFromCivil({2026, 5, 29})));
  EXPECT_EQ(resolved.clearing_group, 2);
  EXPECT_EQ(resolved.account_type, std::optional(code::AccountType::kStudent));
  EXPECT_EQ(resolved.cap, std::optional(Money::Fen(2000)));

  // Shown again hours later it is another code of the same person; the first one has run out.
  const Instant later = issuer_.now.PlusSeconds(10 * 3600);
  EXPECT_EQ(issuer_.codes.Resolve(issuer_.Show(grant, later), later).person, std::optional(resident.index));
  EXPECT_EQ(issuer_.codes.Resolve(code, later).refusal, std::optional(code::kCodeExpired));

  EXPECT_EQ(GrantsKept(), 1);
  const auto history = *issuer_.log.History(*Read(), resident.id, {});
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].action, "grant_made");
  EXPECT_EQ(history[0].actor, "device:" + resident.device.Text());
  EXPECT_EQ(history[0].details, "{\"clearing_group\":2,\"service_day\":\"2026-05-29\"}");
  EXPECT_TRUE(issuer_.log.VerifyAll(*Read()).ok());
}

// Everything is wrong at first; each row mends one thing more.
TEST_F(CodesTest, RefusalsComeInTheirOrder) {
  const auto resident = Admit(1);
  GrantRequest request = issuer_.RequestOf(resident);
  for (int64_t i = 0; i < kGrantsPerDeviceAndDayMax; ++i) ASSERT_EQ(issuer_.Ask(database(), request, issuer_.now), "made");
  Freeze(resident, true);
  const AccountId receivable = ledger::ReceivableOf(resident.id);
  Move(receivable, ledger::ClearingOf("metro", resident.id.shard()), "ride_owed", resident.id);
  const Bytes good_key = request.user_key;
  request.user_key[0] = 4;
  request.clearing_group = 3;

  EXPECT_EQ(issuer_.Ask(database(), request, issuer_.now), "grant_key_invalid");
  request.user_key = good_key;
  EXPECT_EQ(issuer_.Ask(database(), request, issuer_.now), "clearing_group_unknown");
  request.clearing_group = 1;
  EXPECT_EQ(issuer_.Ask(database(), request, issuer_.now), "person_frozen");
  Freeze(resident, false);
  EXPECT_EQ(issuer_.Ask(database(), request, issuer_.now), "receivable_outstanding");
  Move(ledger::BalanceOf(resident.id), receivable, "owed_paid", resident.id);
  EXPECT_EQ(issuer_.Ask(database(), request, issuer_.now), "grants_too_many");
  EXPECT_EQ(GrantsKept(), kGrantsPerDeviceAndDayMax);

  // The bound is one device's, and one service day's.
  EXPECT_EQ(issuer_.Ask(database(), request, issuer_.now.PlusSeconds(86400)), "made");
  request.device = DeviceId::Make(issuer_.now, resident.id.shard(), issuer_.entropy);
  EXPECT_EQ(issuer_.Ask(database(), request, issuer_.now), "made");
}

TEST_F(CodesTest, APersonBeyondTheIssuersRangeGetsNoGrant) {
  const auto resident = Admit(1);
  const code::Aliases narrow(AsBytes("alias key of the sample issuer"), AsBytes("card key of the sample issuer"),
                             code::CardRange{*code::ParseDecimal4("65000001"), "3104", resident.index.value});
  const Codes codes(issuer_.MakeIssuing(), {issuer_.city.issuer, issuer_.list_key, narrow, issuer_.verifier, issuer_.persons,
                                            issuer_.log, issuer_.entropy});
  EXPECT_EQ(codes.Prepare(*Read(), issuer_.RequestOf(resident), issuer_.now).error().reason, kPersonOutOfRange);
}

TEST_F(CodesTest, WhatChangedAfterPreparingIsJudgedAgain) {
  const auto resident = Admit(1);
  const auto grant = issuer_.codes.Prepare(*Read(), issuer_.RequestOf(resident), issuer_.now);
  ASSERT_TRUE(grant.ok());
  Freeze(resident, true);
  const auto done = database().Transact([&](storage::Transaction& t) { return issuer_.codes.Commit(t, *grant, issuer_.now); });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().reason, kPersonFrozen);
  EXPECT_EQ(GrantsKept(), 0);
  EXPECT_TRUE(issuer_.log.History(*Read(), resident.id, {})->empty());
}

TEST_F(CodesTest, TheFreezeListHoldsTheFrozenPersonsLivingGrantsAndNobodyElses) {
  const auto frozen = Admit(1);
  const auto free = Admit(2);
  Grant grant;
  ASSERT_EQ(issuer_.Ask(database(), issuer_.RequestOf(frozen), issuer_.now, &grant), "made");
  EXPECT_FALSE(Lists(OpenList(1, issuer_.now), frozen.index, 1, 0));
  Freeze(frozen, true);

  const lists::FreezeList list = OpenList(1, issuer_.now);
  EXPECT_EQ(list.clearing_group(), 1);
  EXPECT_EQ(list.edition().version, *issuer_.persons.FreezeVersion(*Read()));
  const Bytes code = issuer_.Show(grant, issuer_.now);
  EXPECT_TRUE(list.Contains(code::View::Parse(code)->card_account()));
  // Yesterday's grants live until eight, the day after tomorrow's are made after the list has gone.
  for (const auto& [day, held] : {std::pair{-2, false}, {-1, true}, {0, true}, {1, true}, {2, true}, {3, false}})
    EXPECT_EQ(Lists(list, frozen.index, 1, day), held) << day;
  for (int day = -2; day <= 3; ++day) EXPECT_FALSE(Lists(list, free.index, 1, day)) << day;
  EXPECT_FALSE(Lists(list, frozen.index, 2, 0));
  EXPECT_TRUE(Lists(OpenList(2, issuer_.now), frozen.index, 2, 0));

  EXPECT_FALSE(Lists(OpenList(1, issuer_.now.PlusSeconds(8 * 3600)), frozen.index, 1, -1));
  Freeze(frozen, false);
  EXPECT_FALSE(Lists(OpenList(1, issuer_.now), frozen.index, 1, 0));
}

// A good code of another issuer of the same root, who copied the issuer field of one of ours.
TEST_F(CodesTest, AnotherIssuersCodeIsOfNobodyHere) {
  const auto resident = Admit(1);
  Grant grant;
  ASSERT_EQ(issuer_.Ask(database(), issuer_.RequestOf(resident), issuer_.now, &grant), "made");
  const Bytes ours = issuer_.Show(grant, issuer_.now);
  const code::View view = *code::View::Parse(ours);

  const sm2::PrivateKey their_key = sm2::PrivateKey::Generate(issuer_.entropy);
  code::CertificateContent certificate = issuer_.city.certificate_content();
  certificate.institution = *code::ParseDecimal4("65000002");
  certificate.issuer_key = their_key.public_key().compressed();
  code::TemplateContent content = issuer_.city.template_content();
  content.certificate = *code::BuildCertificate(certificate, issuer_.city.root, issuer_.city.id);
  content.issuer_field.assign(view.issuer_field().begin(), view.issuer_field().end());
  // Under their own number, and under ours: the certificate tells whose it is.
  for (const std::string_view number : {"65000002", "65000001"}) {
    content.issuer = *code::ParseDecimal4(number);
    const Bytes theirs = *code::CompleteCode(*code::BuildTemplate(content, their_key, issuer_.city.id), issuer_.now,
                                             issuer_.city.user, issuer_.city.id);
    ASSERT_TRUE(issuer_.verifier.Verify(theirs, issuer_.now).accepted());
    const Resolved resolved = issuer_.codes.Resolve(theirs, issuer_.now);
    EXPECT_EQ(resolved.refusal, std::optional(persons::kPersonUnknown)) << number;
    EXPECT_FALSE(resolved.person.has_value()) << number;
  }
}

TEST_F(CodesTest, ACodeOfOursWithoutATagOfOursIsOfNobody) {
  for (const size_t length : {size_t{0}, size_t{20}, size_t{32}}) {
    const Bytes code = issuer_.city.CodeWithField(length);
    ASSERT_TRUE(issuer_.verifier.Verify(code, issuer_.now).accepted());
    EXPECT_EQ(issuer_.codes.Resolve(code, issuer_.now).refusal, std::optional(persons::kPersonUnknown)) << length;
  }
}

}  // namespace
}  // namespace yukuai::codes
