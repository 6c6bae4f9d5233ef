// SPDX-License-Identifier: Apache-2.0
// For tests: an issuer with keys of its own over a database, and phones that complete its templates.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "formats/code/sample_codes_test.h"
#include "platform/storage/scratch.h"
#include "registers/ledger/ledger.h"
#include "services/codes/codes.h"

namespace yukuai::codes {

struct SampleIssuer {
  // 04:26:40 in China, so the service day has just begun and yesterday's grants are alive until eight.
  const Instant now = Instant::FromSeconds(code::SampleCity::kNow);

  code::SampleCity city;
  SeededEntropy entropy{17};
  persons::Keys person_keys{Secret(entropy.Take<32>()), Secret(entropy.Take<32>())};
  sm2::PrivateKey list_key = sm2::PrivateKey::Generate(entropy);
  audit::Log log{audit::Keys{audit_proof::MapSecret(ByteArray<32>{7}), sm2::PrivateKey::Generate(entropy)}, entropy};
  persons::Register persons{person_keys, entropy};
  code::Aliases aliases{AsBytes("alias key of the sample issuer"), AsBytes("card key of the sample issuer"),
                        code::CardRange{*code::ParseDecimal4("65000001"), "3104", uint64_t{1} << 30}};
  code::Verifier verifier{Profile(), city.roots()};
  Codes codes{MakeIssuing(), MakeParts()};

  static code::Profile Profile() {
    code::Profile profile;
    profile.name = "sample";
    for (const std::string_view issuer : {"65000001", "65000002"})
      profile.permitted.push_back({*code::ParseDecimal4(issuer), *code::ParseDecimal4("65000101")});
    return profile;
  }
  Issuing MakeIssuing() const {
    Issuing issuing;
    issuing.certificate = *code::BuildCertificate(city.certificate_content(), city.root, city.id);
    issuing.issuer = *code::ParseDecimal4("65000001");
    issuing.platform = *code::ParseDecimal4("65000101");
    issuing.amount_cap = Money::Fen(2000);
    issuing.clearing_groups = {1, 2};
    return issuing;
  }
  Codes::Parts MakeParts() { return {city.issuer, list_key, aliases, verifier, persons, log, entropy}; }

  // A person with open accounts and a phone.
  struct Resident {
    PersonId id;
    PersonIndex index;
    DeviceId device;
  };
  Resident Admit(storage::Database& database, int sequence, Money balance,
                 persons::Concession concession = persons::Concession::kOrdinary) {
    persons::Created created;
    const auto done = database.Transact([&](storage::Transaction& t) -> Result<void> {
      const identifiers::Document document(identifiers::CitizenId::Make("500103", {1987, 6, 15}, sequence));
      YUKUAI_ASSIGN(created, persons.Create(t, {document, *persons::Name::Parse("张三"), concession, "counter"}, now));
      YUKUAI_TRY(ledger::OpenShardAccounts(t, created.id.shard(), now));
      YUKUAI_TRY(ledger::OpenPersonAccounts(t, created.id, now));
      if (balance == Money()) return {};
      ledger::Transfer opening;
      opening.id = ledger::TransferFor("opening", created.id);
      opening.from = ledger::OpeningOf(created.id.shard());
      opening.to = ledger::BalanceOf(created.id);
      opening.amount = balance;
      opening.purpose = "opening";
      YUKUAI_ASSIGN(const auto outcome, ledger::PostOne(t, now, opening));
      YUKUAI_CHECK(outcome.ok());
      return {};
    });
    YUKUAI_CHECK(done.ok());
    return {created.id, created.index, DeviceId::Make(now, created.id.shard(), entropy)};
  }

  GrantRequest RequestOf(const Resident& resident, uint16_t clearing_group = 1) const {
    const auto& key = city.user.public_key().compressed();
    return {resident.id, resident.device, clearing_group, Bytes(key.begin(), key.end())};
  }
  // Prepares and commits: the slug of the refusal, or "made".
  std::string Ask(storage::Database& database, const GrantRequest& request, Instant at, Grant* made = nullptr) const {
    const auto reader = database.Read().value();
    const auto grant = codes.Prepare(*reader, request, at);
    if (!grant.ok()) return std::string(grant.error().reason.slug);
    const auto done = database.Transact([&](storage::Transaction& t) { return codes.Commit(t, *grant, at); });
    if (!done.ok()) return std::string(done.error().reason.slug);
    if (made != nullptr) *made = *grant;
    return "made";
  }
  // What a phone shows at this time.
  Bytes Show(const Grant& grant, Instant at) const { return *code::CompleteCode(grant.code_template, at, city.user, city.id); }
};

}  // namespace yukuai::codes
