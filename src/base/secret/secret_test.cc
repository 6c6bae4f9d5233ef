// SPDX-License-Identifier: Apache-2.0
#include "base/secret/secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>

namespace yukuai {
namespace {

using Key = ByteArray<32>;

Key Filled() {
  Key key;
  key.fill(0x5A);
  return key;
}

TEST(Secret, LeavesNothingInMemoryWhenItEnds) {
  alignas(Secret<Key>) uint8_t memory[sizeof(Secret<Key>)];
  auto* secret = new (memory) Secret<Key>(Filled());
  EXPECT_EQ(std::ranges::count(memory, 0x5A), 32);
  secret->~Secret<Key>();
  EXPECT_EQ(std::ranges::count(memory, 0x5A), 0);
}

TEST(Secret, WipesWhatItIsMovedFrom) {
  Secret<Key> from(Filled());
  Secret<Key> to(std::move(from));
  EXPECT_EQ(to.Expose(), Filled());
  EXPECT_EQ(from.Expose(), Key{});  // NOLINT: looking at what a move leaves is the test
  Secret<Key> assigned;
  assigned = std::move(to);
  EXPECT_EQ(assigned.Expose(), Filled());
  EXPECT_EQ(to.Expose(), Key{});  // NOLINT
}

TEST(Secret, CopiesKeepTheirOwnBytes) {
  Secret<Key> one(Filled());
  const Secret<Key> copy(one);
  one.ExposeMutable()[0] = 1;
  EXPECT_EQ(copy.Expose(), Filled());
  one = copy;
  EXPECT_EQ(one.Expose(), Filled());
  const Secret<Key>& self = one;
  one = self;
  EXPECT_EQ(one.Expose(), Filled());
}

}  // namespace
}  // namespace yukuai
