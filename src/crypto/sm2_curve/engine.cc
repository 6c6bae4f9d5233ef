// SPDX-License-Identifier: Apache-2.0
// The arithmetics put into the algorithms, see engine.h.
#include "crypto/sm2_curve/engine.h"

#include <algorithm>

#include "crypto/sm2_curve/adx_field.h"
#include "crypto/sm2_curve/processor.h"

namespace yukuai::sm2_curve {
namespace {

constexpr uint32_t kSmallWindows = 32;
constexpr uint32_t kLargeWindows = 20;

template <typename F>
std::optional<Affine> ParseCompressed(std::span<const uint8_t, 33> encoded) {
  if (encoded[0] != 2 && encoded[0] != 3) return std::nullopt;
  const auto x = ElementOf<F>(encoded.last<32>());
  if (!x) return std::nullopt;
  return WithAbscissa<F>(*x, encoded[0] == 3);
}

template <typename F>
std::optional<Affine> ParsePlain(std::span<const uint8_t, 64> xy) {
  const auto x = ElementOf<F>(xy.first<32>());
  const auto y = ElementOf<F>(xy.last<32>());
  if (!x || !y || !IsOnCurve<F>({*x, *y})) return std::nullopt;
  return Affine{*x, *y};
}

template <typename F>
ByteArray<64> Plain(const Affine& point) {
  const ByteArray<32> x = BytesOf(NumberOf<F>(point.x));
  const ByteArray<32> y = BytesOf(NumberOf<F>(point.y));
  ByteArray<64> out;
  std::ranges::copy(x, out.begin());
  std::ranges::copy(y, out.begin() + 32);
  return out;
}

template <typename F>
bool HoldsByComb(const Equation& equation, const Comb& generator, const Comb& key) {
  return Holds<F>(equation, generator, key);
}

template <typename F>
bool HoldsByPoint(const Equation& equation, const Comb& generator, const Affine& key) {
  return Holds<F>(equation, generator, key);
}

template <typename F>
Engine EngineOf(std::string_view name) {
  return {name, ParseCompressed<F>, ParsePlain<F>, Plain<F>, Comb::Of<F>, HoldsByComb<F>, HoldsByPoint<F>};
}

std::vector<Engine> Detect() {
  std::vector<Engine> out{EngineOf<PortableField>("portable")};
#if defined(YUKUAI_SM2_ADX)
  if (DetectProcessor().adx) out.push_back(EngineOf<AdxField>("adx"));
#endif
  return out;
}

}  // namespace

std::span<const Engine> Engines() {
  static const std::vector<Engine> engines = Detect();
  return engines;
}

const Engine& Fastest() { return Engines().back(); }

const Comb& SmallGeneratorComb() {
  static const Comb comb = Fastest().make_comb(kGenerator, kSmallWindows);
  return comb;
}

const Comb& LargeGeneratorComb() {
  static const Comb comb = Fastest().make_comb(kGenerator, kLargeWindows);
  return comb;
}

}  // namespace yukuai::sm2_curve
