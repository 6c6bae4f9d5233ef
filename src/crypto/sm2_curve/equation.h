// SPDX-License-Identifier: Apache-2.0
// What an SM2 signature claims, as an equation of points (GB/T 32918.2, 7.1), and whether it holds. Public values only.
//
// A signature (r, s) on the digest e by the key P holds if r and s are in 1..n-1, t = r + s mod n is not 0, and R = sG + tP is a
// point with r = e + x_R mod n. Asked the other way round, x_R must be a number below p whose remainder modulo n is
// x = r - e mod n: that is x itself or, where it is below p, x + n.
//
// So x_R need not be computed. R comes as X / ZZ, and X / ZZ = x is X = x * ZZ: one multiplication in place of a division,
// which would cost some 270. x + n is below p only for one x in 2^128, but then it counts.
#pragma once

#include <cstdlib>
#include <optional>

#include "crypto/sm2_curve/comb.h"

namespace yukuai::sm2_curve {

struct Equation {
  Limbs s{};
  Limbs t{};
  Limbs x{};  // 0..n-1

  // Nothing when the numbers alone tell that the signature does not hold. `signature` is r, s.
  static std::optional<Equation> Of(std::span<const uint8_t, 32> e, std::span<const uint8_t, 64> signature) {
    const Limbs r = LimbsOf(signature.first<32>());
    const Limbs s = LimbsOf(signature.last<32>());
    if (!IsScalar(r) || !IsScalar(s)) return std::nullopt;
    const Limbs t = AddModuloOrder(r, s);
    if (IsZero(t)) return std::nullopt;
    return Equation{s, t, SubtractModuloOrder(r, ReduceModuloOrder(LimbsOf(e)))};
  }
};

template <typename F>
bool HasAbscissa(const Extended& sum, const Limbs& x) {
  if (sum.infinite()) return false;
  if (F::Multiply(F::Multiply({x}, kToMontgomery), sum.zz) == sum.x) return true;
  if (!IsBelow(x, kPrimeLessOrder)) return false;
  Limbs larger;
  AddLimbs(larger, x, kOrder);
  return F::Multiply(F::Multiply({larger}, kToMontgomery), sum.zz) == sum.x;
}

// The rows that sum up to a multiple of a comb's point. They lie far apart in memory and are asked for when they are found, so
// that they are there when they are added.
class Rows {
 public:
  void Find(const Comb& comb, const Limbs& k) {
    const OddDigits digits(k);
    for (const Comb::Window& window : comb.windows()) {
      const OddDigits::Digit digit = digits.At(window.offset, window.width);
      const Affine& row = comb.Row(window, digit.row);
      __builtin_prefetch(&row);
      found_[count_++] = {&row, 0 - static_cast<uint64_t>(digit.negative)};
    }
  }

  template <typename F>
  void AddTo(Extended& sum) const {
    for (const Found& found : std::span(found_).first(count_)) {
      Affine row = *found.row;
      const Element opposite = Negate<F>(row.y);
      for (size_t i = 0; i < 4; ++i) row.y.limbs[i] ^= (row.y.limbs[i] ^ opposite.limbs[i]) & found.negative;
      Add<F>(sum, row);
    }
  }

 private:
  struct Found {
    const Affine* row;
    uint64_t negative;  // All ones, or 0.
  };
  std::array<Found, 2 * Comb::kWindowsMax> found_;
  size_t count_ = 0;
};

// A signer with a table: additions only, one for each window of both.
template <typename F>
bool Holds(const Equation& equation, const Comb& generator, const Comb& key) {
  Rows rows;
  rows.Find(generator, equation.s);
  rows.Find(key, equation.t);
  Extended sum{};
  rows.AddTo<F>(sum);
  return HasAbscissa<F>(sum, equation.x);
}

// P, 3P, 5P .. 15P. To add 2P seven times cheaply, everything is moved to the curve on which 2P has Z = 1: there (x, t) of P
// is (x Z^2, t Z^3) for the Z of 2P, and the sums' Z is multiplied by it at the end. Adding does not use the curve's
// coefficients, so it does not see the difference. None of these sums is of equal or opposite points: n is no small number.
template <typename F>
std::array<Addend, SparseDigits::kRows> OddMultiples(const Affine& point) {
  Doubling twice = ToDoubling<F>(point);
  Double<F>(twice);
  const Element zz = F::Square(twice.z);
  const Addend step{twice.x, twice.t, kOne, kOne, kOne};
  Doubling at{F::Multiply(point.x, zz), F::Multiply(Twice<F>(point.y), F::Multiply(zz, twice.z)), kOne};
  std::array<Addend, SparseDigits::kRows> out;
  for (Addend& row : out) {
    row = ToAddend<F>({at.x, at.t, F::Multiply(at.z, twice.z)});
    Add<F>(at, step);
  }
  return out;
}

// A signer met for the first time: 256 doublings and about 43 additions for tP, then the additions of sG.
template <typename F>
bool Holds(const Equation& equation, const Comb& generator, const Affine& key) {
  Rows rows;
  rows.Find(generator, equation.s);
  const auto multiples = OddMultiples<F>(key);
  const SparseDigits digits(equation.t);
  Doubling sum{};
  size_t i = SparseDigits::kCount;
  while (digits[i - 1] == 0) --i;  // t is not 0.
  while (i-- > 0) {
    Double<F>(sum);
    const int8_t digit = digits[i];
    if (digit != 0) Add<F>(sum, multiples[static_cast<size_t>(std::abs(digit) / 2)], digit < 0);
  }
  Extended whole = ToExtended<F>(sum);
  rows.AddTo<F>(whole);
  return HasAbscissa<F>(whole, equation.x);
}

}  // namespace yukuai::sm2_curve
