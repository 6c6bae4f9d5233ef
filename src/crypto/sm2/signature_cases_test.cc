// SPDX-License-Identifier: Apache-2.0
// The cases and their judges, see signature_cases_test.h.
#include "crypto/sm2/signature_cases_test.h"

#include <botan/pubkey.h>
#include <botan/sm2.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>

#include "base/result/check.h"

namespace yukuai::sm2 {
namespace {

using Botan::BigInt;
using Botan::PointGFp;

const BigInt& N() { return OracleGroup().get_order(); }
const BigInt& P() { return OracleGroup().get_p(); }

Signature Join(const BigInt& r, const BigInt& s) {
  Signature out;
  std::ranges::copy(BytesOfBig(r), out.begin());
  std::ranges::copy(BytesOfBig(s), out.begin() + 32);
  return out;
}

BigInt HalfOf(const Signature& signature, size_t half) { return BigInt(signature.data() + 32 * half, 32); }

PointGFp Multiple(const BigInt& k) { return OracleGroup().point_multiply(k, OracleGroup().get_base_point(), 0); }

BigInt PowerOfTwo(size_t exponent) { return BigInt(1) << exponent; }

// A point whose x is n or larger, so that x modulo n is small. x + n is below p for some 2^127 numbers in all.
PointGFp PointAboveTheOrder(size_t skip) {
  for (BigInt x = N();; ++x) {
    CompressedKey encoded{2};
    std::ranges::copy(BytesOfBig(x), encoded.begin() + 1);
    try {
      const PointGFp point = OracleGroup().OS2ECP(encoded.data(), encoded.size());
      if (skip-- == 0) return point;
    } catch (const Botan::Exception&) {}
  }
}

CompressedKey Encoded(const PointGFp& key) {
  const std::vector<uint8_t> bytes = key.encode(PointGFp::COMPRESSED);
  CompressedKey out;
  std::ranges::copy(bytes, out.begin());
  return out;
}

// sG + tP = R for this R: P = (R - sG) / t.
SignatureCase WithSum(std::string what, const PointGFp& sum, const BigInt& s, const BigInt& t) {
  const PointGFp key = (sum - Multiple(s)) * OracleGroup().inverse_mod_order(t);
  return GoodSignature(std::move(what), key, s, t);
}

// e is taken modulo n, and 32 bytes have room for n and more: small e and e + n are the same.
void AddDigestsAboveTheOrder(std::vector<SignatureCase>& out) {
  for (int e = 0; e < 4; ++e) {
    const PointGFp sum = Multiple(1000 + e);
    const BigInt r = (sum.get_affine_x() + e) % N();
    SignatureCase one = WithSum("e small", sum, 99, (r + 99) % N());
    out.push_back(one);
    one.what = "e + n";
    one.e = BytesOfBig(N() + e);
    out.push_back(one);
    one.what = "e + n + 1";
    one.e = BytesOfBig(N() + e + 1);
    out.push_back(one);
  }
}

void AddNumbersAtTheEnds(std::vector<SignatureCase>& out) {
  const SignatureCase good = GoodSignature("good", Multiple(1234567), 7654321, 9999999);
  out.push_back(good);
  const std::pair<const char*, BigInt> ends[] = {
      {"0", 0},         {"1", 1},   {"n-1", N() - 1},           {"n", N()},
      {"n+1", N() + 1}, {"p", P()}, {"2^255", PowerOfTwo(255)}, {"2^256-1", PowerOfTwo(256) - 1}};
  const BigInt r = HalfOf(good.signature, 0);
  const BigInt s = HalfOf(good.signature, 1);
  const auto add = [&](const std::string& what, const BigInt& one, const BigInt& two) {
    SignatureCase bad = good;
    bad.what = what;
    bad.signature = Join(one, two);
    out.push_back(bad);
  };
  for (const auto& [name, value] : ends) {
    add(std::string("r = ") + name, value, s);
    add(std::string("s = ") + name, r, value);
    for (const auto& [other_name, other] : ends) add(std::string("r = ") + name + ", s = " + other_name, value, other);
    SignatureCase bad = good;
    bad.what = std::string("e = ") + name;
    bad.e = BytesOfBig(value);
    out.push_back(bad);
  }
  add("r + s = n", r, N() - r);
  add("s' = n - s", r, N() - s);
  add("r' = n - r", N() - r, s);
  add("r and s exchanged", s, r);
}

void AddKeysThatAreNone(std::vector<SignatureCase>& out) {
  const SignatureCase good = GoodSignature("good", Multiple(4242), 17, 23);
  for (const int prefix : {0, 1, 4, 5, 6, 7, 0x80, 0xFF}) {
    SignatureCase bad = good;
    bad.what = "prefix " + std::to_string(prefix);
    bad.key[0] = static_cast<uint8_t>(prefix);
    out.push_back(bad);
  }
  SignatureCase other_root = good;
  other_root.what = "the opposite key";
  other_root.key[0] ^= 1;
  out.push_back(other_root);
  const BigInt all_ones = PowerOfTwo(256) - 1;
  for (const BigInt& x : {BigInt(0), BigInt(1), BigInt(2), BigInt(3), P() - 1, P(), P() + 1, P() + 2, N(), all_ones}) {
    for (const uint8_t prefix : {uint8_t{2}, uint8_t{3}}) {
      SignatureCase bad = good;
      bad.what = "X = " + x.to_dec_string();
      bad.key[0] = prefix;
      std::ranges::copy(BytesOfBig(x), bad.key.begin() + 1);
      out.push_back(bad);
    }
  }
}

// Relations between G and P that make rows of their tables, or sums of them, meet.
void AddExceptionalSums(std::vector<SignatureCase>& out) {
  std::vector<std::pair<std::string, BigInt>> keys{{"G", 1},         {"-G", N() - 1}, {"2G", 2},
                                                   {"-2G", N() - 2}, {"3G", 3},       {"G/2", (N() + 1) / 2}};
  for (const size_t bit : {5u, 8u, 9u, 13u, 128u, 255u}) {
    keys.emplace_back("2^" + std::to_string(bit) + " G", PowerOfTwo(bit) % N());
    keys.emplace_back("-2^" + std::to_string(bit) + " G", N() - PowerOfTwo(bit) % N());
  }
  const BigInt samples[] = {1, 2, 3, 16, 17, N() - 1, N() - 2, PowerOfTwo(128), PowerOfTwo(255)};
  for (const auto& [name, d] : keys) {
    const PointGFp key = Multiple(d);
    for (const BigInt& t : samples) {
      const BigInt td = t * d % N();
      const std::string on = " with P = " + name + ", t = " + t.to_dec_string();
      if ((t + N() - td) % N() != 0) out.push_back(GoodSignature("sG = tP" + on, key, td, t));
      if ((t + td) % N() != 0) {
        // sG = -tP: R is infinity, whatever e and r are.
        SignatureCase none;
        none.what = "R infinite" + on;
        none.key = Encoded(key);
        const BigInt s = N() - td;
        none.signature = Join((t + N() - s) % N(), s);
        if (HalfOf(none.signature, 0) != 0) {
          out.push_back(none);
          none.e = BytesOfBig(HalfOf(none.signature, 0));  // Then x would have to be 0.
          out.push_back(none);
        }
      }
      for (const BigInt& s : samples) {
        if (s != t && (s + td) % N() != 0) out.push_back(GoodSignature("small numbers" + on, key, s, t));
      }
    }
  }
}

void AddSumsAboveTheOrder(std::vector<SignatureCase>& out) {
  for (size_t i = 0; i < 8; ++i) {
    const PointGFp sum = PointAboveTheOrder(i);
    const SignatureCase good = WithSum("x of R above n", sum, 1000 + i, 77777 + 13 * i);
    out.push_back(good);
    SignatureCase bad = good;
    bad.what = "x of R above n, e altered";
    bad.e[31] ^= 1;
    out.push_back(bad);
  }
  // x of R itself small, so that x + n is looked at and is another point's.
  for (int x = 0, found = 0; found < 8; ++x) {
    CompressedKey encoded{3};
    std::ranges::copy(BytesOfBig(x), encoded.begin() + 1);
    try {
      const PointGFp sum = OracleGroup().OS2ECP(encoded.data(), encoded.size());
      out.push_back(WithSum("x of R small", sum, 500 + x, 333 + x * 7));
      ++found;
    } catch (const Botan::Exception&) {}
  }
}

void AddPatterns(std::vector<SignatureCase>& out) {
  const BigInt patterns[] = {PowerOfTwo(255) - 1,       PowerOfTwo(255),
                             PowerOfTwo(224),           PowerOfTwo(224) - 1,
                             PowerOfTwo(64) - 1,        PowerOfTwo(192) + PowerOfTwo(64),
                             (PowerOfTwo(256) - 1) / 3, (PowerOfTwo(256) - 1) / 15 * 8 % N(),
                             N() - PowerOfTwo(127),     N() - PowerOfTwo(32)};
  for (const BigInt& s : patterns) {
    for (const BigInt& t : patterns) {
      if (s % N() != t % N()) out.push_back(GoodSignature("bit patterns", Multiple(987654321), s % N(), t % N()));
    }
  }
}

}  // namespace

const Botan::EC_Group& OracleGroup() {
  static const Botan::EC_Group group("sm2p256v1");
  return group;
}

ByteArray<32> BytesOfBig(const BigInt& value) {
  ByteArray<32> out;
  BigInt::encode_1363(out.data(), out.size(), value);
  return out;
}

bool BotanHolds(const SignatureCase& one) {
  if (one.key[0] != 2 && one.key[0] != 3) return false;
  try {
    const PointGFp point = OracleGroup().OS2ECP(one.key.data(), one.key.size());
    const Botan::SM2_PublicKey key(OracleGroup(), point);
    Botan::PK_Verifier verifier(key, "id,Raw");
    return verifier.verify_message(one.e.data(), one.e.size(), one.signature.data(), one.signature.size());
  } catch (const Botan::Exception&) { return false; }
}

bool OpensslHolds(const SignatureCase& one) {
  if (one.key[0] != 2 && one.key[0] != 3) return false;
  char group[] = "SM2";
  CompressedKey encoded = one.key;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                                   OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
                                   OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> importing(EVP_PKEY_CTX_new_from_name(nullptr, "SM2", nullptr),
                                                                              EVP_PKEY_CTX_free);
  YUKUAI_CHECK(importing != nullptr && EVP_PKEY_fromdata_init(importing.get()) == 1);
  EVP_PKEY* imported = nullptr;
  const bool is_key =
      EVP_PKEY_fromdata(importing.get(), &imported, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) == 1;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(imported, EVP_PKEY_free);
  bool holds = false;
  if (is_key) {
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
    YUKUAI_CHECK(ECDSA_SIG_set0(pair.get(), BN_bin2bn(one.signature.data(), 32, nullptr),
                                BN_bin2bn(one.signature.data() + 32, 32, nullptr)) == 1);
    Bytes der(static_cast<size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)));
    uint8_t* end = der.data();
    i2d_ECDSA_SIG(pair.get(), &end);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> verifying(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr), EVP_PKEY_CTX_free);
    YUKUAI_CHECK(verifying != nullptr && EVP_PKEY_verify_init(verifying.get()) == 1);
    holds = EVP_PKEY_verify(verifying.get(), der.data(), der.size(), one.e.data(), one.e.size()) == 1;
  }
  ERR_clear_error();
  return holds;
}

