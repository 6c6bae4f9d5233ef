// SPDX-License-Identifier: Apache-2.0
// Whether a code is good: the whole offline verification of docs/formats/code.md, pure, with one stable reason per check.
// A terminal without network and the server run this same class. Cheap checks come before the three signatures; the
// certificate's is remembered by its bytes.
//
// Where the parts of a new check go: docs/architecture.md, "Where a new thing goes".
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "crypto/sm2/known_keys.h"
#include "formats/code/code.h"
#include "formats/code/profile.h"

namespace yukuai::code {

// In order of precedence, with those of code.h in their places: code_length, code_version, code_length_field, …
inline constexpr Reason kCodeVersion{Kind::kRefused, "code_version"};
inline constexpr Reason kCertificateHeaderWrong{Kind::kMalformed, "certificate_header"};
inline constexpr Reason kCertificateDate{Kind::kMalformed, "certificate_date"};
inline constexpr Reason kCertificateExpired{Kind::kRefused, "certificate_expired"};
inline constexpr Reason kRootUnknown{Kind::kRefused, "root_unknown"};
inline constexpr Reason kRootExpired{Kind::kRefused, "root_expired"};
// … payment_account …
inline constexpr Reason kAccountTypeRefused{Kind::kRefused, "account_type"};
inline constexpr Reason kAuthorisationExpired{Kind::kRefused, "authorisation_expired"};
// … issuer_field_length …
inline constexpr Reason kValidityTooLong{Kind::kRefused, "validity_too_long"};
inline constexpr Reason kGeneratedInFuture{Kind::kRefused, "generated_in_future"};
inline constexpr Reason kGeneratedAfterAuthorisation{Kind::kRefused, "generated_after_authorisation"};
inline constexpr Reason kCodeExpired{Kind::kRefused, "code_expired"};
// … not_decimal (card account, issuer, platform) …
inline constexpr Reason kIssuerNotPermitted{Kind::kRefused, "issuer_not_permitted"};
inline constexpr Reason kCertificateFormatWrong{Kind::kMalformed, "certificate_format"};
// … not_decimal (institution) …
inline constexpr Reason kCertificateSignature{Kind::kRefused, "certificate_signature"};
inline constexpr Reason kSignatureFormat{Kind::kMalformed, "signature_format"};
inline constexpr Reason kIssuerSignature{Kind::kRefused, "issuer_signature"};
// … signature_format of the user's signature …
inline constexpr Reason kUserKey{Kind::kMalformed, "user_key"};
inline constexpr Reason kUserSignature{Kind::kRefused, "user_signature"};

// The numbers of the checks in docs/formats/code.md, in the order in which they are made.
enum class Check : uint8_t {
  kNone = 0,
  kLength = 1,
  kVersion = 2,
  kLengthField = 3,
  kCertificateHeader = 4,
  kCertificateExpiry = 5,
  kRootKey = 6,
  kPaymentAccount = 8,
  kAccountType = 9,
  kAuthorisationExpiry = 10,
  kIssuerFieldLength = 11,
  kValidity = 12,
  kGenerated = 13,
  kExpiry = 14,
  kPermitted = 17,
  kCertificate = 7,
  kIssuerSignature = 15,
  kUserSignature = 16,
};

struct RootKey {
  uint8_t index = 0;
  sm2::PublicKey key;
  std::optional<CertificateMonth> expiry;  // Nothing: does not expire.
};

// The roots that are trusted.
class RootKeys {
 public:
  static RootKeys ByIndex(std::vector<RootKey> keys);
  // One key for every index: for tools that are given a key and no index.
  static RootKeys AnyIndex(sm2::PublicKey key);
  const RootKey* Find(uint8_t index) const;
  bool any_index() const { return any_index_; }

 private:
  std::vector<RootKey> keys_;
  bool any_index_ = false;
};

struct Verdict {
  std::optional<Reason> reason;  // Nothing: accepted.
  Check check = Check::kNone;    // The check that failed.
  // The fields, as soon as the structure was found right (checks 1, 3 and 11). Lives as long as the bytes given.
  std::optional<View> view;
  bool accepted() const { return !reason.has_value(); }
};

// What no verifier of this class can know, or this one was not told: for people who read a verdict.
enum class NotChecked : uint8_t { kRootIndex, kPermittedPairs, kReplay, kFreezeList, kRules };
std::string_view Slug(NotChecked what);  // "root_index", "whitelist", "replay", "freeze_list", "rules"

class Verifier {
 public:
  // Certificates remembered; a city has a handful, so the bound is met only by somebody who owns many good certificates.
  static constexpr size_t kCertificateCacheMax = 64;

  Verifier(Profile profile, RootKeys roots, sm2::Footprint footprint = sm2::Footprint::kLarge);
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  // Reads nothing but its arguments. Thread-safe. `code` may be any bytes. Whole seconds of `now` count.
  Verdict Verify(ByteSpan code, Instant now) const;
  std::vector<NotChecked> not_checked() const;
  const Profile& profile() const { return profile_; }

 private:
  struct Attempt;
  struct KnownCertificate;
  class CertificateCache;

  Verdict CheckFields(Attempt& attempt) const;
  Verdict CheckSignatures(const Attempt& attempt) const;
  std::shared_ptr<const KnownCertificate> Remember(const View& code, ByteSpan id, sm2::PublicKey key) const;

  Profile profile_;
  RootKeys roots_;
  std::unique_ptr<CertificateCache> cache_;
  sm2::KnownKeys issuers_;
};

}  // namespace yukuai::code
