// SPDX-License-Identifier: Apache-2.0
// Format-preserving permutation of numbers: the FF1 construction (NIST SP 800-38G section 5.1) over a 128-bit block cipher.
// The cipher here is SM4; the construction is checked with AES vectors, for which Encrypt and Decrypt take any block function.
// Digits are numerals 0..radix-1, most significant first.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes/bytes.h"
#include "crypto/sm4/sm4.h"

namespace yukuai::permutation {

using Digits = std::vector<uint16_t>;
using BlockFunction = std::function<ByteArray<16>(const ByteArray<16>&)>;

// radix 2..65536, radix^digits.size() >= 10^6, at most 4096 digits, each below the radix, tweak at most 64 bytes:
// YUKUAI_CHECKed, because they come from configuration that was validated when it was read.
Digits Encrypt(const BlockFunction& block, uint32_t radix, ByteSpan tweak, const Digits& plain);
Digits Decrypt(const BlockFunction& block, uint32_t radix, ByteSpan tweak, const Digits& cipher);

// A permutation of 0 .. radix^length - 1 under an SM4 key. Copyable; thread-safe.
class NumberPermutation {
 public:
  NumberPermutation(const sm4::Key& key, uint32_t radix, int length);
  uint64_t size() const { return size_; }  // radix^length, or 2^64-1 when it does not fit.
  // number < radix^length, YUKUAI_CHECKed.
  Digits Apply(uint64_t number, ByteSpan tweak) const;
  // Nothing when the original number does not fit 64 bits, or the digits (which may be a stranger's) are not `length`
  // numerals of this radix.
  std::optional<uint64_t> Invert(const Digits& digits, ByteSpan tweak) const;

 private:
  BlockFunction Block() const;
  sm4::Cipher cipher_;
  uint32_t radix_;
  int length_;
  uint64_t size_;
  bool fits_ = true;  // radix^length fits 64 bits.
};

}  // namespace yukuai::permutation
