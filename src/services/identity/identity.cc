// SPDX-License-Identifier: Apache-2.0
// Devices, freezing and notices, see identity.h.
#include "services/identity/identity.h"

#include "crypto/sm3/sm3.h"

namespace yukuai::identity {
namespace {

using storage::Row;
using storage::Sql;

constexpr Sql kSelectDevice{
    "identity_select_device",
    "SELECT device_id, person_id, public_key, name_box, enrolled_at, low_limits_until, revoked_at FROM device WHERE "
    "shard = ? AND device_id = ?"};
constexpr Sql kSelectDevices{
    "identity_select_devices",
    "SELECT device_id, person_id, public_key, name_box, enrolled_at, low_limits_until, revoked_at FROM device WHERE "
    "shard = ? AND person_id = ? AND revoked_at IS NULL ORDER BY enrolled_at, device_id"};
constexpr Sql kRevokeDevice{"identity_revoke_device",
                            "UPDATE device SET revoked_at = ? WHERE shard = ? AND device_id = ? AND revoked_at IS NULL"};
constexpr Sql kSelectDeviceIds{"identity_select_device_ids",
                               "SELECT device_id FROM device WHERE shard = ? AND person_id = ? AND revoked_at IS NULL"};
constexpr Sql kSelectLastNotice{"identity_select_last_notice",
                                "SELECT COALESCE(MAX(notice_number), 0) FROM device_notice WHERE shard = ? AND device_id = ?"};
constexpr Sql kInsertNotice{
    "identity_insert_notice",
    "INSERT INTO device_notice (shard, device_id, notice_number, template, noticed_at) VALUES (?, ?, ?, ?, ?)"};
constexpr Sql kDropNotices{"identity_drop_notices",
                           "DELETE FROM device_notice WHERE shard = ? AND device_id = ? AND notice_number <= ?"};
constexpr Sql kSelectNotices{
    "identity_select_notices",
    "SELECT notice_number, template, noticed_at FROM device_notice WHERE shard = ? AND device_id = ? AND notice_number > ? "
    "ORDER BY notice_number"};

}  // namespace

Identity::Identity(const Keys& keys, const Limits& limits, Parts parts)
    : limits_(limits),
      parts_(parts),
      code_key_(sealing::DeriveKey(keys.blind_index, "counter codes")),
      address_key_(sealing::DeriveKey(keys.blind_index, "enrolment addresses")),
      box_key_(sealing::DeriveKey(keys.data, "identity")) {}

// Bound to the person: the same digits are another hash for somebody else.
ByteArray<32> Identity::CodeHash(PersonId person, std::string_view code) const {
  return sm3::Hmac(code_key_.Expose(), {person.bytes(), AsBytes(code)});
}

Result<Device> Identity::DeviceFromRow(const Row& row) const {
  Device device;
  device.id = DeviceId(row[0].Array<16>());
  device.person = PersonId(row[1].Array<16>());
  device.public_key = row[2].Array<65>();
  auto name = sealing::OpenBox(box_key_, device.id.bytes(), row[3].Blob());
  if (!name) return Fault(persons::kPersonUnreadable, "device name");
  device.name = std::string(AsText(*name));
  device.enrolled_at = row[4].Time();
  device.low_limits_until = row[5].Time();
  if (!row[6].is_null()) device.revoked_at = row[6].Time();
  return device;
}

Result<Device> Identity::LoadDevice(storage::Reader& reader, DeviceId id) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectDevice, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kDeviceUnknown);
  YUKUAI_ASSIGN(Device device, DeviceFromRow(rows[0]));
  if (device.revoked_at) return Fault(kDeviceRevoked);
  return device;
}

Result<std::vector<Device>> Identity::DevicesOf(storage::Reader& reader, PersonId person) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectDevices, {int64_t{person.shard()}, person}));
  std::vector<Device> devices;
  for (const Row& row : rows) {
    YUKUAI_ASSIGN(Device device, DeviceFromRow(row));
    devices.push_back(std::move(device));
  }
  return devices;
}

