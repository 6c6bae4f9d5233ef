// SPDX-License-Identifier: Apache-2.0
// The values of the SM2 curve's arithmetic, for headers that keep one and do not compute: see field.h and sums.h.
#pragma once

#include <array>
#include <cstdint>

namespace yukuai::sm2_curve {

// 256 bits, limb 0 the lowest.
using Limbs = std::array<uint64_t, 4>;

// A number a of the field as a * 2^256 mod p, always 0..p-1.
struct Element {
  Limbs limbs{};
  friend bool operator==(const Element&, const Element&) = default;
};

// A point by its coordinates; never infinity.
struct Affine {
  Element x, y;
  friend bool operator==(const Affine&, const Affine&) = default;
};

}  // namespace yukuai::sm2_curve
