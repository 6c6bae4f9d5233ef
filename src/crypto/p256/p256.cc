// SPDX-License-Identifier: Apache-2.0
// P-256 over OpenSSL 3. Keys arrive as bytes with every request and are imported each time: that costs a small part of the
// verification, and a cache of strangers' keys would need a bound and an owner.
#include "crypto/p256/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>

#include "base/result/check.h"

namespace yukuai::p256 {
namespace {

template <auto function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    function(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, Free<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Free<EC_POINT_free>>;
using Scratch = std::unique_ptr<BN_CTX, Free<BN_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using SignaturePair = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

constexpr size_t kDerSizeMax = 72;  // SEQUENCE of two INTEGERs of at most 33 bytes.

const EC_GROUP* Curve() {
  static const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  YUKUAI_CHECK(group != nullptr);  // A library built without it cannot run this program.
  return group.get();
}

const EVP_MD* Sha256() {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  YUKUAI_CHECK(digest != nullptr);
  return digest;
}

Number ToNumber(ByteSpan bytes) {
  Number number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  YUKUAI_CHECK(number != nullptr);
  return number;
}

// The key must have passed IsPublicKey or have been computed.
Key Import(ByteSpan uncompressed, const BIGNUM* d) {
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  YUKUAI_CHECK(builder != nullptr);
  YUKUAI_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1);
  YUKUAI_CHECK(
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, uncompressed.data(), uncompressed.size()) == 1);
  if (d != nullptr) YUKUAI_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d) == 1);
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  YUKUAI_CHECK(parameters != nullptr && context != nullptr);
  EVP_PKEY* key = nullptr;
  YUKUAI_CHECK(EVP_PKEY_fromdata_init(context.get()) == 1);
  const int selection = d != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  YUKUAI_CHECK(EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) == 1);
  return Key(key);
}

ByteArray<32> HashOf(ByteSpan message) {
  static constexpr uint8_t kNothing = 0;
  ByteArray<32> out;
  const uint8_t* data = message.empty() ? &kNothing : message.data();
  YUKUAI_CHECK(EVP_Digest(data, message.size(), out.data(), nullptr, Sha256(), nullptr) == 1);
  return out;
}

}  // namespace

bool IsPublicKey(ByteSpan uncompressed) {
  if (uncompressed.size() != 65 || uncompressed[0] != 4) return false;
  const Point point(EC_POINT_new(Curve()));
  YUKUAI_CHECK(point != nullptr);
  // Refuses coordinates of p and above and points off the curve. The library's complaint is dropped: it is an answer here.
  if (EC_POINT_oct2point(Curve(), point.get(), uncompressed.data(), uncompressed.size(), nullptr) == 1) return true;
  ERR_clear_error();
  return false;
}

bool Verify(ByteSpan uncompressed_key, ByteSpan message, ByteSpan signature) {
  if (signature.size() != 64 || !IsPublicKey(uncompressed_key)) return false;
  Number r = ToNumber(signature.first(32));
  Number s = ToNumber(signature.subspan(32));
  const BIGNUM* order = EC_GROUP_get0_order(Curve());
  // The library checks the ranges too; a rule this important does not hang on it.
  if (BN_is_zero(r.get()) || BN_is_zero(s.get())) return false;
  if (BN_cmp(r.get(), order) >= 0 || BN_cmp(s.get(), order) >= 0) return false;

  const SignaturePair pair(ECDSA_SIG_new());
  YUKUAI_CHECK(pair != nullptr && ECDSA_SIG_set0(pair.get(), r.release(), s.release()) == 1);
  ByteArray<kDerSizeMax> der;
  uint8_t* end = der.data();
  const int der_size = i2d_ECDSA_SIG(pair.get(), &end);
  YUKUAI_CHECK(der_size > 0 && static_cast<size_t>(der_size) <= der.size());

  const Key key = Import(uncompressed_key, nullptr);
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  YUKUAI_CHECK(context != nullptr && EVP_PKEY_verify_init(context.get()) == 1);
  const ByteArray<32> digest = HashOf(message);
  const bool holds = EVP_PKEY_verify(context.get(), der.data(), static_cast<size_t>(der_size), digest.data(), digest.size()) == 1;
  if (!holds) ERR_clear_error();
  return holds;
}

KeyPair Generate(Entropy& entropy) {
  // A value outside the range is thrown away, not reduced, so that every key is equally likely.
  Secret<ByteArray<32>> candidate;
  while (true) {
    entropy.Fill(candidate.ExposeMutable());
    if (auto key = FromPrivate(candidate.Expose())) return *std::move(key);
  }
}

std::optional<KeyPair> FromPrivate(ByteSpan d) {
  if (d.size() != 32) return std::nullopt;
  const Number number = ToNumber(d);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(Curve())) >= 0) return std::nullopt;
  const Point point(EC_POINT_new(Curve()));
  const Scratch scratch(BN_CTX_new());
  YUKUAI_CHECK(point != nullptr && scratch != nullptr);
  YUKUAI_CHECK(EC_POINT_mul(Curve(), point.get(), number.get(), nullptr, nullptr, scratch.get()) == 1);
  KeyPair key;
  YUKUAI_CHECK(EC_POINT_point2oct(Curve(), point.get(), POINT_CONVERSION_UNCOMPRESSED, key.public_key.data(),
                                  key.public_key.size(), scratch.get()) == key.public_key.size());
  std::ranges::copy(d, key.d.ExposeMutable().begin());
  return key;
}

Signature Sign(const KeyPair& key, ByteSpan message) {
  YUKUAI_CHECK(IsPublicKey(key.public_key));
  const Number d = ToNumber(key.d.Expose());
  const Key imported = Import(key.public_key, d.get());
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, imported.get(), nullptr));
  YUKUAI_CHECK(context != nullptr && EVP_PKEY_sign_init(context.get()) == 1);
  const ByteArray<32> digest = HashOf(message);
  ByteArray<kDerSizeMax> der;
  size_t der_size = der.size();
  YUKUAI_CHECK(EVP_PKEY_sign(context.get(), der.data(), &der_size, digest.data(), digest.size()) == 1);
  const uint8_t* at = der.data();
  const SignaturePair pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der_size)));
  YUKUAI_CHECK(pair != nullptr);
  Signature out;
  YUKUAI_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out.data(), 32) == 32);
  YUKUAI_CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out.data() + 32, 32) == 32);
  return out;
}

}  // namespace yukuai::p256
