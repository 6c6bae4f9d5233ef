// SPDX-License-Identifier: Apache-2.0
// Money: a whole number of fen (1 yuan = 100 fen), signed, 64 bit. Sums that would not fit end the program: a city's yearly
// turnover is 10^13 fen, so an overflow is a defect, never an input. Parsers bound their inputs before making Money.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/result/check.h"

namespace yukuai {

class Money {
 public:
  constexpr Money() = default;
  static constexpr Money Fen(int64_t fen) { return Money(fen); }
  constexpr int64_t fen() const { return fen_; }

  Money operator+(Money other) const {
    int64_t sum = 0;
    YUKUAI_CHECK(!__builtin_add_overflow(fen_, other.fen_, &sum));
    return Money(sum);
  }
  Money operator-(Money other) const {
    int64_t difference = 0;
    YUKUAI_CHECK(!__builtin_sub_overflow(fen_, other.fen_, &difference));
    return Money(difference);
  }
  Money operator-() const { return Money() - *this; }
  friend constexpr auto operator<=>(Money, Money) = default;

  std::string Text() const;  // "3.00", "-0.05"

 private:
  explicit constexpr Money(int64_t fen) : fen_(fen) {}
  int64_t fen_ = 0;
};

}  // namespace yukuai
