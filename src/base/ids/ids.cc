// SPDX-License-Identifier: Apache-2.0
#include "base/ids/ids.h"

#include <algorithm>

#include "base/result/check.h"

namespace yukuai {

ByteArray<16> MakeIdBytes(Instant now, Shard shard, Entropy& entropy) {
  YUKUAI_CHECK(shard < kShardCount);
  ByteArray<16> id = entropy.Take<16>();
  const uint64_t ms = static_cast<uint64_t>(now.milliseconds()) & ((uint64_t{1} << 42) - 1);
  const uint64_t head = ms << 22 | static_cast<uint64_t>(shard) << 12 | (static_cast<uint64_t>(id[6] & 0x0F) << 8 | id[7]);
  for (size_t i = 0; i < 8; ++i) id[i] = static_cast<uint8_t>(head >> (8 * (7 - i)));
  return id;
}

Shard ShardOfIdBytes(const ByteArray<16>& bytes) {
  uint64_t head = 0;
  for (size_t i = 0; i < 8; ++i) head = head << 8 | bytes[i];
  return static_cast<Shard>(head >> 12 & (kShardCount - 1));
}

std::string IdText(std::string_view prefix, const ByteArray<16>& bytes) { return std::string(prefix) + ToBase32(bytes); }

std::optional<ByteArray<16>> ParseIdText(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  const auto bytes = FromBase32(text.substr(prefix.size()));
  if (!bytes || bytes->size() != 16) return std::nullopt;
  ByteArray<16> out{};
  std::ranges::copy(*bytes, out.begin());
  return out;
}

}  // namespace yukuai
