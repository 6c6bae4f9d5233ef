// SPDX-License-Identifier: Apache-2.0
// For tests: codes made with keys of our own, and what is needed to break them on purpose. A broken code is signed again, so
// that it meets the check under test and not a signature.
#pragma once

#include <algorithm>
#include <string>

#include "base/entropy/entropy.h"
#include "formats/code/verify.h"

namespace yukuai::code {

// A file of the repository. Defined in vector_files_test.cc: for the tests of this module alone.
std::string ReadTextFile(const std::string& path_from_source);
Profile ReadProfileFile(const std::string& name);

struct SampleCity {
  static constexpr uint8_t kRootIndex = 7;
  static constexpr int64_t kNow = 1'780'000'000;  // 2026-05-28T20:26:40Z
  static constexpr CertificateMonth kCertificateExpiry{2026, 6};

  SeededEntropy entropy{20260301};
  sm2::PrivateKey root = sm2::PrivateKey::Generate(entropy);
  sm2::PrivateKey issuer = sm2::PrivateKey::Generate(entropy);
  sm2::PrivateKey user = sm2::PrivateKey::Generate(entropy);
  ByteSpan id = AsBytes(sm2::kDefaultId);

  CertificateContent certificate_content() const {
    return {kRootIndex, *ParseDecimal4("65000001"), kCertificateExpiry, {0, 0, 1}, issuer.public_key().compressed()};
  }
  TemplateContent template_content() const {
    TemplateContent content;
    content.certificate = *BuildCertificate(certificate_content(), root, id);
    std::ranges::copy(AsBytes("0000000000ABCDEF"), content.payment_account.begin());
    content.card_account = *ParseDecimal10("31049990000000000017");
    content.issuer = *ParseDecimal4("65000001");
    content.platform = *ParseDecimal4("65000101");
    content.amount_cap = Money::Fen(2000);
    content.user_key = user.public_key().compressed();
    content.authorisation_expiry = Instant::FromSeconds(kNow + 3600);
    content.validity_seconds = 60;
    return content;
  }
  Bytes Complete(const TemplateContent& content, int64_t generated_at = kNow) const {
    return *CompleteCode(*BuildTemplate(content, issuer, id), Instant::FromSeconds(generated_at), user, id);
  }
  Bytes Code(int64_t generated_at = kNow) const { return Complete(template_content(), generated_at); }
  // With an issuer field of n bytes.
  Bytes CodeWithField(size_t n) const {
    TemplateContent content = template_content();
    content.issuer_field.assign(n, 0xA5);
    return Complete(content);
  }

  RootKeys roots() const { return RootKeys::ByIndex({{kRootIndex, root.public_key(), std::nullopt}}); }

  // Signs certificate, template and code again after bytes of a code with an issuer field of n bytes were changed.
  void SignAgain(Bytes& code, size_t n = 0) const {
    Put(code, 56, sm2::Sign(root, id, ByteSpan(code).subspan(9, 47)));
    SignTemplateAgain(code, n);
  }
  void SignTemplateAgain(Bytes& code, size_t n = 0) const {
    Put(code, 199 + n, sm2::Sign(issuer, id, ByteSpan(code).subspan(3, 195 + n)));
    SignShowingAgain(code, n);
  }
  void SignShowingAgain(Bytes& code, size_t n = 0) const {
    Put(code, 268 + n, sm2::Sign(user, id, ByteSpan(code).first(267 + n)));
  }

  static void Put(Bytes& code, size_t offset, ByteSpan bytes) {
    std::ranges::copy(bytes, code.begin() + static_cast<std::ptrdiff_t>(offset));
  }
};

}  // namespace yukuai::code
