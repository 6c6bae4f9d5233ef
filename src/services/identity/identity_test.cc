// SPDX-License-Identifier: Apache-2.0
// How a phone comes to act for a person, and every way in which it must not.
#include "services/identity/identity.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"

namespace yukuai::identity {
namespace {

const Instant kNow = *ParseRfc3339("2026-03-01T08:00:00+08:00");
constexpr std::string_view kName = "欧阳修";

identifiers::Document DocumentOf(int sequence) {
  return identifiers::Document(identifiers::CitizenId::Make("500103", {1987, 6, 15}, sequence));
}
persons::Name NameOf(std::string_view text) { return *persons::Name::Parse(text); }

class IdentityTest : public ::testing::Test {
 protected:
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
  void SetUp() override {
    std::vector<storage::Migration> schema = persons::kSchema;
    schema.insert(schema.end(), kSchema.begin(), kSchema.end());
    schema.insert(schema.end(), audit::kSchema.begin(), audit::kSchema.end());
    auto scratch = storage::Scratch::Open(schema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
    blind_ = entropy_.Take<32>();
    const Secret<ByteArray<32>> blind(blind_);
    const Secret<ByteArray<32>> data(entropy_.Take<32>());
    persons_.emplace(persons::Keys{blind, data}, entropy_);
    log_.emplace(audit::Keys{Secret<ByteArray<32>>(entropy_.Take<32>()), sm2::PrivateKey::Generate(entropy_)}, entropy_);
    identity_.emplace(Keys{blind, data}, limits_, Identity::Parts{*persons_, *log_, entropy_});
    person_ = Create(1, kName);
    clerk_ = Write([&](auto& t) { return identity_->AddStaff(t, "王\"窗口\"", p256::Generate(entropy_).public_key, kNow); })->id;
  }
  void TearDown() override {
    ASSERT_TRUE(log_->SealDurably(scratch_->database(), kNow).ok());
    EXPECT_TRUE(log_->VerifyAll(*Read()).ok());
  }
  std::unique_ptr<storage::Reader> Read() { return *scratch_->database().Read(); }
  PersonId Create(int sequence, std::string_view name) {
    return Write([&](auto& t) {
             return persons_->Create(t, {DocumentOf(sequence), NameOf(name), persons::Concession::kOrdinary, "counter"}, kNow);
           })
        ->id;
  }
  CounterCode Issue(Instant now = kNow) {
    return *Write([&](auto& t) { return identity_->IssueCounterCode(t, clerk_, DocumentOf(1), NameOf(kName), now); });
  }
  EnrolmentRequest Request(std::string_view code) {
    const auto key = p256::Generate(entropy_).public_key;
    return {DocumentOf(1), NameOf(kName), std::string(code), Bytes(key.begin(), key.end()), "Chrome · Android", "192.0.2.7"};
  }
  Enrolment Try(const EnrolmentRequest& request, Instant now = kNow) {
    return *Write([&](auto& t) { return identity_->Enrol(t, request, now); });
  }
  std::optional<Reason> RefusalOf(const EnrolmentRequest& request, Instant now = kNow) {
    const Enrolment outcome = Try(request, now);
    const auto* refusal = std::get_if<Refusal>(&outcome);
    return refusal ? std::optional(refusal->reason) : std::nullopt;
  }
  DeviceId EnrolDevice() { return std::get<Enrolled>(Try(Request(Issue().text))).device; }
  std::string WrongCode(const std::string& right) { return (right[0] == '0' ? "1" : "0") + right.substr(1); }
  std::vector<std::string> Actions() { return ActionsOf(person_); }
  std::vector<std::string> ActionsOf(const audit::Whose& whose) {
    std::vector<std::string> actions;
    const auto history = *log_->History(*Read(), whose, {});
    for (const auto& item : history) actions.insert(actions.begin(), item.action);
    return actions;
  }

  SeededEntropy entropy_{20260302};
  Limits limits_;
  std::unique_ptr<storage::Scratch> scratch_;
  std::optional<persons::Register> persons_;
  std::optional<audit::Log> log_;
  std::optional<Identity> identity_;
  ByteArray<32> blind_{};
  PersonId person_;
  StaffId clerk_;
};

TEST(CounterCodeText, IsReadAsPeopleTypeIt) {
  EXPECT_EQ(NormaliseCounterCode("7KQ2M9XPRT"), "7KQ2M9XPRT");
  EXPECT_EQ(NormaliseCounterCode(" 7kq2m-9xprt "), "7KQ2M9XPRT");
  EXPECT_EQ(NormaliseCounterCode("oOiIlL0000"), "0011110000");
  for (const std::string_view wrong : {"", "7KQ2M9XPR", "7KQ2M9XPRT0", "7KQ2M9XPRU", "7KQ2M9XPR.", "7KQ2M9XPR\xC3"}) {
    EXPECT_EQ(NormaliseCounterCode(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(NormaliseCounterCode(std::string(65, ' ') + "7KQ2M9XPRT"), std::nullopt);
}

TEST_F(IdentityTest, ACounterCodeBindsADevice) {
  const CounterCode code = Issue();
  EXPECT_EQ(code.text.size(), 10u);
  EXPECT_EQ(code.expires_at, kNow.PlusSeconds(24 * 3600));
  const EnrolmentRequest request = Request(code.text);
  const Instant later = kNow.PlusSeconds(60);
  const Enrolled enrolled = std::get<Enrolled>(Try(request, later));
  EXPECT_EQ(enrolled.person, person_);
  EXPECT_EQ(enrolled.name_masked, "欧*修");
  EXPECT_EQ(enrolled.enrolled_at, later);
  EXPECT_EQ(enrolled.device.shard(), person_.shard());

  const Device device = *identity_->LoadDevice(*Read(), enrolled.device);
  EXPECT_EQ(device.person, person_);
  EXPECT_EQ(Bytes(device.public_key.begin(), device.public_key.end()), request.device_public_key);
  EXPECT_EQ(device.name, "Chrome · Android");
  EXPECT_TRUE(device.HasLowLimits({later.PlusSeconds(limits_.new_device_seconds).us - 1}));
  EXPECT_FALSE(device.HasLowLimits(later.PlusSeconds(limits_.new_device_seconds)));
  EXPECT_EQ(Actions(), (std::vector<std::string>{"counter_code_issued", "device_enrolled"}));
}

TEST_F(IdentityTest, TheClerkIsNamedInThePersonsHistory) {
  Issue();
  const auto history = *log_->History(*Read(), person_, {});
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].actor, audit::ActorStaff(clerk_));
  EXPECT_EQ(history[0].details, R"({"clerk":"王\"窗口\""})");
}

TEST_F(IdentityTest, EveryWrongDetailGetsTheOneAnswer) {
  const CounterCode code = Issue();
  Create(2, "李四");
  EnrolmentRequest wrong_name = Request(code.text);
  wrong_name.name = NameOf("欧阳");
  EnrolmentRequest unknown_number = Request(code.text);
  unknown_number.document = DocumentOf(999);
  EnrolmentRequest other_person = Request(code.text);
  other_person.document = DocumentOf(2);
  other_person.name = NameOf("李四");
  EnrolmentRequest nobody = unknown_number;
  nobody.name = NameOf("~nobody~");
  for (const EnrolmentRequest& request : {wrong_name, unknown_number, other_person, nobody, Request(WrongCode(code.text))}) {
    EXPECT_EQ(RefusalOf(request), kEnrolmentRefused);
  }
  EXPECT_TRUE(identity_->DevicesOf(*Read(), person_)->empty());
  EXPECT_EQ(RefusalOf(Request(code.text)), std::nullopt) << "The right details still work";
}

TEST_F(IdentityTest, WithoutACodeTheAnswerIsTheSame) { EXPECT_EQ(RefusalOf(Request("7KQ2M9XPRT")), kEnrolmentRefused); }

TEST_F(IdentityTest, ACodeIsGoodDuringItsLastSecondAndDeadInTheNext) {
  const CounterCode first = Issue();
  EXPECT_EQ(RefusalOf(Request(first.text), first.expires_at.PlusSeconds(1)), kEnrolmentRefused);
  EXPECT_EQ(RefusalOf(Request(first.text), {first.expires_at.us + 999'999}), std::nullopt);
}

TEST_F(IdentityTest, ACodeWorksOnce) {
  const CounterCode code = Issue();
  EXPECT_EQ(RefusalOf(Request(code.text)), std::nullopt);
  EXPECT_EQ(RefusalOf(Request(code.text)), kEnrolmentRefused);
  EXPECT_EQ(identity_->DevicesOf(*Read(), person_)->size(), 1u);
}

TEST_F(IdentityTest, ANewCodeEndsTheOneBefore) {
  const CounterCode old_code = Issue();
  const CounterCode new_code = Issue(kNow.PlusSeconds(1));
  EXPECT_EQ(RefusalOf(Request(old_code.text), kNow.PlusSeconds(2)), kEnrolmentRefused);
  EXPECT_EQ(RefusalOf(Request(new_code.text), kNow.PlusSeconds(2)), std::nullopt);
}

TEST_F(IdentityTest, TheFifthWrongTryEndsTheCode) {
  const CounterCode survives = Issue();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(RefusalOf(Request(WrongCode(survives.text))), kEnrolmentRefused);
  EXPECT_EQ(RefusalOf(Request(survives.text)), std::nullopt);

  const CounterCode dies = Issue();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(RefusalOf(Request(WrongCode(dies.text))), kEnrolmentRefused);
  EXPECT_EQ(RefusalOf(Request(dies.text)), kEnrolmentRefused);
  const std::vector<std::string> actions = Actions();
  EXPECT_EQ(std::ranges::count(actions, "counter_code_wrong_try"), 9);
  EXPECT_EQ(RefusalOf(Request(Issue().text)), std::nullopt) << "The counter helps";
}

TEST_F(IdentityTest, TheRightCodeWithWrongNamesIsGuessingToo) {
  const CounterCode code = Issue();
  EnrolmentRequest request = Request(code.text);
  request.name = NameOf("欧阳");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(RefusalOf(request), kEnrolmentRefused);
  EXPECT_EQ(RefusalOf(Request(code.text)), kEnrolmentRefused);
}

TEST_F(IdentityTest, WhoKnowsOnlyTheNumberCannotKillTheCode) {
  const CounterCode code = Issue();
  EnrolmentRequest request = Request(WrongCode(code.text));
  request.name = NameOf("某某");
  for (int i = 0; i < 15; ++i) EXPECT_EQ(RefusalOf(request), kEnrolmentRefused);
  EXPECT_EQ(RefusalOf(Request(code.text)), std::nullopt);
}

TEST_F(IdentityTest, AnAddressIsLimitedByTheDayAndNeverForARightCode) {
  const CounterCode code = Issue();
  EnrolmentRequest stranger = Request("7KQ2M9XPRT");
  stranger.document = DocumentOf(500);
  for (int64_t i = 0; i < limits_.address_failures_max; ++i) EXPECT_EQ(RefusalOf(stranger), kEnrolmentRefused);
  EXPECT_EQ(RefusalOf(stranger), kEnrolmentLimited);
  // Beyond its limit an address counts against no code …
  for (int i = 0; i < 9; ++i) EXPECT_EQ(RefusalOf(Request(WrongCode(code.text))), kEnrolmentLimited);
  EnrolmentRequest elsewhere = stranger;
  elsewhere.address = "192.0.2.8";
  EXPECT_EQ(RefusalOf(elsewhere), kEnrolmentRefused) << "another address is not limited";
  // … and the victim behind the same address still gets in.
  EXPECT_EQ(RefusalOf(Request(code.text)), std::nullopt);

  const Instant before_midnight{ChinaMidnight({2026, 3, 2}).us - 1};
  EXPECT_EQ(RefusalOf(stranger, before_midnight), kEnrolmentLimited);
  EXPECT_EQ(RefusalOf(stranger, ChinaMidnight({2026, 3, 2})), kEnrolmentRefused);
}

TEST_F(IdentityTest, OldDaysOfFailuresAreDropped) {
  EnrolmentRequest stranger = Request("7KQ2M9XPRT");
  EXPECT_EQ(RefusalOf(stranger), kEnrolmentRefused);
  EXPECT_EQ(RefusalOf(stranger, kNow.PlusSeconds(86400)), kEnrolmentRefused);
  constexpr storage::Sql kCount{"test_count", "SELECT COUNT(*) FROM enrolment_failure"};
  EXPECT_EQ((*Read()->Query(kCount, {}))[0][0].Int(), 1);
}

TEST_F(IdentityTest, MalformedRequestsAreFaultsInOrderAndWriteNothing) {
  const auto fault = [&](const EnrolmentRequest& request) {
    return Write([&](auto& t) { return identity_->Enrol(t, request, kNow); }).error();
  };
  EnrolmentRequest request = Request("7KQ2M9XPRU");
  EXPECT_EQ(fault(request).reason, kCounterCodeMalformed);
  request.device_name = "a\nb";
  EXPECT_EQ(fault(request).reason, kDeviceNameMalformed);
  request.device_public_key[64] ^= 1;
  EXPECT_EQ(fault(request).reason, kDeviceKeyInvalid);
  EXPECT_TRUE(fault(request).detail.empty());
  EXPECT_TRUE(Actions().empty());
}

TEST_F(IdentityTest, DevicesAreBoundedAndTheCodeIsKept) {
  for (int64_t i = 0; i < limits_.devices_max; ++i) EnrolDevice();
  const CounterCode code = Issue();
  const auto full = Write([&](auto& t) { return identity_->Enrol(t, Request(code.text), kNow); });
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().reason, kDevicesTooMany);
  const DeviceId oldest = identity_->DevicesOf(*Read(), person_)->at(0).id;
  ASSERT_TRUE(Write([&](auto& t) { return identity_->RevokeDevice(t, person_, oldest, Actor::Clerk(clerk_), kNow); }).ok());
  EXPECT_EQ(RefusalOf(Request(code.text)), std::nullopt);
}

TEST_F(IdentityTest, DevicesEnrolledBeforeAreTold) {
  const DeviceId first = EnrolDevice();
  EXPECT_TRUE(identity_->Notices(*Read(), first, 0)->empty()) << "A new device is not told of itself";
  const DeviceId second = EnrolDevice();
  const auto told = *identity_->Notices(*Read(), first, 0);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].template_slug, "counter_code_issued");
  EXPECT_EQ(told[1].template_slug, "device_enrolled");
  EXPECT_EQ(identity_->Notices(*Read(), first, told[0].number)->size(), 1u);
  EXPECT_TRUE(identity_->Notices(*Read(), second, 0)->empty());
}

TEST_F(IdentityTest, NoticesAreBounded) {
  const DeviceId device = EnrolDevice();
  for (int i = 0; i < limits_.notices_max + 5; ++i) Issue();
  const auto told = *identity_->Notices(*Read(), device, 0);
  EXPECT_EQ(static_cast<int64_t>(told.size()), limits_.notices_max);
  EXPECT_EQ(told.back().number, limits_.notices_max + 5);
}

TEST_F(IdentityTest, ARevokedDeviceSignsNoMore) {
  const DeviceId device = EnrolDevice();
  const PersonId other = Create(2, "李四");
  const auto revoke = [&](PersonId person, DeviceId id) {
    return Write([&](auto& t) { return identity_->RevokeDevice(t, person, id, Actor::Person(device), kNow); });
  };
  EXPECT_EQ(revoke(other, device).error().reason, kDeviceNotYours);
  EXPECT_EQ(revoke(person_, DeviceId::Make(kNow, person_.shard(), entropy_)).error().reason, kDeviceNotYours);
  EXPECT_TRUE(identity_->LoadDevice(*Read(), device).ok());
  EXPECT_TRUE(revoke(person_, device).ok());
  EXPECT_TRUE(revoke(person_, device).ok());
  EXPECT_EQ(identity_->LoadDevice(*Read(), device).error().reason, kDeviceRevoked);
  EXPECT_EQ(identity_->LoadDevice(*Read(), DeviceId()).error().reason, kDeviceUnknown);
  const std::vector<std::string> actions = Actions();
  EXPECT_EQ(std::ranges::count(actions, "device_revoked"), 1);
}

TEST_F(IdentityTest, FreezingIsOnceAndOnlyTheCounterEndsIt) {
  const DeviceId device = EnrolDevice();
  const DeviceId other = EnrolDevice();
  const auto freeze = [&](const Actor& actor, int64_t at) {
    return *Write([&](auto& t) { return identity_->Freeze(t, person_, actor, kNow.PlusSeconds(at)); });
  };
  const FreezeState frozen = freeze(Actor::Person(device), 10);
  EXPECT_TRUE(frozen.changed);
  EXPECT_EQ(frozen.frozen_since, kNow.PlusSeconds(10));
  EXPECT_EQ(frozen.list_version, 2u);
  const FreezeState again = freeze(Actor::Clerk(clerk_), 20);
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.frozen_since, kNow.PlusSeconds(10));
  EXPECT_EQ(again.list_version, 2u);
  EXPECT_EQ(identity_->Notices(*Read(), other, 0)->back().template_slug, "person_frozen");

