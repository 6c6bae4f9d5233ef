// SPDX-License-Identifier: Apache-2.0
// A 渝快码: 332 + N bytes in the form of the national transport code (docs/formats/code.md). Here it is written and read;
// whether one is good is decided in verify.h.
//
// Writing goes in the steps of its makers: the root signs a certificate for an issuer; the issuer signs a template (fields
// 1..15) for one user key; the phone that holds this key adds the time and its signature, again at every showing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes/bytes.h"
#include "base/money/money.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sm2/sm2.h"
#include "formats/code/layout.h"

namespace yukuai::code {

// Faults of the encoder and of View::Parse. The verifier's own are in verify.h.
inline constexpr Reason kCodeLength{Kind::kMalformed, "code_length"};
inline constexpr Reason kCodeLengthField{Kind::kMalformed, "code_length_field"};
inline constexpr Reason kPaymentAccount{Kind::kMalformed, "payment_account"};
inline constexpr Reason kIssuerFieldLength{Kind::kMalformed, "issuer_field_length"};
inline constexpr Reason kNotDecimal{Kind::kMalformed, "not_decimal"};
// The encoder alone: a number that has no room in its field, or a time outside 1970..2106.
inline constexpr Reason kFieldRange{Kind::kMalformed, "code_field_range"};

using CertificateBytes = ByteArray<kCertificateLength>;
using Decimal4 = ByteArray<4>;    // Eight digits, two a byte.
using Decimal10 = ByteArray<10>;  // Twenty digits.
using PaymentAccount = ByteArray<16>;

enum class AccountType : uint8_t { kOrdinary = 1, kStudent = 2, kSenior = 3, kTest = 4, kSoldier = 5 };

bool IsPrintable(ByteSpan text);  // ASCII 20..7E.
// Every nibble is 0..9.
bool IsDecimal(ByteSpan packed);
std::string DecimalText(ByteSpan packed);  // "65000001"; nibbles above 9 are shown as a..f.
// Nothing unless the text is exactly 2 * N digits.
std::optional<Decimal4> ParseDecimal4(std::string_view digits);
std::optional<Decimal10> ParseDecimal10(std::string_view digits);

struct CertificateMonth {
  int year = 2000;  // 2000..2099: the format has two digits, and both are of this century.
  int month = 1;    // 1..12
  // The first instant after the month, in UTC+8.
  Instant End() const;
  friend constexpr auto operator<=>(const CertificateMonth&, const CertificateMonth&) = default;
};
// From MMYY in packed digits; nothing when that is no month.
std::optional<CertificateMonth> ParseCertificateMonth(std::span<const uint8_t, 2> mmyy);

struct CertificateContent {
  uint8_t root_index = 0;
  Decimal4 institution{};
  CertificateMonth expiry;
  ByteArray<3> serial{};
  sm2::CompressedKey issuer_key{};
};
// `id`: the SM2 user ID, sm2::kDefaultId unless a profile says otherwise. Faults: not_decimal (institution),
// code_field_range (expiry).
Result<CertificateBytes> BuildCertificate(const CertificateContent& content, const sm2::PrivateKey& root, ByteSpan id);

// Fields 1 and 3..14; field 2 follows from them.
struct TemplateContent {
  uint8_t version = kVersionInteroperable;
  CertificateBytes certificate{};
  PaymentAccount payment_account{};
  Decimal10 card_account{};
  Decimal4 issuer{};
  Decimal4 platform{};
  AccountType account_type = AccountType::kOrdinary;
  Money amount_cap;
  sm2::CompressedKey user_key{};
  Instant authorisation_expiry;  // Whole seconds; the rest is cut off.
  int validity_seconds = 60;
  Bytes issuer_field;  // At most 32 bytes.
};
// Fields 1..15, 263 + N bytes. Faults: payment_account, issuer_field_length, not_decimal, code_field_range.
Result<Bytes> BuildTemplate(const TemplateContent& content, const sm2::PrivateKey& issuer, ByteSpan id);

// The whole code: the template, the time of showing and the user's signature. What a phone does; here for tests, the
// synthetic city and measurements. Faults: code_length (no template), code_field_range.
Result<Bytes> CompleteCode(ByteSpan code_template, Instant generated_at, const sm2::PrivateKey& user, ByteSpan id);

// The fields of a code, read where they lie: holds no bytes of its own, so the code must outlive it. Copying is free.
// Parse() looks at the structure alone; digits, times and signatures are the verifier's.
class View {
 public:
  // Faults in this order: code_length, code_length_field, issuer_field_length.
  static Result<View> Parse(ByteSpan code);

