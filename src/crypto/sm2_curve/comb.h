// SPDX-License-Identifier: Apache-2.0
// Combs: a point's multiples, computed beforehand, so that multiplying it by a number needs additions alone.
//
// The 256 bits of a number are cut into `windows` windows as even as possible; window j of w bits at offset o has 2^(w-1)
// rows, row i being (2 i + 1) * 2^o * P. One row of each window, or its opposite, sums up to any multiple (scalar.h). More
// windows mean less memory and more additions:
//
//   windows   bits    bytes        for
//   20        12..13  4.7 million  G, where memory is no matter
//   28        9..10   524,288      a signer who is met all the time
//   32        8       262,144
//   48        5..6    65,536       small terminals, G and signers alike
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "crypto/sm2_curve/scalar.h"
#include "crypto/sm2_curve/sums.h"

namespace yukuai::sm2_curve {

// Immutable once made; shared between threads.
class Comb {
 public:
  static constexpr uint32_t kWindowsMin = 20;
  static constexpr uint32_t kWindowsMax = 64;

  struct Window {
    uint32_t offset = 0;
    uint32_t width = 0;
    uint32_t first = 0;  // Its first row among all.
  };

  static std::vector<Window> Shape(uint32_t windows);
  static size_t BytesOf(uint32_t windows);

  std::span<const Window> windows() const { return windows_; }
  const Affine& Row(const Window& window, uint32_t row) const { return rows_[window.first + row].point; }
  size_t bytes() const { return rows_.size() * sizeof(Line); }

  template <typename F>
  static Comb Of(const Affine& point, uint32_t windows);

 private:
  // One cache line: a look-up touches no more.
  struct alignas(64) Line {
    Affine point;
  };
  static_assert(sizeof(Line) == sizeof(Affine));

  std::vector<Window> windows_;
  std::vector<Line> rows_;
};

// out[i] = left[i] + right[i] with one division for all (Montgomery's trick: the inverse of a product gives the inverse of each
// factor for three multiplications). No two points of a pair may have the same x; none is infinity.
template <typename F>
void AddPairs(std::span<const Affine* const> left, std::span<const Affine* const> right, std::span<Affine* const> out) {
  std::vector<Element> products(left.size() + 1);
  products[0] = kOne;
  for (size_t i = 0; i < left.size(); ++i) { products[i + 1] = F::Multiply(products[i], F::Subtract(right[i]->x, left[i]->x)); }
  Element inverse = Invert<F>(products.back());
  for (size_t i = left.size(); i-- > 0;) {
    const Affine a = *left[i];
    const Affine b = *right[i];
    const Element slope = F::Multiply(F::Subtract(b.y, a.y), F::Multiply(inverse, products[i]));
    inverse = F::Multiply(inverse, F::Subtract(b.x, a.x));
    const Element x = F::Subtract(F::Subtract(F::Square(slope), a.x), b.x);
    *out[i] = {x, F::Subtract(F::Multiply(slope, F::Subtract(a.x, x)), a.y)};
  }
}

// 2^i * P for i = 0..255.
template <typename F>
std::vector<Affine> PowersOfTwo(const Affine& point) {
  constexpr size_t kCount = 256;
  std::vector<Extended> powers;
  powers.reserve(kCount);
  Doubling at = ToDoubling<F>(point);
  for (size_t i = 0; i < kCount; ++i) {
    powers.push_back(ToExtended<F>(at));
    Double<F>(at);
  }
  std::vector<Element> products(kCount + 1);
  products[0] = kOne;
  for (size_t i = 0; i < kCount; ++i) products[i + 1] = F::Multiply(products[i], powers[i].zzz);
  Element inverse = Invert<F>(products.back());
  std::vector<Affine> out(kCount);
  for (size_t i = kCount; i-- > 0;) {
    const Element over_zzz = F::Multiply(inverse, products[i]);
    inverse = F::Multiply(inverse, powers[i].zzz);
    const Element over_z = F::Multiply(over_zzz, powers[i].zz);
    out[i] = {F::Multiply(powers[i].x, F::Square(over_z)), F::Multiply(powers[i].y, over_zzz)};
  }
  return out;
}

// Each window grows by doubling: rows 2^k .. 2^(k+1)-1 are rows 0 .. 2^k-1 plus 2^(k+1+o) P, for all windows in one division.
// A pair never has the same x: it would need an odd number below 2^w to be 2^(k+1) or its opposite modulo n.
template <typename F>
Comb Comb::Of(const Affine& point, uint32_t windows) {
  Comb comb;
  comb.windows_ = Shape(windows);
  comb.rows_.resize(BytesOf(windows) / sizeof(Line));
  const std::vector<Affine> powers = PowersOfTwo<F>(point);
  for (const Window& window : comb.windows_) comb.rows_[window.first].point = powers[window.offset];
  std::vector<const Affine*> left;
  std::vector<const Affine*> right;
  std::vector<Affine*> out;
  for (uint32_t rows = 1, bit = 1;; rows *= 2, ++bit) {
    left.clear();
    right.clear();
    out.clear();
    for (const Window& window : comb.windows_) {
      if (window.width <= bit) continue;
      for (uint32_t i = 0; i < rows; ++i) {
        left.push_back(&comb.rows_[window.first + i].point);
        right.push_back(&powers[window.offset + bit]);
        out.push_back(&comb.rows_[window.first + rows + i].point);
      }
    }
    if (left.empty()) return comb;
    AddPairs<F>(left, right, out);
  }
}

}  // namespace yukuai::sm2_curve
