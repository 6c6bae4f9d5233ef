// SPDX-License-Identifier: Apache-2.0
#include "services/codes/codes.h"

#include <algorithm>

#include "formats/lists/freeze_list.h"
#include "registers/ledger/ledger.h"

namespace yukuai::codes {
namespace {

using storage::Sql;

constexpr Sql kCountGrants{"codes_count_grants",
                           "SELECT COUNT(*) FROM ride_grant WHERE shard = ? AND device = ? AND service_day = ?"};
constexpr Sql kInsertGrant{"codes_insert_grant",
                           "INSERT INTO ride_grant (shard, grant_id, person, device, clearing_group, service_day, user_key, "
                           "made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};

// Terminals may trust a list this long; a scene may demand a younger one (list_age_max_hours).
constexpr int64_t kFreezeListSeconds = 48 * 3600;

ByteSpan InstitutionOf(const code::CertificateBytes& certificate) {
  return ByteSpan(certificate)
      .subspan(code::item::kInstitution.offset - code::field::kCertificate.offset, code::item::kInstitution.length);
}

}  // namespace

Codes::Codes(Issuing issuing, Parts parts) : issuing_(std::move(issuing)), parts_(parts) {}

Result<void> Codes::Judge(storage::Reader& reader, const GrantRequest& request, code::ServiceDay day, Instant now) const {
  YUKUAI_ASSIGN(const persons::Person person, parts_.persons.Load(reader, request.person, now));
  if (person.frozen()) return Fault(kPersonFrozen);
  YUKUAI_ASSIGN(const ledger::AccountState receivable, ledger::Balance(reader, ledger::ReceivableOf(request.person)));
  if (receivable.balance < Money()) return Fault(kReceivableOutstanding);
  YUKUAI_ASSIGN(const auto made, reader.Query(kCountGrants, {request.person.shard(), request.device, int64_t{day}}));
  if (made[0][0].Int() >= kGrantsPerDeviceAndDayMax) return Fault(kGrantsTooMany);
  return {};
}

Result<Grant> Codes::Prepare(storage::Reader& reader, const GrantRequest& request, Instant now) const {
  const auto user_key = sm2::PublicKey::Parse(request.user_key);
  if (!user_key) return Fault(kGrantKeyInvalid);
  if (std::ranges::count(issuing_.clearing_groups, request.clearing_group) == 0) return Fault(kClearingGroupUnknown);
  const code::ServiceDay day = code::ServiceDayOf(now, issuing_.service_day);
  YUKUAI_TRY(Judge(reader, request, day, now));
  YUKUAI_ASSIGN(const persons::Person person, parts_.persons.Load(reader, request.person, now));

  const code::AccountContent account{person.index, request.clearing_group};
  const auto card_account = parts_.aliases.MakeCardAccount(day, account);
  const auto payment_account = parts_.aliases.MakePaymentAccount(day, account);
  if (!card_account || !payment_account) return Fault(kPersonOutOfRange);
  code::IssuerField field;
  field.kind = code::GrantKind::kRide;
  field.epoch = issuing_.alias_epoch;
  field.scope = request.clearing_group;
  field.tag = parts_.aliases.MakeTag(field, {person.index, day});

  code::TemplateContent content;
  content.certificate = issuing_.certificate;
  content.payment_account = *payment_account;
  content.card_account = *card_account;
  content.issuer = issuing_.issuer;
  content.platform = issuing_.platform;
  content.account_type = static_cast<code::AccountType>(person.concession);
  content.amount_cap = issuing_.amount_cap;
  content.user_key = user_key->compressed();
  content.authorisation_expiry = code::AuthorisationExpiry(day, issuing_.service_day);
  content.validity_seconds = issuing_.validity_seconds;
  const auto field_bytes = code::EncodeIssuerField(field);
  content.issuer_field = Bytes(field_bytes.begin(), field_bytes.end());

  Grant grant;
  YUKUAI_ASSIGN(grant.code_template, code::BuildTemplate(content, parts_.issuer_key, AsBytes(sm2::kDefaultId)));
  grant.id = GrantId::Make(now, request.person.shard(), parts_.entropy);
  grant.request = request;
  grant.service_day = day;
  grant.not_after = content.authorisation_expiry;
  return grant;
}

Result<void> Codes::Commit(storage::Transaction& transaction, const Grant& grant, Instant now) const {
  const GrantRequest& request = grant.request;
  YUKUAI_TRY(Judge(transaction, request, grant.service_day, now));
  YUKUAI_TRY(transaction.Execute(
      kInsertGrant, {request.person.shard(), grant.id, request.person, request.device, static_cast<int>(request.clearing_group),
                     int64_t{grant.service_day}, request.user_key, now}));
  audit::Entry entry;
  entry.whose = request.person;
  entry.action = "grant_made";
  entry.actor = "device:" + request.device.Text();
  entry.scene = "";
  entry.details = "{\"clearing_group\":" + std::to_string(request.clearing_group) + ",\"service_day\":\"" +
                  ToText(CivilFromDays(grant.service_day)) + "\"}";
  YUKUAI_TRY(parts_.log.Append(transaction, entry, now));
  return {};
}

Resolved Codes::Resolve(ByteSpan presented, Instant at) const {
  Resolved resolved;
  const code::Verdict verdict = parts_.verifier.Verify(presented, at);
  if (!verdict.accepted()) {
    resolved.refusal = *verdict.reason;
    return resolved;
  }
  const code::View& view = *verdict.view;
  resolved.account_type = static_cast<code::AccountType>(view.account_type());
  resolved.cap = view.amount_cap();
  const auto field = code::ParseIssuerField(view.issuer_field());
  const auto content = field ? parts_.aliases.ResolveTag(*field) : std::nullopt;
  // The number of the issuer is whatever the signer wrote; the institution in the certificate is what the root vouches for.
  const bool ours = std::ranges::equal(view.issuer(), issuing_.issuer) &&
                    std::ranges::equal(view.institution(), InstitutionOf(issuing_.certificate));
  if (!content || !ours || field->kind != code::GrantKind::kRide) {
    resolved.refusal = persons::kPersonUnknown;
    return resolved;
  }
  resolved.person = content->person;
  resolved.service_day = content->counter;
  resolved.clearing_group = field->scope;
  return resolved;
}

Result<Bytes> Codes::BuildFreezeList(storage::Reader& reader, uint16_t clearing_group, Instant now) const {
  YUKUAI_ASSIGN(const uint64_t version, parts_.persons.FreezeVersion(reader));
  YUKUAI_ASSIGN(const auto frozen, parts_.persons.FrozenPersons(reader));
  // Grants of the current service day, of earlier ones that have not expired, and of the next, which begins while the list is
  // still trusted.
  const code::ServiceDay today = code::ServiceDayOf(now, issuing_.service_day);
  const code::ServiceDay last = code::ServiceDayOf(now.PlusSeconds(kFreezeListSeconds), issuing_.service_day);
  code::ServiceDay first = today;
  while (first > 0 && code::AuthorisationExpiry(first - 1, issuing_.service_day) >= now) --first;

  lists::FreezeListContent content;
  content.version = version;
  content.issued_at = now;
  content.expires_at = now.PlusSeconds(kFreezeListSeconds);
  content.clearing_group = clearing_group;
  for (const persons::FrozenPerson& person : frozen) {
    for (code::ServiceDay day = first; day <= last; ++day) {
      const auto account = parts_.aliases.MakeCardAccount(day, {person.index, clearing_group});
      if (!account) return Fault(kPersonOutOfRange);
      content.card_accounts.push_back(*account);
    }
  }
  return lists::BuildFreezeList(content, parts_.list_key, parts_.entropy);
}

}  // namespace yukuai::codes