  template <size_t N>
  using Fixed = std::span<const uint8_t, N>;

  ByteSpan bytes() const { return bytes_; }
  uint8_t version() const { return bytes_[0]; }
  size_t length_field() const { return static_cast<size_t>(Number(field::kLengthField.offset, 2)); }
  Fixed<kCertificateLength> certificate() const { return At<kCertificateLength>(field::kCertificate); }
  Fixed<4> certificate_service() const { return At<4>(item::kService); }
  uint8_t root_index() const { return bytes_[item::kRootIndex.offset]; }
  Fixed<4> institution() const { return At<4>(item::kInstitution); }
  Fixed<2> certificate_expiry() const { return At<2>(item::kExpiry); }
  Fixed<33> issuer_key() const { return At<33>(item::kIssuerKey); }
  Fixed<16> payment_account() const { return At<16>(field::kPaymentAccount); }
  Fixed<10> card_account() const { return At<10>(field::kCardAccount); }
  Fixed<4> issuer() const { return At<4>(field::kIssuer); }
  Fixed<4> platform() const { return At<4>(field::kPlatform); }
  uint8_t account_type() const { return bytes_[field::kAccountType.offset]; }
  Money amount_cap() const { return Money::Fen(static_cast<int64_t>(Number(field::kAmountCap.offset, 3))); }
  Fixed<33> user_key() const { return At<33>(field::kUserKey); }
  int64_t authorisation_expiry_seconds() const { return static_cast<int64_t>(Number(field::kAuthorisationExpiry.offset, 4)); }
  int64_t validity_seconds() const { return static_cast<int64_t>(Number(field::kValidity.offset, 2)); }
  size_t issuer_field_length() const { return bytes_[field::kIssuerFieldLength.offset]; }
  ByteSpan issuer_field() const { return bytes_.subspan(field::kIssuerField.offset, issuer_field_length()); }
  int64_t generated_at_seconds() const { return static_cast<int64_t>(Number(Moved(field::kGeneratedAt), 4)); }
  // The last second in which the code may be used.
  int64_t expires_at_seconds() const { return generated_at_seconds() + validity_seconds(); }
  ByteSpan code_template() const { return bytes_.first(Moved(field::kGeneratedAt)); }

  // What is signed, and by what: 15, r, s.
  Fixed<kCertificateSignedLength> root_signed() const {
    return bytes_.subspan(kCertificateSignedOffset).first<kCertificateSignedLength>();
  }
  Fixed<64> root_signature() const { return At<64>(item::kRootSignature); }
  ByteSpan issuer_signed() const {
    return bytes_.subspan(field::kCertificate.offset, Moved(field::kIssuerSignature) - field::kCertificate.offset);
  }
  Fixed<65> issuer_signature() const { return bytes_.subspan(Moved(field::kIssuerSignature)).first<65>(); }
  ByteSpan user_signed() const { return bytes_.first(Moved(field::kUserSignature)); }
  Fixed<65> user_signature() const { return bytes_.subspan(Moved(field::kUserSignature)).first<65>(); }

 private:
  friend class Verifier;
  explicit View(ByteSpan bytes) : bytes_(bytes) {}

  template <size_t N>
  Fixed<N> At(const FieldEntry& entry) const {
    return bytes_.subspan(entry.offset).first<N>();
  }
  size_t Moved(const FieldEntry& entry) const { return entry.offset + issuer_field_length(); }
  uint64_t Number(size_t offset, size_t length) const {
    uint64_t value = 0;
    for (const uint8_t byte : bytes_.subspan(offset, length)) value = value << 8 | byte;
    return value;
  }

  ByteSpan bytes_;
};

// The text form, for keyboard-wedge scanners and ordinary cameras: the prefix ("https://city.example/c#"), then base64url
// of the raw code.
inline constexpr Reason kTextPrefix{Kind::kMalformed, "code_text_prefix"};
inline constexpr Reason kTextEncoding{Kind::kMalformed, "code_text_encoding"};
std::string ToTextForm(std::string_view prefix, ByteSpan code);
// Faults in this order: code_text_prefix, code_length, code_text_encoding. What is inside is not looked at further.
Result<Bytes> FromTextForm(std::string_view prefix, std::string_view text);

}  // namespace yukuai::code
