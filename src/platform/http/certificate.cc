// SPDX-License-Identifier: Apache-2.0
#include "platform/http/certificate.h"

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

namespace yukuai::http {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;

bool IsAddress(const std::string& name) {
  ASN1_OCTET_STRING* const address = a2i_IPADDRESS(name.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

// Names go into a comma-separated text of OpenSSL's own making, so nothing may look like a separator there.
bool IsHostName(const std::string& name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

std::string AlternativeNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + std::string(IsAddress(name) ? "IP:" : "DNS:") + name;
  return text;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetName(X509* certificate, X509* issuer, const char* common_name) {
  X509_NAME* const name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0) ==
             1 &&
         X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1;
}

// A certificate ready to be signed, without its extensions.
Certificate Draft(const CertificateOrder& order, EVP_PKEY* key, X509* issuer, const char* common_name, Entropy& entropy) {
  Certificate draft(X509_new());
  if (!draft) return nullptr;
  auto serial = entropy.Take<16>();
  serial[0] = static_cast<uint8_t>((serial[0] & 0x3f) | 0x40);  // Positive, and never shorter than the rest.
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  const time_t begin = static_cast<time_t>(order.now.PlusSeconds(-3600).seconds());  // For clocks that run behind ours.
  const time_t end = static_cast<time_t>(order.now.PlusSeconds(int64_t{86'400} * order.days).seconds());
  const bool done = X509_set_version(draft.get(), 2) == 1 && number &&
                    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(draft.get())) != nullptr &&
                    ASN1_TIME_set(X509_getm_notBefore(draft.get()), begin) != nullptr &&
                    ASN1_TIME_set(X509_getm_notAfter(draft.get()), end) != nullptr && X509_set_pubkey(draft.get(), key) == 1 &&
                    SetName(draft.get(), issuer != nullptr ? issuer : draft.get(), common_name);
  return done ? std::move(draft) : nullptr;
}

template <typename Write>
std::string Pem(Write write) {
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!memory || write(memory.get()) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string PemOf(X509* certificate) {
  return Pem([certificate](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

}  // namespace

Result<MadeCertificates> MakeCertificates(const CertificateOrder& order, Entropy& entropy) {
  if (order.names.empty()) return Fault(kCertificateNameInvalid, "none");
  for (const std::string& name : order.names) {
    if (!IsAddress(name) && !IsHostName(name)) return Fault(kCertificateNameInvalid);
  }
  const Key authority_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  if (!authority_key || !key) return Fault(kCertificateNotMade, "key");
  const Certificate authority = Draft(order, authority_key.get(), nullptr, "Yukuai local authority", entropy);
  if (!authority || !AddExtension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !AddExtension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign") ||
      !AddExtension(authority.get(), authority.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(authority.get(), authority_key.get(), EVP_sha256()) == 0) {
    return Fault(kCertificateNotMade, "authority");
  }
  const Certificate server = Draft(order, key.get(), authority.get(), "Yukuai server", entropy);
  if (!server || !AddExtension(server.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(server.get(), authority.get(), NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(server.get(), authority.get(), NID_ext_key_usage, "serverAuth") ||
      !AddExtension(server.get(), authority.get(), NID_authority_key_identifier, "keyid") ||
      !AddExtension(server.get(), authority.get(), NID_subject_alt_name, AlternativeNames(order.names).c_str()) ||
      X509_sign(server.get(), authority_key.get(), EVP_sha256()) == 0) {
    return Fault(kCertificateNotMade, "certificate");
  }
  MadeCertificates made;
  made.authority = PemOf(authority.get());
  made.certificate = PemOf(server.get());
  made.key = Pem([&key](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  if (made.authority.empty() || made.certificate.empty() || made.key.empty()) return Fault(kCertificateNotMade, "text");
  return made;
}

Result<Instant> CertificateEnd(std::string_view pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(memory ? PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr) : nullptr);
  const std::unique_ptr<ASN1_TIME, Freed<ASN1_STRING_free>> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0;
  int seconds = 0;
  if (!certificate || !epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), X509_get0_notAfter(certificate.get())) != 1) {
    return Fault(kCertificateUnreadable);
  }
  return Instant::FromSeconds(int64_t{days} * 86'400 + seconds);
}

}  // namespace yukuai::http
