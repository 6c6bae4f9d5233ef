// SPDX-License-Identifier: Apache-2.0
// The register of consents: a disclosure of a field of a person, in a scene, for a purpose, is allowed only while a consent
// that names all four holds. Fields are slugs of the scene's vocabulary ("name", "adult").
//
// The caller writes the audit entry in the same transaction.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "platform/storage/storage.h"

namespace yukuai::consents {

extern const std::vector<storage::Migration> kSchema;

// In order of precedence.
inline constexpr Reason kConsentMalformed{Kind::kMalformed,
                                          "consent_malformed"};  // Scene, purpose or a field is no slug; no field.
inline constexpr Reason kConsentTermWrong{Kind::kMalformed, "consent_term_wrong"};  // Ends before it begins.
inline constexpr Reason kConsentUnknown{Kind::kNotFound, "consent_unknown"};        // Not there, or another person's.
inline constexpr Reason kConsentMissing{Kind::kRefused, "consent_missing"};         // No consent in force covers every field.

// What is asked of, or allowed by, a person.
struct Scope {
  std::string scene;  // Slugs: a-z, 0-9, '-', '_'; 1..64 characters.
  std::string purpose;
  std::set<std::string> fields;  // At most 64.
};

struct Consent {
  ConsentId id;
  PersonId person;
  Scope scope;
  Instant granted_at;
  Instant expires_at;  // In force during this second, not in the next.
  std::optional<Instant> withdrawn_at;

  bool InForce(Instant now) const;
};

// kConsentMalformed, kConsentTermWrong.
Result<Consent> Grant(storage::Transaction& transaction, PersonId person, const Scope& scope, Instant expires_at, Instant now,
                      Entropy& entropy);
// As easy as giving: by its id, at once. Withdrawing again keeps the first time. kConsentUnknown.
Result<Consent> Withdraw(storage::Transaction& transaction, PersonId person, ConsentId id, Instant now);
// The consent that allows the scope; one consent must cover all fields. kConsentMalformed, kConsentMissing.
Result<Consent> Check(storage::Reader& reader, PersonId person, const Scope& scope, Instant now);
Result<std::vector<Consent>> All(storage::Reader& reader, PersonId person);  // Oldest first, withdrawn and expired ones too.

}  // namespace yukuai::consents
