// SPDX-License-Identifier: Apache-2.0
// Who a code is of, said so that only the issuer can read it: the tag in the issuer field, the card account number and the
// payment account number are computed from the person's index and back, without a table (docs/formats/code.md).
//
// Unique within a period; numbers recur in later periods, so whatever stores one stores the period beside it.
#pragma once

#include <optional>

#include "base/ids/ids.h"
#include "base/secret/secret.h"
#include "crypto/permutation/permutation.h"
#include "crypto/sm4/sm4.h"
#include "formats/code/code.h"

namespace yukuai::code {

// Ends of service days. A ride at 03:59 belongs to the day before.
struct ServiceDayRule {
  int day_end_hour = 4;       // 0..23, UTC+8
  int journey_hours_max = 4;  // 0..23
  bool IsValid() const { return day_end_hour >= 0 && day_end_hour < 24 && journey_hours_max >= 0 && journey_hours_max < 24; }
};
using ServiceDay = uint32_t;  // Days since 1970-01-01: the date on which the service day began.
ServiceDay ServiceDayOf(Instant at, const ServiceDayRule& rule);
Instant ServiceDayEnd(ServiceDay day, const ServiceDayRule& rule);
// Field 11 of a ride grant: end of the day plus the longest journey. The same for everybody.
Instant AuthorisationExpiry(ServiceDay day, const ServiceDayRule& rule);
// The period of a ride code, read back from field 11; nothing when no service day ends like that.
std::optional<ServiceDay> PeriodFromExpiry(int64_t authorisation_expiry_seconds, const ServiceDayRule& rule);

enum class GrantKind : uint8_t { kRide = 1, kGeneral = 2, kMember = 3 };
using Tag = ByteArray<16>;

// Field 14 of a 渝快码: kind 1, epoch 1, scope 2, tag 16.
//   01 00 0001 5b3e… (16)   a ride grant of clearing group 1, made under alias epoch 0
struct IssuerField {
  static constexpr size_t kLength = 20;
  static constexpr size_t kTagOffset = 4;
  GrantKind kind = GrantKind::kRide;
  uint8_t epoch = 0;
  uint16_t scope = 0;  // Clearing group (ride), 0 (general), organisation number (member).
  Tag tag{};
};
ByteArray<IssuerField::kLength> EncodeIssuerField(const IssuerField& content);
// Nothing for fields of other issuers: another length, an unknown kind, a general grant with a scope.
std::optional<IssuerField> ParseIssuerField(ByteSpan issuer_field);

// The issuer's range of card account numbers: the digits before the free ones, and how many person indexes there can be.
struct CardRange {
  Decimal4 issuer{};
  std::string prefix;           // 1..14 digits
  uint64_t capacity = 0;        // Person indexes are below it.
  bool IsValid() const;         // Digits, and room for at least one counter.
  uint64_t CounterEnd() const;  // Counters are below it: floor(10^free digits / capacity).
};

// What a tag hides. The counter of a ride tag is the service day.
struct TagContent {
  PersonIndex person;
  uint32_t counter = 0;
  friend bool operator==(const TagContent&, const TagContent&) = default;
};
// What an account number hides. Counters 0..999 are clearing groups of ride grants.
struct AccountContent {
  PersonIndex person;
  uint64_t counter = 0;
  friend bool operator==(const AccountContent&, const AccountContent&) = default;
};

// Holds keys; thread-safe.
class Aliases {
 public:
  // Keys of at least 16 bytes each. The range must be valid.
  Aliases(ByteSpan alias_key, ByteSpan card_number_key, CardRange range);

  // The tag for a field of this kind, epoch and scope, which are in the key: tags of two clearing groups do not match. The
  // person index is below 2^48.
  Tag MakeTag(const IssuerField& field, const TagContent& content) const;
  // Nothing for a tag that was not made under this key, kind, epoch and scope (but for one in 2^48).
  std::optional<TagContent> ResolveTag(const IssuerField& field) const;

  // Nothing when the person or the counter has no room in the range.
  std::optional<Decimal10> MakeCardAccount(ServiceDay period, const AccountContent& content) const;
  std::optional<PaymentAccount> MakePaymentAccount(ServiceDay period, const AccountContent& content) const;
  // Nothing for a number outside the range. A number of another period resolves to some other person: take the period
  // from the code or the record, never guess it.
  std::optional<AccountContent> ResolveCardAccount(ServiceDay period, ByteSpan card_account) const;
  std::optional<AccountContent> ResolvePaymentAccount(ServiceDay period, ByteSpan payment_account) const;

  const CardRange& range() const { return range_; }

 private:
  sm4::Key TagKey(const IssuerField& field) const;
  std::optional<uint64_t> NumberOf(const AccountContent& content) const;
  std::optional<AccountContent> ContentOf(uint64_t number) const;
  Bytes CardTweak(ServiceDay period) const;
  Bytes PaymentTweak(ServiceDay period) const;

  Secret<Bytes> alias_key_;
  CardRange range_;
  permutation::NumberPermutation card_numbers_;
  permutation::NumberPermutation payment_numbers_;
};

}  // namespace yukuai::code
