// SPDX-License-Identifier: Apache-2.0
// The field of the SM2 curve: integers modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1. Variable time, for public values only.
//
// An Element holds a * 2^256 mod p (Montgomery's form), always in 0..p-1, so two elements are equal when their limbs are.
// Multiplying two such values and dividing by 2^256 gives the form of the product. The division is exact after adding the
// multiple M of p that clears the lower half; M's limbs are found one after another as m = -c0 / p mod 2^64. Because
// p = -1 mod 2^64, m is c0 itself, and no multiplication is needed to add m * p either: with
//
//     p + 1 = 2^64 * (2^192 - 2^160 - 2^32 + 1),
//
// one step is c -> (c + m * p) / 2^64 = (c - m) / 2^64 + m * 2^192 - m * 2^160 - m * 2^32 + m: shifts, sums, differences.
// It keeps c below 2^256: (2^256 - 1 + (2^64 - 1) * p) / 2^64 < 2^256.
//
// Montgomery, "Modular multiplication without trial division", Math. Comp. 44 (1985).
#pragma once

#include <optional>
#include <span>

#include "base/bytes/bytes.h"
#include "crypto/sm2_curve/point.h"

namespace yukuai::sm2_curve {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

inline Limbs LimbsOf(std::span<const uint8_t, 32> big_endian) {
  Limbs out;
  for (size_t i = 0; i < 4; ++i) {
    uint64_t limb = 0;
    for (size_t j = 0; j < 8; ++j) limb = limb << 8 | big_endian[8 * (3 - i) + j];
    out[i] = limb;
  }
  return out;
}

inline ByteArray<32> BytesOf(const Limbs& limbs) {
  ByteArray<32> out;
  for (size_t i = 0; i < 32; ++i) out[i] = static_cast<uint8_t>(limbs[3 - i / 8] >> (56 - 8 * (i % 8)));
  return out;
}

// a + b, and what is carried out.
inline uint64_t AddLimbs(Limbs& out, const Limbs& a, const Limbs& b) {
  Wide sum = 0;
  for (size_t i = 0; i < 4; ++i) {
    sum += static_cast<Wide>(a[i]) + b[i];
    out[i] = static_cast<uint64_t>(sum);
    sum >>= 64;
  }
  return static_cast<uint64_t>(sum);
}

// a - b, and what is borrowed.
inline uint64_t SubtractLimbs(Limbs& out, const Limbs& a, const Limbs& b) {
  SignedWide difference = 0;
  for (size_t i = 0; i < 4; ++i) {
    difference += static_cast<SignedWide>(a[i]) - b[i];
    out[i] = static_cast<uint64_t>(difference);
    difference >>= 64;
  }
  return static_cast<uint64_t>(difference) & 1;
}

inline bool IsBelow(const Limbs& a, const Limbs& b) {
  Limbs ignored;
  return SubtractLimbs(ignored, a, b) != 0;
}

inline bool IsZero(const Limbs& a) { return (a[0] | a[1] | a[2] | a[3]) == 0; }

inline constexpr Limbs kPrime{0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF00000000, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFEFFFFFFFF};

// 2^256 mod p, which stands for 1, and 2^512 mod p, by which a number is multiplied to get its form.
inline constexpr Element kOne{{0x0000000000000001, 0x00000000FFFFFFFF, 0x0000000000000000, 0x0000000100000000}};
inline constexpr Element kToMontgomery{{0x0000000200000003, 0x00000002FFFFFFFF, 0x0000000100000001, 0x0000000400000002}};

inline bool IsZero(const Element& a) { return IsZero(a.limbs); }

// carry * 2^256 + sum, which is below 2p, less p where it is not below p.
inline Element ReduceOnce(const Limbs& sum, uint64_t carry) {
  Limbs reduced;
  const uint64_t keep = 0 - static_cast<uint64_t>(SubtractLimbs(reduced, sum, kPrime) > carry);
  Element out;
  for (size_t i = 0; i < 4; ++i) out.limbs[i] = reduced[i] ^ ((reduced[i] ^ sum[i]) & keep);
  return out;
}

// The arithmetic in plain C++, for every processor. The curve's algorithms take it, or another with the same functions, as a
// template argument.
struct PortableField {
  static Element Add(const Element& a, const Element& b) {
    Limbs sum;
    const uint64_t carry = AddLimbs(sum, a.limbs, b.limbs);
    return ReduceOnce(sum, carry);
  }

  static Element Subtract(const Element& a, const Element& b) {
    Element out;
    const uint64_t mask = 0 - SubtractLimbs(out.limbs, a.limbs, b.limbs);
    AddLimbs(out.limbs, out.limbs, {mask & kPrime[0], mask & kPrime[1], mask & kPrime[2], mask & kPrime[3]});
    return out;
  }

  static Element Multiply(const Element& a, const Element& b) {
    std::array<uint64_t, 8> product{};
    for (size_t i = 0; i < 4; ++i) {
      Wide sum = 0;
      for (size_t j = 0; j < 4; ++j) {
        sum += static_cast<Wide>(a.limbs[j]) * b.limbs[i] + product[i + j];
        product[i + j] = static_cast<uint64_t>(sum);
        sum >>= 64;
      }
      product[i + 4] = static_cast<uint64_t>(sum);
    }
    return Reduce(product);
  }

