// SPDX-License-Identifier: Apache-2.0
// Numbers modulo n, the prime order of the SM2 curve's group, and the two ways in which they are cut into digits. Verifying
// only adds and subtracts modulo n; nothing here multiplies.
#pragma once

#include <cstddef>

#include "crypto/sm2_curve/field.h"

namespace yukuai::sm2_curve {

inline constexpr Limbs kOrder{0x53BBF40939D54123, 0x7203DF6B21C6052B, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFEFFFFFFFF};
// p - n: a number below it is also the remainder modulo n of a coordinate between n and p.
inline constexpr Limbs kPrimeLessOrder{0xAC440BF6C62ABEDC, 0x8DFC2093DE39FAD5, 0, 0};

inline bool IsScalar(const Limbs& a) { return !IsZero(a) && IsBelow(a, kOrder); }  // 1..n-1

// Any 256 bits modulo n: 2^256 is below 2n.
inline Limbs ReduceModuloOrder(const Limbs& a) {
  Limbs reduced;
  return SubtractLimbs(reduced, a, kOrder) != 0 ? a : reduced;
}

// Both below n.
inline Limbs AddModuloOrder(const Limbs& a, const Limbs& b) {
  Limbs sum;
  const uint64_t carry = AddLimbs(sum, a, b);
  Limbs reduced;
  return SubtractLimbs(reduced, sum, kOrder) > carry ? sum : reduced;
}

inline Limbs SubtractModuloOrder(const Limbs& a, const Limbs& b) {
  Limbs out;
  if (SubtractLimbs(out, a, b) != 0) AddLimbs(out, out, kOrder);
  return out;
}

// A number k of 0..n-1 as a sum of odd digits, for tables without rows for 0 and for even multiples.
//
// Of k and n - k (one is odd, because n is) the odd one, k', is written with 256 digits of +1 and -1: the i-th is
// 2 u_i - 1 for the bits u_i of u = (k' + 2^256 - 1) / 2, since the sum of (2 u_i - 1) 2^i is 2u - (2^256 - 1) = k'. Any w
// neighbouring ones make an odd digit 2 U - (2^w - 1) of -(2^w - 1) .. 2^w - 1, with U the w bits of u: no carry, and no digit
// is 0. k = 0 is written as n, whose multiples are infinity, so it needs no case of its own.
class OddDigits {
 public:
  explicit OddDigits(const Limbs& k) {
    negated_ = (k[0] & 1) == 0;
    Limbs odd = k;
    if (negated_) SubtractLimbs(odd, kOrder, k);
    u_ = {odd[0] >> 1 | odd[1] << 63, odd[1] >> 1 | odd[2] << 63, odd[2] >> 1 | odd[3] << 63, odd[3] >> 1 | uint64_t{1} << 63};
  }

  struct Digit {
    uint32_t row;   // The digit is 2 * row + 1 ...
    bool negative;  // ... or its opposite.
  };
  // The digit of `width` bits, 1..16, that begins at bit `offset`.
  Digit At(uint32_t offset, uint32_t width) const {
    const uint32_t limb = offset / 64;
    const uint32_t shift = offset % 64;
    uint64_t bits = u_[limb] >> shift;
    if (shift + width > 64) bits |= u_[limb + 1] << (64 - shift);
    // From the middle up, the digit is 2 (U - 2^(w-1)) + 1; below, its opposite is 2 (2^(w-1) - 1 - U) + 1. Either row is U's
    // lower bits, in the second case inverted. No branch: it would go wrong every other time.
    const auto window = static_cast<uint32_t>(bits);
    const uint32_t below = ~(window >> (width - 1)) & 1;
    return {(window ^ (0 - below)) & ((uint32_t{1} << (width - 1)) - 1), (below != 0) != negated_};
  }

 private:
  Limbs u_;
  bool negated_;
};

// A number of 0..n-1 as few odd digits among zeros (the width-5 non-adjacent form): at most one of any five neighbours is not
// 0, so that 256 doublings go with about 43 additions of 1, 3, .. 15 times the point.
class SparseDigits {
 public:
  static constexpr size_t kCount = 257;  // The last one takes what is carried out.
  static constexpr uint32_t kWidth = 5;
  static constexpr size_t kRows = 8;

  explicit SparseDigits(const Limbs& k) {
    uint32_t carry = 0;
    for (uint32_t at = 0; at < kCount;) {
      if ((Bits(k, at, 1)) == carry) {
        ++at;
        continue;
      }
      const uint32_t window = Bits(k, at, kWidth) + carry;  // Odd.
      carry = window >> (kWidth - 1) & 1;
      digits_[at] = static_cast<int8_t>(static_cast<int32_t>(window) - static_cast<int32_t>(carry << kWidth));
      at += kWidth;
    }
  }
  int8_t operator[](size_t i) const { return digits_[i]; }

 private:
  // Zeros beyond the number's end.
  static uint32_t Bits(const Limbs& k, uint32_t offset, uint32_t width) {
    const uint32_t limb = offset / 64;
    const uint32_t shift = offset % 64;
    if (limb > 3) return 0;
    uint64_t bits = k[limb] >> shift;
    if (shift + width > 64 && limb < 3) bits |= k[limb + 1] << (64 - shift);
    return static_cast<uint32_t>(bits) & ((uint32_t{1} << width) - 1);
  }

  std::array<int8_t, kCount> digits_{};
};

}  // namespace yukuai::sm2_curve
