// SPDX-License-Identifier: Apache-2.0
// The life of a code on the issuer's side: apply and make (a ride grant), verify (resolve what a terminal read to a person),
// revoke (freeze lists). Showing happens on the phone.
//
// Making is split so that the writer is never kept by a signature: Prepare reads, judges and signs; Commit judges again what
// may have changed and writes, with the audit entry, in the caller's transaction.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sm2/sm2.h"
#include "formats/code/alias.h"
#include "formats/code/code.h"
#include "formats/code/verify.h"
#include "platform/audit/audit.h"
#include "platform/storage/storage.h"
#include "registers/persons/persons.h"

namespace yukuai::codes {

extern const std::vector<storage::Migration> kSchema;

// In order of precedence.
inline constexpr Reason kGrantKeyInvalid{Kind::kMalformed, "grant_key_invalid"};  // Not a point on the SM2 curve.
inline constexpr Reason kClearingGroupUnknown{Kind::kNotFound, "clearing_group_unknown"};
inline constexpr Reason kPersonFrozen{Kind::kRefused, "person_frozen"};
inline constexpr Reason kReceivableOutstanding{Kind::kRefused, "receivable_outstanding"};
inline constexpr Reason kGrantsTooMany{Kind::kLimited, "grants_too_many"};
inline constexpr Reason kPersonOutOfRange{Kind::kInternal, "person_out_of_range"};  // The issuer's range is full.

// A phone asks for one grant a day; reloading, a second tab and a second phone are covered.
inline constexpr int64_t kGrantsPerDeviceAndDayMax = 50;

struct Issuing {
  code::CertificateBytes certificate{};
  code::Decimal4 issuer{};
  code::Decimal4 platform{};
  Money amount_cap;
  int validity_seconds = 120;
  uint8_t alias_epoch = 0;
  code::ServiceDayRule service_day;
  std::vector<uint16_t> clearing_groups;
};

struct GrantRequest {
  PersonId person;
  DeviceId device;
  uint16_t clearing_group = 0;
  Bytes user_key;  // Compressed, 33 bytes; not yet checked.
};

struct Grant {
  GrantId id;
  GrantRequest request;
  Bytes code_template;  // Fields 1..15.
  code::ServiceDay service_day = 0;
  Instant not_after;
};

// What a code read by a terminal came to.
struct Resolved {
  std::optional<Reason> refusal;  // Of the offline verification, or kPersonUnknown when nobody stands behind it.
  std::optional<PersonIndex> person;
  code::ServiceDay service_day = 0;
  uint16_t clearing_group = 0;
  std::optional<code::AccountType> account_type;
  std::optional<Money> cap;
};

class Codes {
 public:
  struct Parts {
    const sm2::PrivateKey& issuer_key;
    const sm2::PrivateKey& list_key;
    const code::Aliases& aliases;
    const code::Verifier& verifier;
    const persons::Register& persons;
    audit::Log& log;
    Entropy& entropy;
  };
  Codes(Issuing issuing, Parts parts);

  Result<Grant> Prepare(storage::Reader& reader, const GrantRequest& request, Instant now) const;
  Result<void> Commit(storage::Transaction& transaction, const Grant& grant, Instant now) const;

  // The whole offline verification at the given time, and who is behind it. Codes of other issuers are refused.
  Resolved Resolve(ByteSpan presented, Instant at) const;

  // The freeze list of one clearing group, signed: card accounts of every frozen person for each service day whose grants may
  // still be alive. Its version is the persons' freeze version; expires_at bounds how long terminals trust it.
  Result<Bytes> BuildFreezeList(storage::Reader& reader, uint16_t clearing_group, Instant now) const;

  const Issuing& issuing() const { return issuing_; }

 private:
  Result<void> Judge(storage::Reader& reader, const GrantRequest& request, code::ServiceDay day, Instant now) const;

  Issuing issuing_;
  Parts parts_;
};

}  // namespace yukuai::codes