SignatureCase GoodSignature(std::string what, const PointGFp& key, const BigInt& s, const BigInt& t) {
  const PointGFp sum = OracleGroup().point_multiply(s, key, t);
  const BigInt r = (t + N() - s) % N();
  SignatureCase out;
  out.what = std::move(what);
  out.key = Encoded(key);
  // Infinity has no x; the signature does not hold then, whatever e is.
  if (!sum.is_zero()) out.e = BytesOfBig((r + N() - sum.get_affine_x() % N()) % N());
  out.signature = Join(r, s);
  return out;
}

std::vector<SignatureCase> AdversarialCases() {
  std::vector<SignatureCase> out;
  AddNumbersAtTheEnds(out);
  AddDigestsAboveTheOrder(out);
  AddKeysThatAreNone(out);
  AddExceptionalSums(out);
  AddSumsAboveTheOrder(out);
  AddPatterns(out);
  return out;
}

RandomCases::RandomCases(uint64_t seed) : entropy_(seed) {
  for (const int d : {1, 2, 3, 5, 7, 16, 255}) {
    keys_.push_back(Multiple(d));
    keys_.push_back(Multiple(N() - d));
  }
  for (int i = 0; i < 40; ++i) keys_.push_back(Multiple(Scalar()));
}

// 1..n-1: mostly any, sometimes short, sometimes near the end, sometimes of few bits.
BigInt RandomCases::Scalar() {
  ByteArray<32> bytes = entropy_.Take<32>();
  const uint64_t kind = entropy_.Below(16);
  if (kind == 0) std::fill_n(bytes.begin(), entropy_.Below(32), uint8_t{0});
  if (kind == 1) {
    bytes = {};
    for (int i = 0; i < 4; ++i) bytes[entropy_.Below(32)] |= static_cast<uint8_t>(1 << entropy_.Below(8));
  }
  BigInt value = BigInt(bytes.data(), bytes.size()) % N();
  if (kind == 2) value = N() - (value % 1000);
  if (kind == 3) value = value % 1000;
  return value.is_zero() || value == N() ? BigInt(1) : value;
}

