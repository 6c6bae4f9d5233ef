// SPDX-License-Identifier: Apache-2.0
// Enrolment of a device with a counter code, see identity.h.
//
// Nobody may learn from an answer who is registered. So every try does the same work in the same order — look up, open a
// name, hash the code, compare — on stand-ins where there is nothing, and every failure is written down before the one answer.
#include <algorithm>

#include "crypto/sm3/sm3.h"
#include "services/identity/identity.h"

namespace yukuai::identity {
namespace {

using storage::Row;
using storage::Sql;

constexpr Sql kSelectCode{
    "identity_select_counter_code",
    "SELECT code_hash, expires_at, wrong_tries, used_at FROM counter_code WHERE shard = ? AND person_id = ?"};
constexpr Sql kUseCode{
    "identity_use_counter_code",
    "UPDATE counter_code SET used_at = ? WHERE shard = ? AND person_id = ? AND used_at IS NULL AND code_hash = ?"};
constexpr Sql kCountWrongTry{
    "identity_count_wrong_try",
    "UPDATE counter_code SET wrong_tries = wrong_tries + 1 WHERE shard = ? AND person_id = ? AND used_at IS NULL"};
constexpr Sql kInsertDevice{
    "identity_insert_device",
    "INSERT INTO device (shard, device_id, person_id, public_key, name_box, enrolled_at, low_limits_until) VALUES "
    "(?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kCountDevices{"identity_count_devices",
                            "SELECT COUNT(*) FROM device WHERE shard = ? AND person_id = ? AND revoked_at IS NULL"};
constexpr Sql kSelectFailures{"identity_select_failures",
                              "SELECT failures FROM enrolment_failure WHERE shard = ? AND day = ? AND address_hash = ?"};
constexpr Sql kInsertFailures{"identity_insert_failures",
                              "INSERT INTO enrolment_failure (shard, day, address_hash, failures) VALUES (?, ?, ?, 0)"};
constexpr Sql kDropFailures{"identity_drop_failures", "DELETE FROM enrolment_failure WHERE shard = ? AND day < ?"};
constexpr Sql kCountFailure{
    "identity_count_failure",
    "UPDATE enrolment_failure SET failures = failures + 1 WHERE shard = ? AND day = ? AND address_hash = ?"};

// A name that Matches() nothing a person has, opened and compared when there is nobody: the work, not the answer, matters.
constexpr std::string_view kNobodysName = "~nobody~";

}  // namespace

// What a try came to before anything is written.
struct Identity::Candidate {
  std::optional<PersonId> person;
  persons::Name name;
  ByteArray<32> code_hash{};
  bool name_matches = false;
  bool code_matches = false;
  bool code_alive = false;  // There is a code, not used, not expired, not dead.

  bool right() const { return person && name_matches && code_matches && code_alive; }
  // Counts against the code: somebody who has one half and guesses the other. With neither half a try cannot succeed, and
  // counting it would let anybody who knows a number kill the code of its owner.
  bool counts() const { return person && code_alive && name_matches != code_matches; }
};

Result<Identity::Candidate> Identity::Judge(storage::Reader& reader, const EnrolmentRequest& request, std::string_view code,
                                            Instant now) const {
  YUKUAI_ASSIGN(const std::optional<PersonId> person, parts_.persons.FindId(reader, request.document));
  const PersonId asked = person.value_or(PersonId());
  auto known = parts_.persons.NameAt(reader, asked, now, now);
  if (!known && known.error().reason != persons::kPersonUnknown) return std::move(known).error();
  if (!known) {
    // The seal that was not opened is opened on a box of about the same size.
    const Bytes stand_in = sealing::SealBox(box_key_, {}, AsBytes(kNobodysName), parts_.entropy);
    YUKUAI_TRY(sealing::OpenBox(box_key_, {}, stand_in));
  }
  Candidate candidate{person, known ? known->name : *persons::Name::Parse(kNobodysName)};
  candidate.name_matches = candidate.name.Matches(request.name) && known.ok();

  candidate.code_hash = CodeHash(asked, code);
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectCode, {int64_t{asked.shard()}, asked}));
  const Bytes stored = rows.empty() ? Bytes(candidate.code_hash.size()) : rows[0][0].Blob();
  candidate.code_matches = EqualConstantTime(stored, candidate.code_hash) && !rows.empty();
  candidate.code_alive = !rows.empty() && rows[0][3].is_null() && now.seconds() <= rows[0][1].Time().seconds() &&
                         rows[0][2].Int() < limits_.wrong_tries_max;
  return candidate;
}

