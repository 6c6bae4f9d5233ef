// SPDX-License-Identifier: Apache-2.0
// The checks, in the order of docs/formats/code.md; see verify.h.
#include "formats/code/verify.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <shared_mutex>

namespace yukuai::code {
namespace {

// An SM2 user ID put together from fields, on the stack.
class UserId {
 public:
  UserId(const IdRule* rule, const View& code) {
    if (rule == nullptr || rule->count == 0) {
      Append(AsBytes(sm2::kDefaultId));
      is_default_ = true;
      return;
    }
    for (size_t i = 0; i < rule->count; ++i) Append(FieldOf(rule->parts[i], code));
  }
  ByteSpan bytes() const { return ByteSpan(bytes_).first(size_); }
  bool is_default() const { return is_default_; }

 private:
  static ByteSpan FieldOf(IdPart part, const View& code) {
    switch (part) {
      case IdPart::kService: return code.certificate_service();
      case IdPart::kRootIndex: return code.bytes().subspan(item::kRootIndex.offset, 1);
      case IdPart::kIssuer: return code.issuer();
      case IdPart::kPlatform: return code.platform();
      case IdPart::kCardAccount: return code.card_account();
    }
    YUKUAI_CHECK(false);
    return {};
  }
  void Append(ByteSpan part) {
    // Five parts of at most ten bytes.
    YUKUAI_CHECK(size_ + part.size() <= bytes_.size());
    std::ranges::copy(part, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += part.size();
  }

  ByteArray<IdRule::kPartsMax * 10> bytes_{};
  size_t size_ = 0;
  bool is_default_ = false;
};

sm2::Signature WithoutMark(View::Fixed<65> marked) {
  sm2::Signature signature;
  std::copy_n(marked.begin() + 1, signature.size(), signature.begin());
  return signature;
}

bool CertificateItemsAreFixed(const View& code) {
  const ByteSpan bytes = code.bytes();
  return Equal(code.certificate_service(), kCertificateService) && bytes[item::kFormat.offset] == kCertificateFormat &&
         Equal(bytes.subspan(kCertificateAlgorithmsOffset, kCertificateAlgorithms.size()), kCertificateAlgorithms);
}

}  // namespace

RootKeys RootKeys::ByIndex(std::vector<RootKey> keys) {
  RootKeys roots;
  roots.keys_ = std::move(keys);
  return roots;
}

RootKeys RootKeys::AnyIndex(sm2::PublicKey key) {
  RootKeys roots;
  roots.keys_.push_back({0, std::move(key), std::nullopt});
  roots.any_index_ = true;
  return roots;
}

const RootKey* RootKeys::Find(uint8_t index) const {
  if (any_index_) return &keys_.front();
  const auto found = std::ranges::find(keys_, index, &RootKey::index);
  return found == keys_.end() ? nullptr : &*found;
}

std::string_view Slug(NotChecked what) {
  switch (what) {
    case NotChecked::kRootIndex: return "root_index";
    case NotChecked::kPermittedPairs: return "whitelist";
    case NotChecked::kReplay: return "replay";
    case NotChecked::kFreezeList: return "freeze_list";
    case NotChecked::kRules: return "rules";
  }
  YUKUAI_CHECK(false);
  return {};
}

// A certificate whose root signature held under the user ID it was checked with.
struct Verifier::KnownCertificate {
  CertificateBytes certificate{};
  Bytes id;
  sm2::PublicKey issuer_key;
  sm3::Digest default_identity{};  // ZA of the issuer key under the default ID.
};

// Only certificates that hold are remembered: what strangers send cannot push them out. When it is full the oldest goes.
class Verifier::CertificateCache {
 public:
  std::shared_ptr<const KnownCertificate> Find(ByteSpan certificate, ByteSpan id) const {
    const std::shared_lock lock(mutex_);
    for (const auto& known : known_) {
      if (Equal(known->certificate, certificate) && Equal(known->id, id)) return known;
    }
    return nullptr;
  }
  void Add(std::shared_ptr<const KnownCertificate> known) {
    const std::unique_lock lock(mutex_);
    if (known_.size() < kCertificateCacheMax) {
      known_.push_back(std::move(known));
    } else {
      known_[next_] = std::move(known);
      next_ = (next_ + 1) % kCertificateCacheMax;
    }
  }

