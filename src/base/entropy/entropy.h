// SPDX-License-Identifier: Apache-2.0
// The only interface through which anything gets random bytes. The real source lives in platform/host; tests and the
// simulator use a seeded one and print the seed.
#pragma once

#include "base/bytes/bytes.h"

namespace yukuai {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void Fill(std::span<uint8_t> out) = 0;  // Thread-safe; never fails: a system without randomness ends the program.

  template <size_t N>
  ByteArray<N> Take() {
    ByteArray<N> out;
    Fill(out);
    return out;
  }
};

// Repeatable bytes from a seed (xoshiro256**): for tests, trials and the synthetic city. Never for keys of a real city.
class SeededEntropy : public Entropy {
 public:
  explicit SeededEntropy(uint64_t seed);
  void Fill(std::span<uint8_t> out) override;
  uint64_t Next();
  uint64_t Below(uint64_t bound);  // 0..bound-1, unbiased; bound > 0.

 private:
  uint64_t state_[4];
};

}  // namespace yukuai