Result<void> Identity::RevokeDevice(storage::Transaction& transaction, PersonId person, DeviceId id, const Actor& actor,
                                    Instant now) const {
  const int64_t shard = id.shard();
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectDevice, {shard, id}));
  if (rows.empty() || PersonId(rows[0][1].Array<16>()) != person) return Fault(kDeviceNotYours);
  if (!rows[0][6].is_null()) return {};
  YUKUAI_TRY(transaction.Execute(kRevokeDevice, {now, shard, id}));
  YUKUAI_TRY(Audit(transaction, person, "device_revoked", actor, "{\"device\":\"" + id.Text() + "\"}", now));
  return Notify(transaction, person, "device_revoked", actor.device, now);
}

Result<FreezeState> Identity::Freeze(storage::Transaction& transaction, PersonId person, const Actor& actor, Instant now) const {
  YUKUAI_ASSIGN(const bool changed, parts_.persons.Freeze(transaction, person, now));
  if (changed) {
    YUKUAI_TRY(Audit(transaction, person, "person_frozen", actor, {}, now));
    YUKUAI_TRY(Notify(transaction, person, "person_frozen", actor.device, now));
  }
  YUKUAI_ASSIGN(FreezeState state, FreezeStateOf(transaction, person, now));
  state.changed = changed;
  return state;
}

Result<FreezeState> Identity::Unfreeze(storage::Transaction& transaction, PersonId person, StaffId staff, Instant now) const {
  YUKUAI_ASSIGN(FreezeState state, FreezeStateOf(transaction, person, now));
  if (!state.frozen_since) return state;
  YUKUAI_ASSIGN(const bool changed, parts_.persons.Unfreeze(transaction, person));
  YUKUAI_TRY(Audit(transaction, person, "person_unfrozen", Actor::Clerk(staff), {}, now));
  YUKUAI_TRY(Notify(transaction, person, "person_unfrozen", std::nullopt, now));
  YUKUAI_ASSIGN(state, FreezeStateOf(transaction, person, now));
  state.changed = changed;
  return state;
}

Result<FreezeState> Identity::FreezeStateOf(storage::Reader& reader, PersonId person, Instant now) const {
  YUKUAI_ASSIGN(const persons::Person loaded, parts_.persons.Load(reader, person, now));
  YUKUAI_ASSIGN(const uint64_t version, parts_.persons.FreezeVersion(reader));
  return FreezeState{loaded.frozen_since, version};
}

Result<void> Identity::Audit(storage::Transaction& transaction, const audit::Whose& whose, std::string_view action,
                             const Actor& actor, std::string details, Instant now) const {
  if (actor.device && details.empty()) details = "{\"device\":\"" + actor.device->Text() + "\"}";
  const std::string who = actor.staff ? audit::ActorStaff(*actor.staff) : actor.device ? "person" : "system";
  auto appended = parts_.log.Append(transaction, {whose, std::string(action), who, {}, std::move(details)}, now);
  if (!appended) return std::move(appended).error();
  return {};
}

Result<void> Identity::Notify(storage::Transaction& transaction, PersonId person, std::string_view template_slug,
                              std::optional<DeviceId> except, Instant now) const {
  const int64_t shard = person.shard();
  YUKUAI_ASSIGN(const std::vector<Row> devices, transaction.Query(kSelectDeviceIds, {shard, person}));
  for (const Row& row : devices) {
    const DeviceId device(row[0].Array<16>());
    if (device == except) continue;
    YUKUAI_ASSIGN(const std::vector<Row> last, transaction.Query(kSelectLastNotice, {shard, device}));
    const int64_t number = last.at(0)[0].Int() + 1;
    YUKUAI_TRY(transaction.Execute(kInsertNotice, {shard, device, number, template_slug, now}));
    if (number > limits_.notices_max)
      YUKUAI_TRY(transaction.Execute(kDropNotices, {shard, device, number - limits_.notices_max}));
  }
  return {};
}

Result<std::vector<Notice>> Identity::Notices(storage::Reader& reader, DeviceId device, int64_t after) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectNotices, {int64_t{device.shard()}, device, after}));
  std::vector<Notice> notices;
  for (const Row& row : rows) notices.push_back({row[0].Int(), row[1].Text(), row[2].Time()});
  return notices;
}

}  // namespace yukuai::identity
