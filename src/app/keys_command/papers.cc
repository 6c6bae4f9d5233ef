// SPDX-License-Identifier: Apache-2.0
// Requests and certificates as text, see papers.h.
#include "app/keys_command/papers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "formats/code/layout.h"

namespace yukuai::keys_command {
namespace {

constexpr std::string_view kRequestTitle = "yukuai certificate request";
constexpr std::string_view kPaperTitle = "yukuai institution certificate";
constexpr uint32_t kSerialMax = 0xFFFFFF;
// Header and service, which the root's signature does not cover (docs/formats/code.md).
constexpr ByteArray<5> kUnsignedBeginning = {0x24, 0x01, 0x01, 0x00, 0x00};

// Exactly four lines, each with its end; the first is the title.
std::optional<std::array<std::string_view, 4>> FourLines(std::string_view text, std::string_view title) {
  std::array<std::string_view, 4> lines;
  for (std::string_view& line : lines) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  if (!text.empty() || lines[0] != title) return std::nullopt;
  return lines;
}

template <size_t N>
std::optional<ByteArray<N>> FixedHex(std::string_view text) {
  const auto bytes = FromHex(text);
  if (!bytes || bytes->size() != N) return std::nullopt;
  ByteArray<N> out{};
  std::ranges::copy(*bytes, out.begin());
  return out;
}

std::string RequestBody(const code::Decimal4& institution, const sm2::PublicKey& key) {
  return std::string(kRequestTitle) + "\n" + code::DecimalText(institution) + "\n" + ToHex(key.compressed()) + "\n";
}

// The tables give offsets in a code; the certificate is its third field.
size_t InCertificate(const code::FieldEntry& item) { return item.offset - code::field::kCertificate.offset; }

}  // namespace

std::string RequestText(const code::Decimal4& institution, const sm2::PrivateKey& issuer) {
  const std::string body = RequestBody(institution, issuer.public_key());
  return body + ToHex(sm2::Sign(issuer, AsBytes(sm2::kDefaultId), AsBytes(body))) + "\n";
}

Result<Request> ParseRequest(std::string_view text) {
  const auto lines = FourLines(text, kRequestTitle);
  if (!lines) return Fault(kRequestMalformed);
  const auto institution = code::ParseDecimal4((*lines)[1]);
  const auto compressed = FixedHex<33>((*lines)[2]);
  const auto key = compressed ? sm2::PublicKey::Parse(*compressed) : std::nullopt;
  const auto signature = FixedHex<64>((*lines)[3]);
  if (!institution || !key || !signature) return Fault(kRequestMalformed);
  const std::string body = RequestBody(*institution, *key);
  if (!sm2::Verify(*key, AsBytes(sm2::kDefaultId), AsBytes(body), *signature)) return Fault(kRequestSignature);
  return Request{*institution, *key};
}

sm2::CompressedKey Paper::issuer_key() const {
  sm2::CompressedKey key{};
  const auto begin = certificate.begin() + static_cast<ptrdiff_t>(InCertificate(code::item::kIssuerKey));
  std::copy(begin, begin + static_cast<ptrdiff_t>(key.size()), key.begin());
  return key;
}

std::optional<code::CertificateMonth> Paper::expiry() const {
  return code::ParseCertificateMonth(std::span(certificate).subspan(InCertificate(code::item::kExpiry)).first<2>());
}

Result<Paper> Issue(const Request& request, const Root& root, uint32_t serial, const code::CertificateMonth& expiry) {
  YUKUAI_CHECK(serial >= 1 && serial <= kSerialMax);
  code::CertificateContent content;
  content.root_index = root.index;
  content.institution = request.institution;
  content.expiry = expiry;
  content.serial = {static_cast<uint8_t>(serial >> 16), static_cast<uint8_t>(serial >> 8), static_cast<uint8_t>(serial)};
  content.issuer_key = request.issuer_key.compressed();
  YUKUAI_ASSIGN(const code::CertificateBytes certificate, code::BuildCertificate(content, root.key, AsBytes(sm2::kDefaultId)));
  return Paper{certificate, {root.index, root.key.public_key()}};
}

std::string PaperText(const Paper& paper) {
  return std::string(kPaperTitle) + "\n" + ToHex(paper.certificate) + "\n" + std::to_string(paper.root.index) + "\n" +
         ToHex(paper.root.key.compressed()) + "\n";
}

Result<Paper> ParsePaper(std::string_view text) {
  const auto lines = FourLines(text, kPaperTitle);
  if (!lines) return Fault(kPaperMalformed);
  const auto certificate = FixedHex<code::kCertificateLength>((*lines)[1]);
  unsigned index = 256;
  const std::string_view digits = (*lines)[2];
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  const auto compressed = FixedHex<33>((*lines)[3]);
  const auto root = compressed ? sm2::PublicKey::Parse(*compressed) : std::nullopt;
  const bool index_right = error == std::errc() && end == digits.data() + digits.size() && index <= 255;
  if (!certificate || !index_right || !root) return Fault(kPaperMalformed);

  Paper paper{*certificate, {static_cast<uint8_t>(index), *root}};
  if (!std::ranges::equal(kUnsignedBeginning, ByteSpan(paper.certificate).first(kUnsignedBeginning.size())))
    return Fault(kPaperMalformed);
  if (paper.certificate[InCertificate(code::item::kRootIndex)] != index || !paper.expiry()) return Fault(kPaperMalformed);
  const ByteSpan whole = paper.certificate;
  const size_t signed_at = code::kCertificateSignedOffset - code::field::kCertificate.offset;
  sm2::Signature signature{};
  std::ranges::copy(whole.subspan(InCertificate(code::item::kRootSignature), signature.size()), signature.begin());
  if (!sm2::Verify(*root, AsBytes(sm2::kDefaultId), whole.subspan(signed_at, code::kCertificateSignedLength), signature)) {
    return Fault(kPaperSignature);
  }
  return paper;
}

Result<void> CheckPaper(const Paper& paper, const sm2::PublicKey& issuer, Instant now) {
  if (paper.issuer_key() != issuer.compressed()) return Fault(kPaperKey);
  const auto expiry = paper.expiry();
  if (!expiry || now >= expiry->End()) return Fault(kPaperExpired);
  return {};
}

}  // namespace yukuai::keys_command
