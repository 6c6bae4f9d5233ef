// SPDX-License-Identifier: Apache-2.0
// Points of the SM2 curve y^2 = x^3 - 3x + b and their sums, complete: equal points, opposite points and the point at infinity
// give their right sums, because a stranger may choose keys and signatures that meet them. The group has prime order, so no
// point but infinity is its own opposite and y is never 0.
//
// No sum divides. A point is kept with a denominator instead, and is turned into coordinates only where it must be:
//
//   Affine     x, y (point.h). Never infinity.
//   Extended   x = X / ZZ, y = Y / ZZZ with ZZ^3 = ZZZ^2; infinity is ZZ = 0. Adding an Affine costs 8 multiplications and 2
//              squarings: the cheapest known without a division.
//   Doubling   x = X / Z^2, y = T / (2 Z^3): Jacobi's coordinates with twice the ordinate, which saves a doubling of T and a
//              halving in every step. Doubling costs 4 and 4.
//
// The formulas are "madd-2008-s" and "dbl-2008-s-1" (XYZZ), "dbl-2001-b" and "add-2007-bl" (Jacobian) of the Explicit-Formulas
// Database, hyperelliptic.org/EFD, the latter two rewritten for T = 2Y.
#pragma once

#include <optional>

#include "crypto/sm2_curve/field.h"

