// SPDX-License-Identifier: Apache-2.0
// Keys and verifying on our own curve arithmetic; private keys and signing on OpenSSL 3. The digest e is computed here, so the
// library sees a bare digest and its own handling of user IDs is never used.
#include "crypto/sm2/sm2.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "base/result/check.h"
#include "crypto/sm2_curve/engine.h"

namespace yukuai::sm2 {
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

// a, b, Gx, Gy of the recommended curve, as ZA takes them (GB/T 32918.5 annex A).
constexpr ByteArray<128> kCurve{0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC,
                                0x28, 0xE9, 0xFA, 0x9E, 0x9D, 0x9F, 0x5E, 0x34, 0x4D, 0x5A, 0x9E, 0x4B, 0xCF, 0x65, 0x09, 0xA7,
                                0xF3, 0x97, 0x89, 0xF5, 0x15, 0xAB, 0x8F, 0x92, 0xDD, 0xBC, 0xBD, 0x41, 0x4D, 0x94, 0x0E, 0x93,
                                0x32, 0xC4, 0xAE, 0x2C, 0x1F, 0x19, 0x81, 0x19, 0x5F, 0x99, 0x04, 0x46, 0x6A, 0x39, 0xC9, 0x94,
                                0x8F, 0xE3, 0x0B, 0xBF, 0xF2, 0x66, 0x0B, 0xE1, 0x71, 0x5A, 0x45, 0x89, 0x33, 0x4C, 0x74, 0xC7,
                                0xBC, 0x37, 0x36, 0xA2, 0xF4, 0xF6, 0x77, 0x9C, 0x59, 0xBD, 0xCE, 0xE3, 0x6B, 0x69, 0x21, 0x53,
                                0xD0, 0xA9, 0x87, 0x7C, 0xC6, 0x2A, 0x47, 0x40, 0x02, 0xDF, 0x32, 0xE5, 0x21, 0x39, 0xF0, 0xA0};

// n - 1, the first value that is no private key: (1 + d) must have an inverse.
constexpr ByteArray<32> kOrderMinusOne{0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x72, 0x03, 0xDF, 0x6B, 0x21, 0xC6,
                                       0x05, 0x2B, 0x53, 0xBB, 0xF4, 0x09, 0x39, 0xD5, 0x41, 0x22};

const EC_GROUP* Curve() {
  static const Group group(EC_GROUP_new_by_curve_name(NID_sm2));
  YUKUAI_CHECK(group != nullptr);  // A library built without it cannot run this program.
  return group.get();
}

Number ToNumber(ByteSpan bytes) {
  Number number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  YUKUAI_CHECK(number != nullptr);
  return number;
}

// In constant time, because d is secret: subtracts and looks at the borrow.
bool IsBelow(const ByteArray<32>& value, const ByteArray<32>& bound) {
  int borrow = 0;
  for (size_t i = value.size(); i-- > 0;) borrow = (static_cast<int>(value[i]) - bound[i] - borrow) < 0 ? 1 : 0;
  return borrow == 1;
}

bool IsZero(const ByteArray<32>& value) {
  uint8_t any = 0;
  for (const uint8_t byte : value) any |= byte;
  return any == 0;
}

Key Import(const ByteArray<65>& uncompressed, const BIGNUM& d) {
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  YUKUAI_CHECK(builder != nullptr);
  YUKUAI_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) == 1);
  YUKUAI_CHECK(
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, uncompressed.data(), uncompressed.size()) == 1);
  YUKUAI_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1);
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "SM2", nullptr));
  YUKUAI_CHECK(parameters != nullptr && context != nullptr);
  EVP_PKEY* key = nullptr;
  YUKUAI_CHECK(EVP_PKEY_fromdata_init(context.get()) == 1);
  YUKUAI_CHECK(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) == 1);
  return Key(key);
}

sm3::Digest MessageDigest(const PublicKey& key, ByteSpan id, ByteSpan message) {
  const sm3::Digest identity = IdentityDigest(key, id);
  return sm3::Hash({identity, message});
}

}  // namespace

struct PrivateKey::Imported {
  Key key;
};

PublicKey::PublicKey(const sm2_curve::Affine& point, const ByteArray<64>& xy) : point_(point), xy_(xy) {
  compressed_[0] = static_cast<uint8_t>(2 + (xy[63] & 1));
  std::copy_n(xy.begin(), 32, compressed_.begin() + 1);
}

