// SPDX-License-Identifier: Apache-2.0
// Clerks and what they do at the counter, see identity.h.
#include <algorithm>

#include "crypto/sm3/sm3.h"
#include "services/identity/identity.h"

namespace yukuai::identity {
namespace {

using storage::Row;
using storage::Sql;

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kCodeLength = 10;

constexpr Sql kInsertStaff{"identity_insert_staff",
                           "INSERT INTO staff (shard, staff_id, name, public_key, added_at) VALUES (?, ?, ?, ?, ?)"};
constexpr Sql kSelectStaff{"identity_select_staff",
                           "SELECT name, public_key, added_at, revoked_at FROM staff WHERE shard = ? AND staff_id = ?"};
constexpr Sql kRevokeStaff{"identity_revoke_staff",
                           "UPDATE staff SET revoked_at = ? WHERE shard = ? AND staff_id = ? AND revoked_at IS NULL"};
constexpr Sql kInsertCode{
    "identity_insert_counter_code",
    "INSERT INTO counter_code (shard, person_id, code_hash, staff_id, issued_at, expires_at, wrong_tries) VALUES "
    "(?, ?, ?, ?, ?, ?, 0)"};
constexpr Sql kReplaceCode{
    "identity_replace_counter_code",
    "UPDATE counter_code SET code_hash = ?, staff_id = ?, issued_at = ?, expires_at = ?, wrong_tries = 0, used_at = NULL "
    "WHERE shard = ? AND person_id = ?"};

// Each digit takes five bits of its own byte: no digit is likelier than another.
std::string NewCode(Entropy& entropy) {
  std::string code;
  for (const uint8_t byte : entropy.Take<kCodeLength>()) code.push_back(kDigits[byte & 31]);
  return code;
}

// Names hold no control characters: two characters are all that JSON minds.
std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

Result<Staff> Identity::AddStaff(storage::Transaction& transaction, std::string_view name, ByteSpan public_key,
                                 Instant now) const {
  const auto parsed = persons::Name::Parse(name);
  if (!parsed) return Fault(kStaffNameMalformed);
  if (!p256::IsPublicKey(public_key)) return Fault(kStaffKeyInvalid);
  Staff staff{StaffId::Make(now, 0, parts_.entropy), parsed->text(), {}, now};
  std::ranges::copy(public_key, staff.public_key.begin());
  YUKUAI_TRY(transaction.Execute(kInsertStaff, {int64_t{staff.id.shard()}, staff.id, staff.name, staff.public_key, now}));
  // The key itself: whoever asks later whether this clerk signed something needs it.
  YUKUAI_TRY(Audit(transaction, staff.id, "staff_added", {}, "{\"key\":\"" + ToHex(staff.public_key) + "\"}", now));
  return staff;
}

Result<void> Identity::RevokeStaff(storage::Transaction& transaction, StaffId id, Instant now) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectStaff, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kStaffUnknown);
  YUKUAI_ASSIGN(const int64_t revoked, transaction.Execute(kRevokeStaff, {now, int64_t{id.shard()}, id}));
  if (revoked == 0) return {};  // It was so already.
  return Audit(transaction, id, "staff_revoked", {}, {}, now);
}

Result<Staff> Identity::LoadStaff(storage::Reader& reader, StaffId id) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectStaff, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kStaffUnknown);
  const Row& row = rows[0];
  if (!row[3].is_null()) return Fault(kStaffRevoked);
  return Staff{id, row[0].Text(), row[1].Array<65>(), row[2].Time()};
}

Result<CounterCode> Identity::IssueCounterCode(storage::Transaction& transaction, StaffId staff_id,
                                               const identifiers::Document& document, const persons::Name& name,
                                               Instant now) const {
  YUKUAI_ASSIGN(const Staff staff, LoadStaff(transaction, staff_id));
  YUKUAI_ASSIGN(const persons::Person person, parts_.persons.LoadByDocument(transaction, document, now));
  if (!person.name.Matches(name)) return Fault(kPersonNameDiffers);

  const std::string code = NewCode(parts_.entropy);
  const Instant expires_at = now.PlusSeconds(limits_.counter_code_seconds);
  const ByteArray<32> hash = CodeHash(person.id, code);
  const int64_t shard = person.id.shard();
  YUKUAI_ASSIGN(const bool is_new, transaction.InsertIfAbsent(kInsertCode, {shard, person.id, hash, staff_id, now, expires_at}));
  if (!is_new) YUKUAI_TRY(transaction.Execute(kReplaceCode, {hash, staff_id, now, expires_at, shard, person.id}));
  YUKUAI_TRY(Audit(transaction, person.id, "counter_code_issued", Actor::Clerk(staff_id),
                   "{\"clerk\":" + JsonText(staff.name) + "}", now));
  YUKUAI_TRY(Notify(transaction, person.id, "counter_code_issued", std::nullopt, now));
  return CounterCode{person.id, code, expires_at};
}

}  // namespace yukuai::identity