  const auto unfreeze = [&] {
    return *Write([&](auto& t) { return identity_->Unfreeze(t, person_, clerk_, kNow.PlusSeconds(30)); });
  };
  EXPECT_TRUE(unfreeze().changed);
  const FreezeState state = unfreeze();
  EXPECT_FALSE(state.changed);
  EXPECT_EQ(state.frozen_since, std::nullopt);
  EXPECT_EQ(state.list_version, 3u);
  EXPECT_EQ(identity_->Notices(*Read(), device, 0)->back().template_slug, "person_unfrozen");

  const auto history = *log_->History(*Read(), person_, {});
  EXPECT_EQ(history[0].action, "person_unfrozen");
  EXPECT_EQ(history[0].actor, audit::ActorStaff(clerk_));
  EXPECT_EQ(history[1].action, "person_frozen");
  EXPECT_EQ(history[1].actor, "person");
  EXPECT_EQ(Write([&](auto& t) { return identity_->Freeze(t, PersonId(), {}, kNow); }).error().reason, persons::kPersonUnknown);
}

TEST_F(IdentityTest, CounterBusinessNeedsAClerkAndTheRightPerson) {
  const auto issue = [&](StaffId staff, int sequence, std::string_view name) {
    return Write([&](auto& t) { return identity_->IssueCounterCode(t, staff, DocumentOf(sequence), NameOf(name), kNow); });
  };
  EXPECT_EQ(issue(StaffId(), 999, "某某").error().reason, kStaffUnknown);
  EXPECT_EQ(issue(clerk_, 999, kName).error().reason, persons::kPersonUnknown);
  EXPECT_EQ(issue(clerk_, 1, "某某").error().reason, kPersonNameDiffers);
  EXPECT_TRUE(issue(clerk_, 1, " 欧阳修 ").ok());
  ASSERT_TRUE(Write([&](auto& t) { return identity_->RevokeStaff(t, clerk_, kNow); }).ok());
  EXPECT_EQ(issue(clerk_, 999, kName).error().reason, kStaffRevoked);
  EXPECT_EQ(identity_->LoadStaff(*Read(), clerk_).error().reason, kStaffRevoked);
}

TEST_F(IdentityTest, StaffHaveANameAndAKey) {
  const auto key = p256::Generate(entropy_).public_key;
  const auto add = [&](std::string_view name, ByteSpan public_key) {
    return Write([&](auto& t) { return identity_->AddStaff(t, name, public_key, kNow); });
  };
  EXPECT_EQ(add("", Bytes{}).error().reason, kStaffNameMalformed);
  EXPECT_EQ(add("王五", ByteSpan(key).first(64)).error().reason, kStaffKeyInvalid);
  const Staff staff = *add("王五", key);
  const Staff loaded = *identity_->LoadStaff(*Read(), staff.id);
  EXPECT_EQ(loaded.name, "王五");
  EXPECT_EQ(loaded.public_key, key);
}

TEST_F(IdentityTest, WhatChangesAboutAClerkIsInTheClerksOwnHistory) {
  const auto key = p256::Generate(entropy_).public_key;
  const Staff staff = *Write([&](auto& t) { return identity_->AddStaff(t, "王五", key, kNow); });
  EXPECT_EQ(ActionsOf(staff.id), std::vector<std::string>{"staff_added"});
  EXPECT_NE(log_->History(*Read(), staff.id, {})->front().details.find(ToHex(key)), std::string::npos);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Write([&](auto& t) { return identity_->RevokeStaff(t, staff.id, kNow); }).ok());
  EXPECT_EQ(ActionsOf(staff.id), (std::vector<std::string>{"staff_added", "staff_revoked"}));
  EXPECT_TRUE(Actions().empty());
}

TEST_F(IdentityTest, AnEnrolmentCutOffAtAnyStatementLeavesNothingHalf) {
  const CounterCode code = Issue();
  const EnrolmentRequest request = Request(code.text);
  storage::FaultyDatabase faulty(scratch_->database());
  for (int statement = 1;; ++statement) {
    ASSERT_LT(statement, 80);
    faulty.Plan({.statement = statement});
    const auto done = faulty.Transact([&](storage::Transaction& t) -> Result<void> {
      auto enrolled = identity_->Enrol(t, request, kNow);
      if (!enrolled) return std::move(enrolled).error();
      EXPECT_TRUE(std::holds_alternative<Enrolled>(*enrolled));
      return {};
    });
    if (done.ok()) break;
    EXPECT_TRUE(faulty.struck());
    EXPECT_TRUE(identity_->DevicesOf(*Read(), person_)->empty());
    EXPECT_EQ(Actions().size(), 1u);
  }
  EXPECT_EQ(identity_->DevicesOf(*Read(), person_)->size(), 1u);
}

TEST_F(IdentityTest, NoFaultSaysAnythingPersonal) {
  const CounterCode code = Issue();
  Keys wrong_keys{Secret<ByteArray<32>>(entropy_.Take<32>()), Secret<ByteArray<32>>(entropy_.Take<32>())};
  const persons::Register same_index({Secret<ByteArray<32>>(blind_), wrong_keys.data}, entropy_);
  const Identity stranger(wrong_keys, limits_, {same_index, *log_, entropy_});
  const DeviceId device = EnrolDevice();
  EnrolmentRequest bad_device = Request(code.text);
  bad_device.device_name = "手机\n欧阳修";
  std::vector<Fault> faults;
  const auto collect = [&](const auto& result) {
    ASSERT_FALSE(result.ok());
    faults.push_back(result.error());
  };
  const auto issue = [&](const Identity& identity, StaffId staff, int sequence, std::string_view name) {
    return Write([&](auto& t) { return identity.IssueCounterCode(t, staff, DocumentOf(sequence), NameOf(name), kNow); });
  };
  collect(issue(*identity_, StaffId(), 1, kName));
  collect(issue(*identity_, clerk_, 999, kName));
  collect(issue(*identity_, clerk_, 1, "某某"));
  collect(issue(stranger, clerk_, 1, kName));
  collect(Write([&](auto& t) { return identity_->Enrol(t, bad_device, kNow); }));
  collect(Write([&](auto& t) { return stranger.Enrol(t, Request(code.text), kNow); }));
  collect(Write([&](auto& t) { return identity_->Enrol(t, Request(code.text + "U"), kNow); }));
  collect(stranger.LoadDevice(*Read(), device));
  collect(stranger.FreezeStateOf(*Read(), person_, kNow));
  collect(identifiers::Document::Parse("citizen_id", DocumentOf(1).number().substr(0, 17) + "?", {2026, 3, 1}));
  collect(persons::Name::Parse("欧阳修\n"));
  for (const Fault& fault : faults) {
    for (const std::string& personal :
         {std::string("欧阳"), std::string("某某"), DocumentOf(1).number(), DocumentOf(1).number().substr(6, 8),
          DocumentOf(999).number(), code.text, std::string("手机")}) {
      EXPECT_EQ(fault.detail.find(personal), std::string::npos) << fault.reason.slug << ": " << fault.detail;
    }
  }
}

TEST_F(IdentityTest, NeitherCodesNorNamesLieInTheDatabaseFile) {
  const CounterCode code = Issue();
  EnrolmentRequest request = Request(code.text);
  request.device_name = "欧阳修的手机";
  EXPECT_EQ(RefusalOf(request), std::nullopt);
  const Bytes everything = scratch_->Everything().value();
  const std::string_view content = AsText(everything);
  EXPECT_NE(content.find("device_enrolled"), std::string_view::npos) << "The scan sees what lies in the open";
  for (const std::string& plain : {code.text, std::string(kName), DocumentOf(1).number(), std::string("192.0.2.7")}) {
    EXPECT_EQ(content.find(plain), std::string_view::npos) << plain;
  }
}

}  // namespace
}  // namespace yukuai::identity
