// SPDX-License-Identifier: Apache-2.0
// Consents in SQL, see consents.h.
#include "registers/consents/consents.h"

#include <algorithm>

namespace yukuai::consents {
namespace {

using storage::Row;
using storage::Sql;

constexpr size_t kSlugMax = 64;
constexpr size_t kFieldsMax = 64;

constexpr Sql kInsert{"consent_insert",
                      "INSERT INTO consent (shard, consent_id, person_id, scene, purpose, fields, granted_at, expires_at) VALUES "
                      "(?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kSelectOne{
    "consent_select",
    "SELECT consent_id, person_id, scene, purpose, fields, granted_at, expires_at, withdrawn_at FROM consent WHERE shard = ? AND "
    "consent_id = ?"};
constexpr Sql kSelectScope{
    "consent_select_scope",
    "SELECT consent_id, person_id, scene, purpose, fields, granted_at, expires_at, withdrawn_at FROM consent WHERE shard = ? AND "
    "person_id = ? AND scene = ? AND purpose = ? AND withdrawn_at IS NULL ORDER BY granted_at, consent_id"};
constexpr Sql kSelectAll{
    "consent_select_all",
    "SELECT consent_id, person_id, scene, purpose, fields, granted_at, expires_at, withdrawn_at FROM consent WHERE shard = ? AND "
    "person_id = ? ORDER BY granted_at, consent_id"};
constexpr Sql kWithdraw{"consent_withdraw",
                        "UPDATE consent SET withdrawn_at = ? WHERE shard = ? AND consent_id = ? AND withdrawn_at IS NULL"};

bool IsSlug(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= kSlugMax && std::ranges::all_of(text, allowed);
}

Result<void> Validate(const Scope& scope) {
  const bool right = IsSlug(scope.scene) && IsSlug(scope.purpose) && !scope.fields.empty() && scope.fields.size() <= kFieldsMax &&
                     std::ranges::all_of(scope.fields, IsSlug);
  if (!right) return Fault(kConsentMalformed);
  return {};
}

// Slugs hold no blank, so one blank separates them.
std::string Joined(const std::set<std::string>& fields) {
  std::string text;
  for (const std::string& field : fields) text += (text.empty() ? "" : " ") + field;
  return text;
}

std::set<std::string> Split(std::string_view text) {
  std::set<std::string> fields;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    fields.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

Consent FromRow(const Row& row) {
  return {ConsentId(row[0].Array<16>()),
          PersonId(row[1].Array<16>()),
          {row[2].Text(), row[3].Text(), Split(row[4].Text())},
          row[5].Time(),
          row[6].Time(),
          row[7].is_null() ? std::nullopt : std::optional(row[7].Time())};
}

}  // namespace

bool Consent::InForce(Instant now) const { return !withdrawn_at && granted_at <= now && now.seconds() <= expires_at.seconds(); }

Result<Consent> Grant(storage::Transaction& transaction, PersonId person, const Scope& scope, Instant expires_at, Instant now,
                      Entropy& entropy) {
  YUKUAI_TRY(Validate(scope));
  if (expires_at < now) return Fault(kConsentTermWrong);
  const Consent consent{ConsentId::Make(now, person.shard(), entropy), person, scope, now, expires_at, std::nullopt};
  YUKUAI_TRY(transaction.Execute(
      kInsert, {int64_t{person.shard()}, consent.id, person, scope.scene, scope.purpose, Joined(scope.fields), now, expires_at}));
  return consent;
}

Result<Consent> Withdraw(storage::Transaction& transaction, PersonId person, ConsentId id, Instant now) {
  const int64_t shard = person.shard();
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectOne, {shard, id}));
  if (rows.empty()) return Fault(kConsentUnknown);
  Consent consent = FromRow(rows[0]);
  if (consent.person != person) return Fault(kConsentUnknown);
  if (consent.withdrawn_at) return consent;
  YUKUAI_ASSIGN(const int64_t withdrawn, transaction.Execute(kWithdraw, {now, shard, id}));
  if (withdrawn != 1) return Fault(storage::kStorageBusy, "another writer withdraws the consent");
  consent.withdrawn_at = now;
  return consent;
}

Result<Consent> Check(storage::Reader& reader, PersonId person, const Scope& scope, Instant now) {
  YUKUAI_TRY(Validate(scope));
  YUKUAI_ASSIGN(const std::vector<Row> rows,
                reader.Query(kSelectScope, {int64_t{person.shard()}, person, scope.scene, scope.purpose}));
  for (const Row& row : rows) {
    Consent consent = FromRow(row);
    if (consent.InForce(now) && std::ranges::includes(consent.scope.fields, scope.fields)) return consent;
  }
  return Fault(kConsentMissing);
}

Result<std::vector<Consent>> All(storage::Reader& reader, PersonId person) {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectAll, {int64_t{person.shard()}, person}));
  std::vector<Consent> consents;
  for (const Row& row : rows) consents.push_back(FromRow(row));
  return consents;
}

}  // namespace yukuai::consents