void RandomCases::Alter(SignatureCase& one) {
  one.what += ", altered";
  const size_t bit = entropy_.Below(8);
  switch (entropy_.Below(8)) {
    case 0: one.signature[entropy_.Below(32)] ^= static_cast<uint8_t>(1 << bit); return;
    case 1: one.signature[32 + entropy_.Below(32)] ^= static_cast<uint8_t>(1 << bit); return;
    case 2: one.e[entropy_.Below(32)] ^= static_cast<uint8_t>(1 << bit); return;
    case 3: one.key[entropy_.Below(33)] ^= static_cast<uint8_t>(1 << bit); return;
    case 4: one.key[0] ^= 1; return;
    case 5: one.signature = Join(HalfOf(one.signature, 0), N() - HalfOf(one.signature, 1)); return;
    case 6: one.signature = Join(HalfOf(one.signature, 1), HalfOf(one.signature, 0)); return;
    default: {
      // r and s moved against each other: t stays.
      const BigInt by = Scalar();
      one.signature = Join((HalfOf(one.signature, 0) + by) % N(), (HalfOf(one.signature, 1) + N() - by) % N());
    }
  }
}

SignatureCase RandomCases::Next() {
  const BigInt s = Scalar();
  BigInt t = Scalar();
  if (s == t) t = (t + 1) % N() == 0 ? BigInt(2) : (t + 1) % N();
  // A few keys again and again, as issuers are, and many once.
  const bool is_new = entropy_.Below(4) == 0;
  const PointGFp key = is_new ? Multiple(Scalar()) : keys_[entropy_.Below(keys_.size())];
  SignatureCase out = GoodSignature(is_new ? "new key" : "known key", key, s, t);
  if (entropy_.Below(3) == 0) Alter(out);
  return out;
}

}  // namespace yukuai::sm2
