// SPDX-License-Identifier: Apache-2.0
// FF1 needs big numbers in two places only: a run of numerals becomes bytes (for the round's input), and bytes become the
// lowest m numerals (of the round's output, which is taken modulo radix^m anyway). Both are long multiplication and long
// division by the radix, and the sum modulo radix^m is schoolbook addition of numerals. So there is no number type here.
#include "crypto/permutation/permutation.h"

#include <algorithm>

#include "base/result/check.h"

namespace yukuai::permutation {
namespace {

constexpr uint32_t kRadixMax = 65536;
constexpr size_t kTweakSizeMax = 64;
constexpr size_t kDigitsMax = 4096;
constexpr uint64_t kDomainMin = 1'000'000;  // SP 800-38G revision 1; below it FF1 can be searched.
constexpr int kRounds = 10;
using Block = ByteArray<16>;
using DigitSpan = std::span<const uint16_t>;

// radix^length, or UINT64_MAX and fits = false when it is larger than 64 bits hold.
uint64_t DomainSize(uint32_t radix, size_t length, bool& fits) {
  uint64_t size = 1;
  fits = true;
  for (size_t i = 0; i < length; ++i) {
    if (__builtin_mul_overflow(size, uint64_t{radix}, &size)) {
      fits = false;
      return UINT64_MAX;
    }
  }
  return size;
}

// The numerals as a big-endian number of exactly `width` bytes; false when it does not fit.
bool ToNumber(DigitSpan digits, uint32_t radix, std::span<uint8_t> out) {
  std::ranges::fill(out, uint8_t{0});
  for (const uint16_t digit : digits) {
    uint64_t carry = digit;
    for (size_t i = out.size(); i-- > 0;) {
      carry += uint64_t{out[i]} * radix;
      out[i] = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  return true;
}

// The lowest `count` numerals of a big-endian number, which is consumed.
Digits LowDigits(Bytes number, uint32_t radix, size_t count) {
  Digits out(count);
  for (size_t k = count; k-- > 0;) {
    uint64_t rest = 0;
    for (uint8_t& byte : number) {
      rest = rest << 8 | byte;
      byte = static_cast<uint8_t>(rest / radix);
      rest %= radix;
    }
    out[k] = static_cast<uint16_t>(rest);
  }
  return out;
}

Digits AddModulo(DigitSpan a, DigitSpan b, uint32_t radix) {
  Digits out(a.size());
  uint32_t carry = 0;
  for (size_t i = a.size(); i-- > 0;) {
    const uint32_t sum = uint32_t{a[i]} + b[i] + carry;
    carry = sum >= radix ? 1 : 0;
    out[i] = static_cast<uint16_t>(sum - carry * radix);
  }
  return out;
}

Digits SubtractModulo(DigitSpan a, DigitSpan b, uint32_t radix) {
  Digits out(a.size());
  uint32_t borrow = 0;
  for (size_t i = a.size(); i-- > 0;) {
    const uint32_t minuend = uint32_t{a[i]} + radix - b[i] - borrow;
    borrow = minuend < radix ? 1 : 0;
    out[i] = static_cast<uint16_t>(borrow == 1 ? minuend : minuend - radix);
  }
  return out;
}

// The bytes that radix^v - 1 needs: ceil(ceil(v log2 radix) / 8), found exactly, without logarithms.
size_t NumberWidth(uint32_t radix, size_t v) {
  const Digits largest(v, static_cast<uint16_t>(radix - 1));
  Bytes number(v * 2);  // A numeral takes at most 16 bits.
  YUKUAI_CHECK(ToNumber(largest, radix, number));
  const auto first = std::ranges::find_if(number, [](uint8_t byte) { return byte != 0; });
  return static_cast<size_t>(number.end() - first);
}

// Everything of FF1 that the rounds share. Names in the comments are those of SP 800-38G, algorithm 7.
class Ff1 {
 public:
  Ff1(const BlockFunction& block, uint32_t radix, ByteSpan tweak, size_t n)
      : block_(block), radix_(radix), tweak_(tweak), u_(n / 2), v_(n - n / 2) {
    bool fits = false;
    YUKUAI_CHECK(radix >= 2 && radix <= kRadixMax && tweak.size() <= kTweakSizeMax && n <= kDigitsMax);
    YUKUAI_CHECK(DomainSize(radix, n, fits) >= kDomainMin);
    width_ = NumberWidth(radix, v_);  // b
    head_ = ByteWriter()              // P
                .U8(1)
                .U8(2)
                .U8(1)
                .U24(radix)
                .U8(kRounds)
                .U8(static_cast<uint8_t>(u_))
                .U32(static_cast<uint32_t>(n))
                .U32(static_cast<uint32_t>(tweak.size()))
                .Finish();
    YUKUAI_CHECK(head_.size() == 16);
  }

  size_t u() const { return u_; }
  // The round's numerals: y modulo radix^m, m = u in even rounds, v in odd ones.
  Digits Round(int i, DigitSpan half) const {
    Bytes number(width_);
    YUKUAI_CHECK(ToNumber(half, radix_, number));
    const size_t zeros = (16 - (tweak_.size() + width_ + 1) % 16) % 16;
    const Bytes q = ByteWriter().Append(tweak_).Append(Bytes(zeros)).U8(static_cast<uint8_t>(i)).Append(number).Finish();
    return LowDigits(Stretch(Authenticate(q)), radix_, i % 2 == 0 ? u_ : v_);
  }

 private:
  // PRF: CBC-MAC over P || Q.
  Block Authenticate(ByteSpan q) const {
    Block state{};
    const auto absorb = [&](ByteSpan block) {
      for (size_t k = 0; k < 16; ++k) state[k] ^= block[k];
      state = block_(state);
    };
    absorb(head_);
    for (size_t at = 0; at < q.size(); at += 16) absorb(q.subspan(at, 16));
    return state;
  }

  // S: the first d = 4 ceil(b / 4) + 4 bytes of R || CIPH(R xor 1) || CIPH(R xor 2) ...
  Bytes Stretch(const Block& r) const {
    const size_t d = 4 * ((width_ + 3) / 4) + 4;
    Bytes s(r.begin(), r.end());
    for (uint32_t j = 1; s.size() < d; ++j) {
      Block next = r;
      for (size_t k = 0; k < 4; ++k) next[15 - k] ^= static_cast<uint8_t>(j >> (8 * k));
      next = block_(next);
      s.insert(s.end(), next.begin(), next.end());
    }
    s.resize(d);
    return s;
  }

  const BlockFunction& block_;
  uint32_t radix_;
  ByteSpan tweak_;
  size_t u_;
  size_t v_;
  size_t width_ = 0;
  Bytes head_;
};

bool AreNumerals(const Digits& digits, uint32_t radix) {
  return std::ranges::all_of(digits, [radix](uint16_t digit) { return digit < radix; });
}

Digits Join(const Digits& a, const Digits& b) {
  Digits out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

}  // namespace

Digits Encrypt(const BlockFunction& block, uint32_t radix, ByteSpan tweak, const Digits& plain) {
  const Ff1 ff1(block, radix, tweak, plain.size());
  YUKUAI_CHECK(AreNumerals(plain, radix));
  Digits a(plain.begin(), plain.begin() + static_cast<ptrdiff_t>(ff1.u()));
  Digits b(plain.begin() + static_cast<ptrdiff_t>(ff1.u()), plain.end());
  for (int i = 0; i < kRounds; ++i) {
    Digits c = AddModulo(a, ff1.Round(i, b), radix);
    a = std::move(b);
    b = std::move(c);
  }
  return Join(a, b);
}

Digits Decrypt(const BlockFunction& block, uint32_t radix, ByteSpan tweak, const Digits& cipher) {
  const Ff1 ff1(block, radix, tweak, cipher.size());
  YUKUAI_CHECK(AreNumerals(cipher, radix));
  Digits a(cipher.begin(), cipher.begin() + static_cast<ptrdiff_t>(ff1.u()));
  Digits b(cipher.begin() + static_cast<ptrdiff_t>(ff1.u()), cipher.end());
  for (int i = kRounds - 1; i >= 0; --i) {
    Digits c = SubtractModulo(b, ff1.Round(i, a), radix);
    b = std::move(a);
    a = std::move(c);
  }
  return Join(a, b);
}

NumberPermutation::NumberPermutation(const sm4::Key& key, uint32_t radix, int length)
    : cipher_(key), radix_(radix), length_(length) {
  YUKUAI_CHECK(radix >= 2 && radix <= kRadixMax && length > 0 && static_cast<size_t>(length) <= kDigitsMax);
  size_ = DomainSize(radix, static_cast<size_t>(length), fits_);
  YUKUAI_CHECK(size_ >= kDomainMin);
}

BlockFunction NumberPermutation::Block() const {
  return [this](const ByteArray<16>& block) { return cipher_.Encrypt(block); };
}

Digits NumberPermutation::Apply(uint64_t number, ByteSpan tweak) const {
  YUKUAI_CHECK(!fits_ || number < size_);
  Digits digits(static_cast<size_t>(length_));
  for (size_t i = digits.size(); i-- > 0; number /= radix_) digits[i] = static_cast<uint16_t>(number % radix_);
  return Encrypt(Block(), radix_, tweak, digits);
}

std::optional<uint64_t> NumberPermutation::Invert(const Digits& digits, ByteSpan tweak) const {
  if (digits.size() != static_cast<size_t>(length_) || !AreNumerals(digits, radix_)) return std::nullopt;
  ByteArray<8> bytes;
  if (!ToNumber(Decrypt(Block(), radix_, tweak, digits), radix_, bytes)) return std::nullopt;
  return ByteReader(bytes).U64();
}

}  // namespace yukuai::permutation
