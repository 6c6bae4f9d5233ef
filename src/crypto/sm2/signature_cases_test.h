// SPDX-License-Identifier: Apache-2.0
// Signatures to be judged, with OpenSSL and Botan as judges: for the tests here and for `make soak SUITE=sm2`.
//
// A good signature needs no private key: for any key P and numbers s and t, R = sG + tP tells the r and e that (r, s) holds for.
// So the keys and sums may be any, also such as make additions exceptional.
#pragma once

#include <botan/bigint.h>
#include <botan/ec_group.h>

#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "crypto/sm2/sm2.h"

namespace yukuai::sm2 {

struct SignatureCase {
  std::string what;
  CompressedKey key{};
  sm3::Digest e{};
  Signature signature{};
};

const Botan::EC_Group& OracleGroup();
ByteArray<32> BytesOfBig(const Botan::BigInt& value);  // Of 0..2^256-1.

// The verdicts of the libraries; false for a key that they do not take.
bool OpensslHolds(const SignatureCase& one);
bool BotanHolds(const SignatureCase& one);

// A signature that holds, for any key that is a point. t is not 0 and t - s is not 0 modulo n.
SignatureCase GoodSignature(std::string what, const Botan::PointGFp& key, const Botan::BigInt& s, const Botan::BigInt& t);

// Everything that was thought of: numbers at the ends of their ranges, keys that are none, sums that are exceptional.
std::vector<SignatureCase> AdversarialCases();

// Without end, from a seed: random ones, good and altered, on random keys and on keys that make sums exceptional.
class RandomCases {
 public:
  explicit RandomCases(uint64_t seed);
  SignatureCase Next();

 private:
  Botan::BigInt Scalar();
  void Alter(SignatureCase& one);

  SeededEntropy entropy_;
  std::vector<Botan::PointGFp> keys_;
};

}  // namespace yukuai::sm2
