// SPDX-License-Identifier: Apache-2.0
// The two papers that travel between a server and the key ceremony, as text that a person can read before it is signed.
//
//   yukuai certificate request            yukuai institution certificate
//   65000001          institution         2412…     the certificate, 117 bytes
//   02a1…             issuer key          1         root index
//   9f03…             its signature       03b7…     root key
//
// Binary is in hex. The request's signature (SM2, default user ID) covers every byte before its own line: the holder of the
// key asked for it, and for this institution.
#pragma once

#include <string>

#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sm2/sm2.h"
#include "formats/code/code.h"
#include "platform/keys/root_key.h"

namespace yukuai::keys_command {

// In order of precedence.
inline constexpr Reason kRequestMalformed{Kind::kMalformed, "certificate_request_malformed"};
inline constexpr Reason kRequestSignature{Kind::kUnauthenticated, "certificate_request_signature"};
inline constexpr Reason kPaperMalformed{Kind::kMalformed, "certificate_paper_malformed"};
inline constexpr Reason kPaperSignature{Kind::kUnauthenticated, "certificate_paper_signature"};  // Not under the root it names.
inline constexpr Reason kPaperKey{Kind::kConflict, "certificate_paper_key"};  // Of another server's issuer key.
inline constexpr Reason kPaperExpired{Kind::kRefused, "certificate_paper_expired"};
inline constexpr Reason kPaperRoot{Kind::kConflict, "certificate_paper_root"};  // Another root than the one installed.

struct Request {
  code::Decimal4 institution{};
  sm2::PublicKey issuer_key;
};
std::string RequestText(const code::Decimal4& institution, const sm2::PrivateKey& issuer);
Result<Request> ParseRequest(std::string_view text);  // kRequestMalformed, kRequestSignature

struct Paper {
  code::CertificateBytes certificate{};
  keys::RootRecord root;

  sm2::CompressedKey issuer_key() const;
  std::optional<code::CertificateMonth> expiry() const;
};
// Signs for the request; the serial is 1..16777215. The month must have room in the format (2000..2099).
struct Root {
  const sm2::PrivateKey& key;
  uint8_t index;
};
Result<Paper> Issue(const Request& request, const Root& root, uint32_t serial, const code::CertificateMonth& expiry);
std::string PaperText(const Paper& paper);
Result<Paper> ParsePaper(std::string_view text);  // kPaperMalformed, kPaperSignature

// Whether the paper is for this issuer key and good at `now`: kPaperKey, kPaperExpired.
Result<void> CheckPaper(const Paper& paper, const sm2::PublicKey& issuer, Instant now);

}  // namespace yukuai::keys_command