Result<Enrolment> Identity::Enrol(storage::Transaction& transaction, const EnrolmentRequest& request, Instant now) const {
  if (!p256::IsPublicKey(request.device_public_key)) return Fault(kDeviceKeyInvalid);
  if (!persons::Name::Parse(request.device_name)) return Fault(kDeviceNameMalformed);
  const auto code = NormaliseCounterCode(request.counter_code);
  if (!code) return Fault(kCounterCodeMalformed);

  YUKUAI_ASSIGN(const Candidate candidate, Judge(transaction, request, *code, now));
  if (!candidate.right()) {
    YUKUAI_ASSIGN(const Refusal refusal, WriteDownFailure(transaction, request, candidate, now));
    return Enrolment(refusal);
  }
  YUKUAI_ASSIGN(Enrolled enrolled, Bind(transaction, request, candidate, now));
  return Enrolment(std::move(enrolled));
}

Result<Enrolled> Identity::Bind(storage::Transaction& transaction, const EnrolmentRequest& request, const Candidate& candidate,
                                Instant now) const {
  const PersonId person = *candidate.person;
  const int64_t shard = person.shard();
  YUKUAI_ASSIGN(const std::vector<Row> count, transaction.Query(kCountDevices, {shard, person}));
  if (count.at(0)[0].Int() >= limits_.devices_max) return Fault(kDevicesTooMany);

  YUKUAI_ASSIGN(const int64_t used, transaction.Execute(kUseCode, {now, shard, person, candidate.code_hash}));
  if (used != 1) return Fault(storage::kStorageBusy, "another writer uses the counter code");
  const DeviceId device = DeviceId::Make(now, person.shard(), parts_.entropy);
  const std::string device_name = persons::Name::Parse(request.device_name)->text();
  const Bytes name_box = sealing::SealBox(box_key_, device.bytes(), AsBytes(device_name), parts_.entropy);
  YUKUAI_TRY(Notify(transaction, person, "device_enrolled", std::nullopt, now));
  YUKUAI_TRY(transaction.Execute(kInsertDevice, {shard, device, person, request.device_public_key, name_box, now,
                                                 now.PlusSeconds(limits_.new_device_seconds)}));
  YUKUAI_TRY(Audit(transaction, person, "device_enrolled", Actor::Person(device), {}, now));
  return Enrolled{person, device, candidate.name.Masked(), now};
}

Result<Refusal> Identity::WriteDownFailure(storage::Transaction& transaction, const EnrolmentRequest& request,
                                           const Candidate& candidate, Instant now) const {
  const ByteArray<32> address = sm3::Hmac(address_key_.Expose(), AsBytes(request.address));
  const int64_t shard = (address[30] << 8 | address[31]) & (kShardCount - 1);
  const int64_t day = DaysFromCivil(ChinaDate(now));
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectFailures, {shard, day, address}));
  // An address beyond its limit changes nothing any more: it can neither kill codes nor fill tables.
  if (!rows.empty() && rows[0][0].Int() >= limits_.address_failures_max) return Refusal{kEnrolmentLimited};
  if (rows.empty()) {
    YUKUAI_TRY(transaction.Execute(kDropFailures, {shard, day}));
    YUKUAI_TRY(transaction.InsertIfAbsent(kInsertFailures, {shard, day, address}));
  }
  YUKUAI_TRY(transaction.Execute(kCountFailure, {shard, day, address}));
  if (candidate.counts()) {
    YUKUAI_TRY(transaction.Execute(kCountWrongTry, {int64_t{candidate.person->shard()}, *candidate.person}));
    YUKUAI_TRY(Audit(transaction, *candidate.person, "counter_code_wrong_try", {}, {}, now));
  }
  return Refusal{kEnrolmentRefused};
}

}  // namespace yukuai::identity
