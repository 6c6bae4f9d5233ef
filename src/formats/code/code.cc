// SPDX-License-Identifier: Apache-2.0
// Writing and reading codes; see code.h.
#include "formats/code/code.h"

#include <algorithm>
#include <limits>

namespace yukuai::code {
namespace {

constexpr int64_t kInstantSecondsMax = std::numeric_limits<uint32_t>::max();

template <size_t N>
std::optional<ByteArray<N>> ParseDecimal(std::string_view digits) {
  if (digits.size() != 2 * N) return std::nullopt;
  ByteArray<N> packed{};
  for (size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] < '0' || digits[i] > '9') return std::nullopt;
    packed[i / 2] = static_cast<uint8_t>(packed[i / 2] << 4 | (digits[i] - '0'));
  }
  return packed;
}

uint8_t PackTwo(int number) { return static_cast<uint8_t>(number / 10 << 4 | number % 10); }

// 15, then the signature of everything in the writer.
void AppendMarkedSignature(ByteWriter& writer, const sm2::Signature& signature) { writer.U8(kSignatureMark).Append(signature); }

}  // namespace

bool IsPrintable(ByteSpan text) {
  return std::ranges::all_of(text, [](uint8_t byte) { return byte >= 0x20 && byte <= 0x7E; });
}

bool IsDecimal(ByteSpan packed) {
  return std::ranges::all_of(packed, [](uint8_t byte) { return (byte >> 4) <= 9 && (byte & 15) <= 9; });
}

std::string DecimalText(ByteSpan packed) { return ToHex(packed); }

std::optional<Decimal4> ParseDecimal4(std::string_view digits) { return ParseDecimal<4>(digits); }
std::optional<Decimal10> ParseDecimal10(std::string_view digits) { return ParseDecimal<10>(digits); }

Instant CertificateMonth::End() const {
  return ChinaMidnight(month == 12 ? CivilDate{year + 1, 1, 1} : CivilDate{year, month + 1, 1});
}

std::optional<CertificateMonth> ParseCertificateMonth(std::span<const uint8_t, 2> mmyy) {
  if (!IsDecimal(mmyy)) return std::nullopt;
  const int month = (mmyy[0] >> 4) * 10 + (mmyy[0] & 15);
  const int year = (mmyy[1] >> 4) * 10 + (mmyy[1] & 15);
  if (month < 1 || month > 12) return std::nullopt;
  return CertificateMonth{2000 + year, month};
}

Result<CertificateBytes> BuildCertificate(const CertificateContent& content, const sm2::PrivateKey& root, ByteSpan id) {
  if (!IsDecimal(content.institution)) return Fault(kNotDecimal);
  const CertificateMonth& expiry = content.expiry;
  if (expiry.year < 2000 || expiry.year > 2099 || expiry.month < 1 || expiry.month > 12) return Fault(kFieldRange);
  ByteWriter items;
  items.U8(kCertificateHeader).Append(kCertificateService).U8(content.root_index);
  const size_t unsigned_length = items.bytes().size();
  items.U8(kCertificateFormat).Append(content.institution).U8(PackTwo(expiry.month)).U8(PackTwo(expiry.year - 2000));
  items.Append(content.serial).Append(kCertificateAlgorithms).Append(content.issuer_key);
  items.Append(sm2::Sign(root, id, ByteSpan(items.bytes()).subspan(unsigned_length)));
  CertificateBytes certificate;
  YUKUAI_CHECK(items.bytes().size() == certificate.size());
  std::ranges::copy(items.bytes(), certificate.begin());
  return certificate;
}

Result<Bytes> BuildTemplate(const TemplateContent& content, const sm2::PrivateKey& issuer, ByteSpan id) {
  if (!IsPrintable(content.payment_account)) return Fault(kPaymentAccount);
  if (content.issuer_field.size() > kIssuerFieldMax) return Fault(kIssuerFieldLength);
  if (!IsDecimal(content.card_account) || !IsDecimal(content.issuer) || !IsDecimal(content.platform)) return Fault(kNotDecimal);
  const int64_t expiry = content.authorisation_expiry.seconds();
  if (content.version < kVersionInteroperable || content.amount_cap.fen() < 0 || content.amount_cap.fen() > 0xFFFFFF ||
      expiry < 0 || expiry > kInstantSecondsMax || content.validity_seconds < 0 || content.validity_seconds > 0xFFFF) {
    return Fault(kFieldRange);
  }
  const size_t n = content.issuer_field.size();
  ByteWriter writer;
  writer.U8(content.version).U16(static_cast<uint16_t>(kLengthFixed + n - field::kCertificate.offset));
  writer.Append(content.certificate).Append(content.payment_account).Append(content.card_account);
  writer.Append(content.issuer).Append(content.platform).U8(static_cast<uint8_t>(content.account_type));
  writer.U24(static_cast<uint32_t>(content.amount_cap.fen())).Append(content.user_key);
  writer.U32(static_cast<uint32_t>(expiry)).U16(static_cast<uint16_t>(content.validity_seconds));
  writer.U8(static_cast<uint8_t>(n)).Append(content.issuer_field);
  AppendMarkedSignature(writer, sm2::Sign(issuer, id, ByteSpan(writer.bytes()).subspan(field::kCertificate.offset)));
  YUKUAI_CHECK(writer.bytes().size() == kTemplateLengthFixed + n);
  return writer.Finish();
}

Result<Bytes> CompleteCode(ByteSpan code_template, Instant generated_at, const sm2::PrivateKey& user, ByteSpan id) {
  if (code_template.size() < kTemplateLengthFixed ||
      code_template.size() != kTemplateLengthFixed + code_template[field::kIssuerFieldLength.offset]) {
    return Fault(kCodeLength);
  }
  const int64_t generated = generated_at.seconds();
  if (generated < 0 || generated > kInstantSecondsMax) return Fault(kFieldRange);
  ByteWriter writer;
  writer.Append(code_template).U32(static_cast<uint32_t>(generated));
  AppendMarkedSignature(writer, sm2::Sign(user, id, writer.bytes()));
  return writer.Finish();
}

Result<View> View::Parse(ByteSpan code) {
  if (code.size() < kLengthMin || code.size() > kLengthMax) return Fault(kCodeLength);
  const View view(code);
  if (view.length_field() + field::kCertificate.offset != code.size()) return Fault(kCodeLengthField);
  if (kLengthFixed + view.issuer_field_length() != code.size()) return Fault(kIssuerFieldLength);
  return view;
}

std::string ToTextForm(std::string_view prefix, ByteSpan code) { return std::string(prefix) + ToBase64Url(code); }

Result<Bytes> FromTextForm(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix)) return Fault(kTextPrefix);
  text.remove_prefix(prefix.size());
  // Looked at before decoding: a stranger decides how long a text is.
  if (text.size() < (kLengthMin * 8 + 5) / 6 || text.size() > (kLengthMax * 8 + 5) / 6) return Fault(kCodeLength);
  auto code = FromBase64Url(text);
  if (!code) return Fault(kTextEncoding);
  return *std::move(code);
}

}  // namespace yukuai::code
