// SPDX-License-Identifier: Apache-2.0
// Typed ids: 16 bytes that sort by time and carry their shard, shown as a prefix and 26 lower-case Crockford base32 digits
// ("per_01hv…"). Bit layout, most significant first: 42 bits milliseconds since 1970, 10 bits shard, 76 bits random.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes/bytes.h"
#include "base/entropy/entropy.h"
#include "base/time/time.h"

namespace yukuai {

inline constexpr int kShardCount = 1024;
using Shard = uint16_t;  // 0..1023

ByteArray<16> MakeIdBytes(Instant now, Shard shard, Entropy& entropy);
Shard ShardOfIdBytes(const ByteArray<16>& bytes);
std::string IdText(std::string_view prefix, const ByteArray<16>& bytes);
std::optional<ByteArray<16>> ParseIdText(std::string_view prefix, std::string_view text);

template <typename Tag>
class Id {
 public:
  Id() = default;
  explicit Id(ByteArray<16> bytes) : bytes_(bytes) {}
  static Id Make(Instant now, Shard shard, Entropy& entropy) { return Id(MakeIdBytes(now, shard, entropy)); }
  static std::optional<Id> Parse(std::string_view text) {
    const auto bytes = ParseIdText(Tag::kPrefix, text);
    return bytes ? std::optional<Id>(Id(*bytes)) : std::nullopt;
  }
  static std::optional<Id> FromBytes(ByteSpan bytes) {
    if (bytes.size() != 16) return std::nullopt;
    Id id;
    for (size_t i = 0; i < 16; ++i) id.bytes_[i] = bytes[i];
    return id;
  }
  std::string Text() const { return IdText(Tag::kPrefix, bytes_); }
  const ByteArray<16>& bytes() const { return bytes_; }
  Shard shard() const { return ShardOfIdBytes(bytes_); }
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  ByteArray<16> bytes_{};
};

struct PersonTag {
  static constexpr std::string_view kPrefix = "per_";
};
struct DeviceTag {
  static constexpr std::string_view kPrefix = "dev_";
};
struct GrantTag {
  static constexpr std::string_view kPrefix = "grt_";
};
struct TerminalTag {
  static constexpr std::string_view kPrefix = "ter_";
};
struct RideTag {
  static constexpr std::string_view kPrefix = "rid_";
};
struct JourneyTag {
  static constexpr std::string_view kPrefix = "jrn_";
};
struct TransferTag {
  static constexpr std::string_view kPrefix = "trf_";
};
struct AuditTag {
  static constexpr std::string_view kPrefix = "aud_";
};
struct StaffTag {
  static constexpr std::string_view kPrefix = "stf_";
};
struct ConsentTag {
  static constexpr std::string_view kPrefix = "con_";
};
struct RequestTag {
  static constexpr std::string_view kPrefix = "req_";
};
struct AccountTag {
  static constexpr std::string_view kPrefix = "acc_";
};

using PersonId = Id<PersonTag>;
using DeviceId = Id<DeviceTag>;
using GrantId = Id<GrantTag>;
using TerminalId = Id<TerminalTag>;
using RideId = Id<RideTag>;
using JourneyId = Id<JourneyTag>;
using TransferId = Id<TransferTag>;
using AuditId = Id<AuditTag>;
using StaffId = Id<StaffTag>;
using ConsentId = Id<ConsentTag>;
using RequestId = Id<RequestTag>;
using AccountId = Id<AccountTag>;

// Dense number of a person: per-shard counter << 10 | shard. Leaves the server only encrypted.
struct PersonIndex {
  uint64_t value = 0;
  Shard shard() const { return static_cast<Shard>(value & (kShardCount - 1)); }
  friend auto operator<=>(const PersonIndex&, const PersonIndex&) = default;
};

}  // namespace yukuai