namespace yukuai::sm2_curve {

struct Extended {
  Element x, y, zz, zzz;
  bool infinite() const { return IsZero(zz); }
};

struct Doubling {
  Element x, t, z;
  bool infinite() const { return IsZero(z); }
};

// b and the base point G in Montgomery's form (GB/T 32918.5).
inline constexpr Element kCurveB{{0x90D230632BC0DD42, 0x71CF379AE9B537AB, 0x527981505EA51C3C, 0x240FE188BA20E2C8}};
inline constexpr Affine kGenerator{{{0x61328990F418029E, 0x3E7981EDDCA6C050, 0xD6A1ED99AC24C3C3, 0x91167A5EE1C13B05}},
                                   {{0xC1354E593C2D0DDD, 0xC1F5E5788D3295FA, 0x8D4CFB066E2A48F8, 0x63CD65D481D735BD}}};

template <typename F>
Element Twice(const Element& a) {
  return F::Add(a, a);
}

template <typename F>
Element Thrice(const Element& a) {
  return F::Add(F::Add(a, a), a);
}

// a / 2: an odd number is made even by adding p, which is odd.
inline Element Half(const Element& a) {
  const uint64_t mask = 0 - (a.limbs[0] & 1);
  Limbs sum;
  const uint64_t carry = AddLimbs(sum, a.limbs, {mask & kPrime[0], mask & kPrime[1], mask & kPrime[2], mask & kPrime[3]});
  return {{sum[0] >> 1 | sum[1] << 63, sum[1] >> 1 | sum[2] << 63, sum[2] >> 1 | sum[3] << 63, sum[3] >> 1 | carry << 63}};
}

template <typename F>
Affine Negate(const Affine& a) {
  return {a.x, Negate<F>(a.y)};
}

// y^2 for this x: x^3 - 3x + b.
template <typename F>
Element OrdinateSquared(const Element& x) {
  const Element cubed = F::Multiply(F::Square(x), x);
  return F::Add(F::Subtract(cubed, Thrice<F>(x)), kCurveB);
}

template <typename F>
bool IsOnCurve(const Affine& a) {
  return F::Square(a.y) == OrdinateSquared<F>(a.x);
}

// The point with this x whose y is odd or even; nothing where x^3 - 3x + b is no square.
template <typename F>
std::optional<Affine> WithAbscissa(const Element& x, bool odd) {
  const Element squared = OrdinateSquared<F>(x);
  const Element y = SquareRootCandidate<F>(squared);
  if (F::Square(y) != squared) return std::nullopt;
  return Affine{x, ((NumberOf<F>(y)[0] & 1) != 0) == odd ? y : Negate<F>(y)};
}

// out = 2 a.
template <typename F>
void Double(Extended& out, const Affine& a) {
  const Element u = Twice<F>(a.y);
  out.zz = F::Square(u);
  out.zzz = F::Multiply(u, out.zz);
  const Element s = F::Multiply(a.x, out.zz);
  const Element m = Thrice<F>(F::Subtract(F::Square(a.x), kOne));
  out.x = F::Subtract(F::Square(m), Twice<F>(s));
  out.y = F::Subtract(F::Multiply(m, F::Subtract(s, out.x)), F::Multiply(out.zzz, a.y));
}

// sum += a. Sums are changed in place because the compiler copies a returned one by vector registers, which must wait for
// the stores of its halves: that doubles the time.
template <typename F>
void Add(Extended& sum, const Affine& a) {
  if (sum.infinite()) [[unlikely]] {
    sum = {a.x, a.y, kOne, kOne};
    return;
  }
  const Element p = F::Subtract(F::Multiply(a.x, sum.zz), sum.x);
  const Element r = F::Subtract(F::Multiply(a.y, sum.zzz), sum.y);
  if (IsZero(p)) [[unlikely]] {
    // The same abscissa: one point twice, or two opposite ones.
    if (IsZero(r)) {
      Double<F>(sum, a);
    } else {
      sum = {};
    }
    return;
  }
  const Element pp = F::Square(p);
  const Element ppp = F::Multiply(p, pp);
  const Element q = F::Multiply(sum.x, pp);
  sum.zz = F::Multiply(sum.zz, pp);
  sum.zzz = F::Multiply(sum.zzz, ppp);
  const Element y_ppp = F::Multiply(sum.y, ppp);
  sum.x = F::Subtract(F::Subtract(F::Square(r), ppp), Twice<F>(q));
  sum.y = F::Subtract(F::Multiply(r, F::Subtract(q, sum.x)), y_ppp);
}

template <typename F>
Doubling ToDoubling(const Affine& a) {
  return {a.x, Twice<F>(a.y), kOne};
}

template <typename F>
Extended ToExtended(const Doubling& a) {
  const Element zz = F::Square(a.z);
  return {a.x, Half(a.t), zz, F::Multiply(zz, a.z)};
}

// a *= 2. Infinity doubled is infinity: Z = 0 stays 0.
template <typename F>
void Double(Doubling& a) {
  const Element zz = F::Square(a.z);
  const Element v = F::Square(a.t);                                                 // 4 Y^2
  const Element s = F::Multiply(a.x, v);                                            // 4 X Y^2
  const Element m = Thrice<F>(F::Multiply(F::Subtract(a.x, zz), F::Add(a.x, zz)));  // 3 X^2 - 3 Z^4
  a.z = F::Multiply(a.t, a.z);                                                      // 2 Y Z
  a.x = F::Subtract(F::Square(m), Twice<F>(s));
  a.t = F::Subtract(Twice<F>(F::Multiply(m, F::Subtract(s, a.x))), F::Square(v));  // 2 m (s - X) - 16 Y^4
}

// A point that is added often, with the powers of its Z.
struct Addend {
  Element x, t, z, zz, zzz;
};

template <typename F>
Addend ToAddend(const Doubling& a) {
  const Element zz = F::Square(a.z);
  return {a.x, a.t, a.z, zz, F::Multiply(zz, a.z)};
}

// sum += a, or sum -= a. a is not infinity.
template <typename F>
void Add(Doubling& sum, const Addend& a, bool subtract = false) {
  const Element t2 = subtract ? Negate<F>(a.t) : a.t;
  if (sum.infinite()) [[unlikely]] {
    sum = {a.x, t2, a.z};
    return;
  }
  const Element zz = F::Square(sum.z);
  const Element u1 = F::Multiply(sum.x, a.zz);
  const Element h = F::Subtract(F::Multiply(a.x, zz), u1);
  const Element s1 = F::Multiply(sum.t, a.zzz);  // 2 Y1 Z2^3
  const Element r = F::Subtract(F::Multiply(t2, F::Multiply(zz, sum.z)), s1);
  if (IsZero(h)) [[unlikely]] {
    if (IsZero(r)) {
      Double<F>(sum);
    } else {
      sum = {};
    }
    return;
  }
  const Element h2 = Twice<F>(h);
  const Element i = F::Square(h2);
  const Element j = F::Multiply(h, i);
  const Element v = F::Multiply(u1, i);
  const Element s1_j = F::Multiply(s1, j);
  sum.z = F::Multiply(F::Multiply(sum.z, a.z), h2);
  sum.x = F::Subtract(F::Subtract(F::Square(r), j), Twice<F>(v));
  sum.t = Twice<F>(F::Subtract(F::Multiply(r, F::Subtract(v, sum.x)), s1_j));
}

}  // namespace yukuai::sm2_curve
