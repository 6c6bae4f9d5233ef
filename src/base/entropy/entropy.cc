// SPDX-License-Identifier: Apache-2.0
#include "base/entropy/entropy.h"

#include <bit>

#include "base/result/check.h"

namespace yukuai {

SeededEntropy::SeededEntropy(uint64_t seed) {
  // SplitMix64 spreads any seed, zero included, over the whole state.
  for (uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    word = z ^ (z >> 31);
  }
}

uint64_t SeededEntropy::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t SeededEntropy::Below(uint64_t bound) {
  YUKUAI_CHECK(bound > 0);
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  uint64_t value = Next();
  while (value >= limit) value = Next();
  return value % bound;
}

void SeededEntropy::Fill(std::span<uint8_t> out) {
  uint64_t word = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) word = Next();
    out[i] = static_cast<uint8_t>(word >> (8 * (i % 8)));
  }
}

}  // namespace yukuai
