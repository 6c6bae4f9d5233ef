// SPDX-License-Identifier: Apache-2.0
// Botan's big numbers and points beside ours, for this module's tests.
#pragma once

#include <botan/bigint.h>
#include <botan/ec_group.h>
#include <gtest/gtest.h>

#include "base/entropy/entropy.h"
#include "crypto/sm2_curve/engine.h"

namespace yukuai::sm2_curve {

inline Botan::BigInt ToBig(const Limbs& limbs) {
  const ByteArray<32> bytes = BytesOf(limbs);
  return Botan::BigInt(bytes.data(), bytes.size());
}

inline Limbs ToLimbs(const Botan::BigInt& value) {
  ByteArray<32> bytes;
  Botan::BigInt::encode_1363(bytes.data(), bytes.size(), value);
  return LimbsOf(bytes);
}

// Random limbs, among them many that are all zeros or all ones: carries run through those.
inline Limbs AnyLimbs(SeededEntropy& entropy) {
  Limbs out;
  for (uint64_t& limb : out) {
    const uint64_t kind = entropy.Below(8);
    limb = kind == 0 ? 0 : kind == 1 ? ~uint64_t{0} : kind == 2 ? uint64_t{1} << entropy.Below(64) : entropy.Next();
  }
  return out;
}

inline const Botan::EC_Group& Group() {
  static const Botan::EC_Group group("sm2p256v1");
  return group;
}

inline Affine ToAffine(const Botan::PointGFp& point) {
  const auto element = [](const Botan::BigInt& value) { return PortableField::Multiply({ToLimbs(value)}, kToMontgomery); };
  return {element(point.get_affine_x()), element(point.get_affine_y())};
}

// k * G by Botan; k is not 0 modulo n.
inline Affine MultipleOfG(const Botan::BigInt& k) { return ToAffine(Group().get_base_point() * k); }

}  // namespace yukuai::sm2_curve
