// SPDX-License-Identifier: Apache-2.0
// Identity: how a phone comes to act for a person, and how that ends.
//
// A named clerk sees the person and the document and issues a counter code; whoever knows name, number and code binds the key
// of a device to the person. From then on the device signs the person's requests. Freezing stops every carrier of the person.
//
// Every change of a person's record appends the audit entry in the same transaction and leaves a notice to the devices the
// person already has; every change of a clerk's record appends to the clerk's own history. Nothing here reads a clock: `now` is
// an argument.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/secret/secret.h"
#include "base/time/time.h"
#include "crypto/p256/p256.h"
#include "crypto/sealing/sealing.h"
#include "formats/identifiers/document.h"
#include "platform/audit/audit.h"
#include "platform/storage/storage.h"
#include "registers/persons/persons.h"

namespace yukuai::identity {

extern const std::vector<storage::Migration> kSchema;

// Staff. In order of precedence.
inline constexpr Reason kStaffNameMalformed{Kind::kMalformed, "staff_name_malformed"};
inline constexpr Reason kStaffKeyInvalid{Kind::kMalformed, "staff_key_invalid"};  // Not a point on P-256.
inline constexpr Reason kStaffUnknown{Kind::kUnauthenticated, "staff_unknown"};
inline constexpr Reason kStaffRevoked{Kind::kForbidden, "staff_revoked"};

// Counter, to a clerk who is known: persons' own kPersonUnknown, then
inline constexpr Reason kPersonNameDiffers{Kind::kConflict, "person_name_differs"};

// Enrolling. In order of precedence. Of the first three the sender can see that they are wrong by himself.
inline constexpr Reason kDeviceKeyInvalid{Kind::kMalformed, "device_key_invalid"};
inline constexpr Reason kDeviceNameMalformed{Kind::kMalformed, "device_name_malformed"};
inline constexpr Reason kCounterCodeMalformed{Kind::kMalformed, "counter_code_malformed"};
// The one answer to a wrong name, an unknown number, and a code that is wrong, expired, used or dead.
inline constexpr Reason kEnrolmentRefused{Kind::kRefused, "enrolment_refused"};
// The same, from an address that failed too often today. A right code is never answered with it.
inline constexpr Reason kEnrolmentLimited{Kind::kLimited, "enrolment_limited"};
// Told only to somebody whose details were right.
inline constexpr Reason kDevicesTooMany{Kind::kConflict, "devices_too_many"};

// Devices.
inline constexpr Reason kDeviceUnknown{Kind::kUnauthenticated, "device_unknown"};
inline constexpr Reason kDeviceRevoked{Kind::kForbidden, "device_revoked"};
inline constexpr Reason kDeviceNotYours{Kind::kNotFound, "device_not_yours"};

struct Limits {
  int64_t counter_code_seconds = 24 * 3600;
  int64_t wrong_tries_max = 5;             // With the last of them the code is dead.
  int64_t address_failures_max = 20;       // A day. Beyond it wrong tries are limited and not counted against codes.
  int64_t devices_max = 10;                // Of a person, not revoked.
  int64_t new_device_seconds = 72 * 3600;  // How long a device has low limits.
  int64_t notices_max = 100;               // Kept for each device.
};

struct Staff {
  StaffId id;
  std::string name;
  p256::PublicKeyBytes public_key{};
  Instant added_at;
};

struct Device {
  DeviceId id;
  PersonId person;
  p256::PublicKeyBytes public_key{};
  std::string name;
  Instant enrolled_at;
  Instant low_limits_until;
  std::optional<Instant> revoked_at;

  bool HasLowLimits(Instant now) const { return now < low_limits_until; }
};

// The text is for the person's eyes, once: ten Crockford digits in upper case. Only its HMAC is stored.
struct CounterCode {
  PersonId person;
  std::string text;
  Instant expires_at;  // Good during this second, not in the next.
};

struct EnrolmentRequest {
  identifiers::Document document;
  persons::Name name;
  std::string counter_code;  // As typed: either case, I and L for 1, O for 0, blanks and hyphens between.
  Bytes device_public_key;   // 65 bytes; whoever calls has verified the request's signature under it.
  std::string device_name;
  std::string address;  // Of the sender, as text; kept as a keyed hash for a day.
};
struct Enrolled {
  PersonId person;
  DeviceId device;
  std::string name_masked;
  Instant enrolled_at;
};
// A refusal is an outcome, not a fault: the try is written down and must be committed.
struct Refusal {
  Reason reason;
};
using Enrolment = std::variant<Enrolled, Refusal>;

// Who acts: the person by a device, a clerk, or the program itself.
struct Actor {
  std::optional<DeviceId> device;
  std::optional<StaffId> staff;