 private:
  mutable std::shared_mutex mutex_;
  std::vector<std::shared_ptr<const KnownCertificate>> known_;
  size_t next_ = 0;
};

Verifier::Verifier(Profile profile, RootKeys roots, sm2::Footprint footprint)
    : profile_(std::move(profile)), roots_(std::move(roots)), cache_(std::make_unique<CertificateCache>()), issuers_(footprint) {}
Verifier::~Verifier() = default;

std::vector<NotChecked> Verifier::not_checked() const {
  std::vector<NotChecked> out;
  if (roots_.any_index()) out.push_back(NotChecked::kRootIndex);
  if (profile_.permitted.empty()) out.push_back(NotChecked::kPermittedPairs);
  for (const NotChecked what : {NotChecked::kReplay, NotChecked::kFreezeList, NotChecked::kRules}) out.push_back(what);
  return out;
}

// One verification under way: what is decided early and needed late.
struct Verifier::Attempt {
  View code;
  int64_t now = 0;
  const IdPolicy* policy = nullptr;  // Null: default IDs.
  const RootKey* root = nullptr;
};

Verdict Verifier::Verify(ByteSpan bytes, Instant now) const {
  if (bytes.size() < kLengthMin || bytes.size() > kLengthMax) return {kCodeLength, Check::kLength, std::nullopt};
  Attempt attempt{View(bytes), now.seconds()};
  Verdict verdict = CheckFields(attempt);
  if (!verdict.accepted()) return verdict;
  return CheckSignatures(attempt);
}

// Checks 2..6, 8..14 and 17: comparisons only.
Verdict Verifier::CheckFields(Attempt& attempt) const {
  const View& code = attempt.code;
  const int64_t now = attempt.now;
  const auto refuse = [](const Reason& reason, Check check) { return Verdict{reason, check, std::nullopt}; };

  attempt.policy = profile_.FindIdPolicy(code.version(), code.issuer());
  if (code.version() < kVersionInteroperable || (code.version() > kVersionInteroperable && attempt.policy == nullptr)) {
    return refuse(kCodeVersion, Check::kVersion);
  }
  if (code.length_field() + field::kCertificate.offset != code.bytes().size())
    return refuse(kCodeLengthField, Check::kLengthField);
  if (code.bytes()[item::kHeader.offset] != kCertificateHeader) return refuse(kCertificateHeaderWrong, Check::kCertificateHeader);

  const auto month = ParseCertificateMonth(code.certificate_expiry());
  if (!month) return refuse(kCertificateDate, Check::kCertificateExpiry);
  if (now >= month->End().seconds()) return refuse(kCertificateExpired, Check::kCertificateExpiry);
  attempt.root = roots_.Find(code.root_index());
  if (attempt.root == nullptr) return refuse(kRootUnknown, Check::kRootKey);
  if (attempt.root->expiry && now >= attempt.root->expiry->End().seconds()) return refuse(kRootExpired, Check::kRootKey);

  if (!IsPrintable(code.payment_account())) return refuse(kPaymentAccount, Check::kPaymentAccount);
  if (!profile_.PermitsAccountType(code.account_type())) return refuse(kAccountTypeRefused, Check::kAccountType);
  if (code.authorisation_expiry_seconds() < now) return refuse(kAuthorisationExpired, Check::kAuthorisationExpiry);
  if (kLengthFixed + code.issuer_field_length() != code.bytes().size())
    return refuse(kIssuerFieldLength, Check::kIssuerFieldLength);

  // From here on the structure is known to be right.
  const auto refuse_parsed = [&code](const Reason& reason, Check check) { return Verdict{reason, check, code}; };
  if (code.validity_seconds() > profile_.validity_seconds_max) return refuse_parsed(kValidityTooLong, Check::kValidity);
  if (code.generated_at_seconds() > now + profile_.skew_seconds) return refuse_parsed(kGeneratedInFuture, Check::kGenerated);
  if (code.generated_at_seconds() > code.authorisation_expiry_seconds()) {
    return refuse_parsed(kGeneratedAfterAuthorisation, Check::kGenerated);
  }
  if (code.expires_at_seconds() < now) return refuse_parsed(kCodeExpired, Check::kExpiry);
  if (!IsDecimal(code.card_account()) || !IsDecimal(code.issuer()) || !IsDecimal(code.platform())) {
    return refuse_parsed(kNotDecimal, Check::kPermitted);
  }
  if (!profile_.PermitsPair(code.issuer(), code.platform())) return refuse_parsed(kIssuerNotPermitted, Check::kPermitted);
  return Verdict{std::nullopt, Check::kNone, code};
}

// Checks 7, 15 and 16.
Verdict Verifier::CheckSignatures(const Attempt& attempt) const {
  const View& code = attempt.code;
  const auto refuse = [&code](const Reason& reason, Check check) { return Verdict{reason, check, code}; };
  const auto rule = [&attempt](IdRule IdPolicy::*which) {
    return attempt.policy == nullptr ? nullptr : &(attempt.policy->*which);
  };

  if (!CertificateItemsAreFixed(code)) return refuse(kCertificateFormatWrong, Check::kCertificate);
  if (!IsDecimal(code.institution())) return refuse(kNotDecimal, Check::kCertificate);
  const UserId certificate_id(rule(&IdPolicy::certificate), code);
  auto known = cache_->Find(code.certificate(), certificate_id.bytes());
  if (known == nullptr) {
    sm2::Signature signature;
    std::ranges::copy(code.root_signature(), signature.begin());
    if (!sm2::Verify(attempt.root->key, certificate_id.bytes(), code.root_signed(), signature)) {
      return refuse(kCertificateSignature, Check::kCertificate);
    }
    auto key = sm2::PublicKey::Parse(code.issuer_key());
    // The root signed something that is no key.
    if (!key) return refuse(kCertificateFormatWrong, Check::kCertificate);
    known = Remember(code, certificate_id.bytes(), *std::move(key));
  }

  if (code.issuer_signature()[0] != kSignatureMark) return refuse(kSignatureFormat, Check::kIssuerSignature);
  const UserId issuer_id(rule(&IdPolicy::issuer_signature), code);
  const sm3::Digest issuer_identity =
      issuer_id.is_default() ? known->default_identity : sm2::IdentityDigest(known->issuer_key, issuer_id.bytes());
  if (!issuers_.VerifyDigest(known->issuer_key, sm3::Hash({issuer_identity, code.issuer_signed()}),
                             WithoutMark(code.issuer_signature()))) {
    return refuse(kIssuerSignature, Check::kIssuerSignature);
  }

  if (code.user_signature()[0] != kSignatureMark) return refuse(kSignatureFormat, Check::kUserSignature);
  const auto user_key = sm2::PublicKey::Parse(code.user_key());
  if (!user_key) return refuse(kUserKey, Check::kUserSignature);
  const UserId user_id(rule(&IdPolicy::user_signature), code);
  const sm3::Digest user_identity = sm2::IdentityDigest(*user_key, user_id.bytes());
  if (!issuers_.VerifyNewDigest(*user_key, sm3::Hash({user_identity, code.user_signed()}), WithoutMark(code.user_signature()))) {
    return refuse(kUserSignature, Check::kUserSignature);
  }
  return Verdict{std::nullopt, Check::kNone, code};
}

std::shared_ptr<const Verifier::KnownCertificate> Verifier::Remember(const View& code, ByteSpan id, sm2::PublicKey key) const {
  CertificateBytes certificate;
  std::ranges::copy(code.certificate(), certificate.begin());
  const sm3::Digest identity = sm2::IdentityDigest(key, AsBytes(sm2::kDefaultId));
  auto known = std::make_shared<const KnownCertificate>(
      KnownCertificate{certificate, Bytes(id.begin(), id.end()), std::move(key), identity});
  cache_->Add(known);
  return known;
}

}  // namespace yukuai::code
