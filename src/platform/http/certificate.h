// SPDX-License-Identifier: Apache-2.0
// Certificates for a city that has none yet: a certificate authority of its own and one server certificate under it, both
// P-256. The authority's key signs once and is forgotten, so nobody can make a second certificate that pinned clients
// would trust.
#pragma once

#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::http {

// In order of precedence.
inline constexpr Reason kCertificateNameInvalid{Kind::kMalformed, "certificate_name_invalid"};
inline constexpr Reason kCertificateUnreadable{Kind::kMalformed, "certificate_unreadable"};
inline constexpr Reason kCertificateNotMade{Kind::kInternal, "certificate_not_made"};

struct CertificateOrder {
  std::vector<std::string> names;  // Host names and IP addresses the server is called by; at least one.
  Instant now;
  int days = 365;
};

struct MadeCertificates {
  std::string authority;    // PEM, for the clients to pin.
  std::string certificate;  // PEM, for TlsFiles::certificate_chain.
  std::string key;          // PEM, PKCS#8, not encrypted: belongs into a file that only the server reads.
};

// Key pairs come from the library's own generator, serial numbers from entropy.
Result<MadeCertificates> MakeCertificates(const CertificateOrder& order, Entropy& entropy);

// When the first certificate of a PEM text ends, so that somebody is warned before it does.
Result<Instant> CertificateEnd(std::string_view pem);

}  // namespace yukuai::http
