// SPDX-License-Identifier: Apache-2.0
// The curve's operations, one set for each arithmetic that this processor can run. All sets give the same answers; tests and
// measurements run each, everything else takes Fastest().
//
// Everything here takes time that depends on its arguments: public values only. Never give it a private key or a nonce.
#pragma once

#include <span>
#include <string_view>

#include "crypto/sm2_curve/comb.h"
#include "crypto/sm2_curve/equation.h"

namespace yukuai::sm2_curve {

struct Engine {
  std::string_view name;  // "portable", "adx"

  // 02 or 03, then X. Nothing for another prefix, X >= p, or an X of no point.
  std::optional<Affine> (*parse_compressed)(std::span<const uint8_t, 33> encoded);
  // X, then Y. Nothing for a coordinate >= p or a point off the curve.
  std::optional<Affine> (*parse_plain)(std::span<const uint8_t, 64> xy);
  ByteArray<64> (*plain)(const Affine& point);

  Comb (*make_comb)(const Affine& point, uint32_t windows);
  bool (*holds_by_comb)(const Equation& equation, const Comb& generator, const Comb& key);
  bool (*holds)(const Equation& equation, const Comb& generator, const Affine& key);
};

// Slowest first, never empty.
std::span<const Engine> Engines();
const Engine& Fastest();

// G's combs: 262,144 bytes with 32 windows, and 4.7 million with 20. Made when first asked for, in 1 and 15 ms; kept.
const Comb& SmallGeneratorComb();
const Comb& LargeGeneratorComb();

}  // namespace yukuai::sm2_curve