  // Each product of two different limbs occurs twice: 10 multiplications instead of 16.
  static Element Square(const Element& a) {
    const Limbs& v = a.limbs;
    std::array<uint64_t, 8> c{};
    for (size_t i = 0; i < 3; ++i) {
      Wide sum = 0;
      for (size_t j = i + 1; j < 4; ++j) {
        sum += static_cast<Wide>(v[j]) * v[i] + c[i + j];
        c[i + j] = static_cast<uint64_t>(sum);
        sum >>= 64;
      }
      c[i + 4] = static_cast<uint64_t>(sum);
    }
    for (size_t i = 7; i > 0; --i) c[i] = c[i] << 1 | c[i - 1] >> 63;
    Wide sum = 0;
    for (size_t i = 0; i < 4; ++i) {
      const Wide square = static_cast<Wide>(v[i]) * v[i];
      sum += static_cast<Wide>(c[2 * i]) + static_cast<uint64_t>(square);
      c[2 * i] = static_cast<uint64_t>(sum);
      sum = (sum >> 64) + c[2 * i + 1] + static_cast<uint64_t>(square >> 64);
      c[2 * i + 1] = static_cast<uint64_t>(sum);
      sum >>= 64;
    }
    return Reduce(c);
  }

 private:
  // The steps of the head of this file on the lower half; then the upper half is added, which stays below 2p.
  static Element Reduce(const std::array<uint64_t, 8>& product) {
    Limbs c{product[0], product[1], product[2], product[3]};
    for (int step = 0; step < 4; ++step) {
      const uint64_t m = c[0];
      const uint64_t low = m << 32;
      const uint64_t high = m >> 32;
      SignedWide sum = static_cast<SignedWide>(c[1]) + m - low;
      c[0] = static_cast<uint64_t>(sum);
      sum = (sum >> 64) + c[2] - high;
      c[1] = static_cast<uint64_t>(sum);
      sum = (sum >> 64) + c[3] - low;
      c[2] = static_cast<uint64_t>(sum);
      sum = (sum >> 64) + m - high;
      c[3] = static_cast<uint64_t>(sum);
    }
    Limbs sum;
    const uint64_t carry = AddLimbs(sum, c, {product[4], product[5], product[6], product[7]});
    return ReduceOnce(sum, carry);
  }
};

// What follows from multiplying. F is PortableField or another arithmetic.

template <typename F>
Element SquareTimes(Element a, int times) {
  for (int i = 0; i < times; ++i) a = F::Square(a);
  return a;
}

// Nothing for 32 bytes that are not below p.
template <typename F>
std::optional<Element> ElementOf(std::span<const uint8_t, 32> big_endian) {
  const Limbs limbs = LimbsOf(big_endian);
  if (!IsBelow(limbs, kPrime)) return std::nullopt;
  return F::Multiply({limbs}, kToMontgomery);
}

template <typename F>
Limbs NumberOf(const Element& a) {
  return F::Multiply(a, {{1, 0, 0, 0}}).limbs;
}

template <typename F>
Element Negate(const Element& a) {
  return F::Subtract({}, a);
}

// a^(2^32 - 1), with which both exponents below begin.
template <typename F>
Element PowerOf32Ones(const Element& a) {
  const Element a2 = F::Multiply(F::Square(a), a);
  const Element a4 = F::Multiply(SquareTimes<F>(a2, 2), a2);
  const Element a8 = F::Multiply(SquareTimes<F>(a4, 4), a4);
  const Element a16 = F::Multiply(SquareTimes<F>(a8, 8), a8);
  return F::Multiply(SquareTimes<F>(a16, 16), a16);
}

// 1 / a = a^(p-2) (Fermat); 0 for 0. The exponent's bits, from the top: 31 ones, a zero, 128 ones, 32 zeros, 62 ones, 01.
template <typename F>
Element Invert(const Element& a) {
  const Element ones30 = [&a] {
    const Element a2 = F::Multiply(F::Square(a), a);
    const Element a3 = F::Multiply(F::Square(a2), a);
    const Element a6 = F::Multiply(SquareTimes<F>(a3, 3), a3);
    const Element a12 = F::Multiply(SquareTimes<F>(a6, 6), a6);
    const Element a15 = F::Multiply(SquareTimes<F>(a12, 3), a3);
    return F::Multiply(SquareTimes<F>(a15, 15), a15);
  }();
  const Element ones31 = F::Multiply(F::Square(ones30), a);
  const Element ones32 = F::Multiply(F::Square(ones31), a);
  Element out = SquareTimes<F>(ones31, 33);
  out = F::Multiply(out, ones32);
  for (int i = 0; i < 3; ++i) out = F::Multiply(SquareTimes<F>(out, 32), ones32);
  out = F::Multiply(SquareTimes<F>(out, 64), ones32);
  out = F::Multiply(SquareTimes<F>(out, 30), ones30);
  return F::Multiply(SquareTimes<F>(out, 2), a);
}

// A square root where there is one: p = 3 mod 4, so a^((p+1)/4) squares to a if anything does; the caller squares and
// compares. (p+1)/4 = 2^62 * (2^32 - 1) * (2^160 - 1): 252 squarings and 13 multiplications.
template <typename F>
Element SquareRootCandidate(const Element& a) {
  const Element b = PowerOf32Ones<F>(a);
  const Element b2 = F::Multiply(F::Square(b), b);
  const Element b4 = F::Multiply(SquareTimes<F>(b2, 2), b2);
  const Element b5 = F::Multiply(F::Square(b4), b);
  const Element b10 = F::Multiply(SquareTimes<F>(b5, 5), b5);
  const Element b20 = F::Multiply(SquareTimes<F>(b10, 10), b10);
  const Element b40 = F::Multiply(SquareTimes<F>(b20, 20), b20);
  const Element b80 = F::Multiply(SquareTimes<F>(b40, 40), b40);
  const Element b160 = F::Multiply(SquareTimes<F>(b80, 80), b80);
  return SquareTimes<F>(b160, 62);
}

}  // namespace yukuai::sm2_curve