  static Actor Person(DeviceId device) { return {device, std::nullopt}; }
  static Actor Clerk(StaffId staff) { return {std::nullopt, staff}; }
};

struct FreezeState {
  std::optional<Instant> frozen_since;
  uint64_t list_version = 1;  // The freeze list that has this state.
  bool changed = false;       // False: it was so already, nothing was written.
};

struct Notice {
  int64_t number = 0;
  std::string template_slug;  // "device_enrolled", "counter_code_issued", "person_frozen", "person_unfrozen", "device_revoked"
  Instant at;
};

struct Keys {
  Secret<ByteArray<32>> blind_index;
  Secret<ByteArray<32>> data;
};

// Thread-safe as far as the readers and transactions handed to it are not shared.
class Identity {
 public:
  struct Parts {
    const persons::Register& persons;
    audit::Log& log;
    Entropy& entropy;
  };
  // The parts outlive it.
  Identity(const Keys& keys, const Limits& limits, Parts parts);

  // Staff.
  Result<Staff> AddStaff(storage::Transaction& transaction, std::string_view name, ByteSpan public_key, Instant now) const;
  Result<void> RevokeStaff(storage::Transaction& transaction, StaffId id, Instant now) const;
  Result<Staff> LoadStaff(storage::Reader& reader, StaffId id) const;  // Who may sign now: kStaffUnknown, kStaffRevoked.

  // The counter. The clerk has seen the person and the document; a new code ends the one before.
  Result<CounterCode> IssueCounterCode(storage::Transaction& transaction, StaffId staff, const identifiers::Document& document,
                                       const persons::Name& name, Instant now) const;

  // Enrolment.
  Result<Enrolment> Enrol(storage::Transaction& transaction, const EnrolmentRequest& request, Instant now) const;

  // Devices.
  Result<Device> LoadDevice(storage::Reader& reader, DeviceId id) const;  // Who may sign now: kDeviceUnknown, kDeviceRevoked.
  Result<std::vector<Device>> DevicesOf(storage::Reader& reader, PersonId person) const;  // Not revoked, oldest first.
  // By the person or at the counter. Revoking again changes nothing. kDeviceNotYours.
  Result<void> RevokeDevice(storage::Transaction& transaction, PersonId person, DeviceId id, const Actor& actor,
                            Instant now) const;

  // Freezing. Doing it again gives the same answer and changes nothing. kPersonUnknown.
  Result<FreezeState> Freeze(storage::Transaction& transaction, PersonId person, const Actor& actor, Instant now) const;
  // At the counter only: whoever holds a stolen phone must not be able to undo the freeze.
  Result<FreezeState> Unfreeze(storage::Transaction& transaction, PersonId person, StaffId staff, Instant now) const;
  Result<FreezeState> FreezeStateOf(storage::Reader& reader, PersonId person, Instant now) const;

  // What a device should tell its holder, after number `after`, oldest first.
  Result<std::vector<Notice>> Notices(storage::Reader& reader, DeviceId device, int64_t after) const;

 private:
  struct Candidate;
  Result<Candidate> Judge(storage::Reader& reader, const EnrolmentRequest& request, std::string_view code, Instant now) const;
  Result<Enrolled> Bind(storage::Transaction& transaction, const EnrolmentRequest& request, const Candidate& candidate,
                        Instant now) const;
  Result<Refusal> WriteDownFailure(storage::Transaction& transaction, const EnrolmentRequest& request, const Candidate& candidate,
                                   Instant now) const;
  Result<void> Notify(storage::Transaction& transaction, PersonId person, std::string_view template_slug,
                      std::optional<DeviceId> except, Instant now) const;
  Result<void> Audit(storage::Transaction& transaction, const audit::Whose& whose, std::string_view action, const Actor& actor,
                     std::string details, Instant now) const;
  ByteArray<32> CodeHash(PersonId person, std::string_view code) const;
  Result<Device> DeviceFromRow(const storage::Row& row) const;

  Limits limits_;
  Parts parts_;
  Secret<ByteArray<32>> code_key_;
  Secret<ByteArray<32>> address_key_;
  sealing::BoxKey box_key_;
};

// Ten Crockford digits in upper case, or nothing. Blanks and hyphens are dropped, I and L read as 1, O as 0.
std::optional<std::string> NormaliseCounterCode(std::string_view typed);

}  // namespace yukuai::identity