std::optional<PublicKey> PublicKey::Parse(ByteSpan compressed) {
  if (compressed.size() != 33) return std::nullopt;
  const auto& curve = sm2_curve::Fastest();
  const auto point = curve.parse_compressed(compressed.first<33>());
  if (!point) return std::nullopt;
  return PublicKey(*point, curve.plain(*point));
}

std::optional<PublicKey> PublicKey::ParseUncompressed(ByteSpan xy) {
  if (xy.size() != 64) return std::nullopt;
  const auto point = sm2_curve::Fastest().parse_plain(xy.first<64>());
  if (!point) return std::nullopt;
  ByteArray<64> bytes;
  std::ranges::copy(xy, bytes.begin());
  return PublicKey(*point, bytes);
}

std::optional<PrivateKey> PrivateKey::Parse(ByteSpan d) {
  if (d.size() != 32) return std::nullopt;
  Secret<ByteArray<32>> secret;
  std::ranges::copy(d, secret.ExposeMutable().begin());
  if (IsZero(secret.Expose()) || !IsBelow(secret.Expose(), kOrderMinusOne)) return std::nullopt;

  const Number number = ToNumber(secret.Expose());
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  const Point point(EC_POINT_new(Curve()));
  const Scratch scratch(BN_CTX_new());
  YUKUAI_CHECK(point != nullptr && scratch != nullptr);
  YUKUAI_CHECK(EC_POINT_mul(Curve(), point.get(), number.get(), nullptr, nullptr, scratch.get()) == 1);
  ByteArray<65> encoded;
  YUKUAI_CHECK(EC_POINT_point2oct(Curve(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(), encoded.size(),
                                  scratch.get()) == encoded.size());
  auto public_key = PublicKey::ParseUncompressed(ByteSpan(encoded).subspan(1));
  YUKUAI_CHECK(public_key.has_value());

  PrivateKey key(*std::move(public_key));
  key.imported_ = std::make_shared<const Imported>(Import(encoded, *number));
  key.d_ = std::move(secret);
  return key;
}

PrivateKey PrivateKey::Generate(Entropy& entropy) {
  // A value outside the range is thrown away, not reduced, so that every key is equally likely. That happens once in 2^32.
  Secret<ByteArray<32>> candidate;
  while (true) {
    entropy.Fill(candidate.ExposeMutable());
    if (auto key = Parse(candidate.Expose())) return *std::move(key);
  }
}

sm3::Digest IdentityDigest(const PublicKey& key, ByteSpan id) {
  YUKUAI_CHECK(id.size() <= kIdSizeMax);
  const size_t bits = id.size() * 8;
  const ByteArray<2> entl{static_cast<uint8_t>(bits >> 8), static_cast<uint8_t>(bits)};
  return sm3::Hash({entl, id, kCurve, key.xy()});
}

bool Verify(const PublicKey& key, ByteSpan id, ByteSpan message, const Signature& signature) {
  if (id.size() > kIdSizeMax) return false;
  return VerifyDigest(key, MessageDigest(key, id, message), signature);
}

bool VerifyDigest(const PublicKey& key, const sm3::Digest& e, const Signature& signature) {
  const auto equation = sm2_curve::Equation::Of(e, signature);
  return equation && sm2_curve::Fastest().holds(*equation, sm2_curve::SmallGeneratorComb(), key.point());
}

Signature Sign(const PrivateKey& key, ByteSpan id, ByteSpan message) {
  const sm3::Digest e = MessageDigest(key.public_key(), id, message);
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.imported().key.get(), nullptr));
  YUKUAI_CHECK(context != nullptr && EVP_PKEY_sign_init(context.get()) == 1);
  ByteArray<kDerSizeMax> der;
  size_t der_size = der.size();
  YUKUAI_CHECK(EVP_PKEY_sign(context.get(), der.data(), &der_size, e.data(), e.size()) == 1);

  const uint8_t* at = der.data();
  const SignaturePair pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der_size)));
  YUKUAI_CHECK(pair != nullptr);
  Signature out;
  YUKUAI_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out.data(), 32) == 32);
  YUKUAI_CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out.data() + 32, 32) == 32);
  return out;
}

}  // namespace yukuai::sm2
