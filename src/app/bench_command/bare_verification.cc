// SPDX-License-Identifier: Apache-2.0
// The anchor: OpenSSL by its own interface, not through crypto/sm2, which may verify in another way without moving it.
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "app/bench_command/verification.h"

namespace yukuai::bench_command {
namespace {

template <auto function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;

Key Import(const sm2::PublicKey& key) {
  ByteArray<65> encoded{4};
  std::ranges::copy(key.xy(), encoded.begin() + 1);
  char group[] = "SM2";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                                   OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
                                   OSSL_PARAM_construct_end()};
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "SM2", nullptr));
  YUKUAI_CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* imported = nullptr;
  YUKUAI_CHECK(EVP_PKEY_fromdata(context.get(), &imported, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) == 1);
  return Key(imported);
}

Bytes ToDer(const sm2::Signature& signature) {
  const std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>> pair(ECDSA_SIG_new());
  YUKUAI_CHECK(pair != nullptr);
  BIGNUM* r = BN_bin2bn(signature.data(), 32, nullptr);
  BIGNUM* s = BN_bin2bn(signature.data() + 32, 32, nullptr);
  YUKUAI_CHECK(r != nullptr && s != nullptr && ECDSA_SIG_set0(pair.get(), r, s) == 1);
  Bytes der(static_cast<size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)));
  uint8_t* end = der.data();
  YUKUAI_CHECK(i2d_ECDSA_SIG(pair.get(), &end) == static_cast<int>(der.size()));
  return der;
}

}  // namespace

struct BareVerification::Prepared {
  Key key;
  KeyContext context;
  sm3::Digest digest;
  Bytes signature;
};

BareVerification::BareVerification(Entropy& entropy, size_t signatures) {
  const ByteSpan id = AsBytes(sm2::kDefaultId);
  for (size_t i = 0; i < signatures; ++i) {
    const sm2::PrivateKey key = sm2::PrivateKey::Generate(entropy);
    const ByteArray<32> message = entropy.Take<32>();
    auto one = std::make_unique<Prepared>();
    one->key = Import(key.public_key());
    one->context.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, one->key.get(), nullptr));
    YUKUAI_CHECK(one->context != nullptr && EVP_PKEY_verify_init(one->context.get()) == 1);
    one->digest = sm3::Hash({sm2::IdentityDigest(key.public_key(), id), message});
    one->signature = ToDer(sm2::Sign(key, id, message));
    prepared_.push_back(std::move(one));
  }
}

BareVerification::~BareVerification() = default;

bool BareVerification::Next() {
  const Prepared& one = *prepared_[next_];
  next_ = (next_ + 1) % prepared_.size();
  return EVP_PKEY_verify(one.context.get(), one.signature.data(), one.signature.size(), one.digest.data(), one.digest.size()) ==
         1;
}

}  // namespace yukuai::bench_command
