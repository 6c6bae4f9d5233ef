// SPDX-License-Identifier: Apache-2.0
// What differs between operators of this code format: operator values, SM2 user IDs per (version, issuer), permitted pairs
// of issuer and platform. Read from TOML once, into a value that cannot be wrong; without a profile the defaults hold.
//
//   name = "shanghai"
//   skew_seconds = 20                  # how far a phone's clock may run ahead
//   validity_seconds_max = 1200        # longest field 12
//   account_types = [1, 2, 3, 4, 5]
//   [[id_policy]]                      # for one version and issuer; others use the default ID
//   version = 0x81
//   issuer = "31047700"
//   certificate = ["service", "root_index"]
//   issuer_signature = ["issuer", "platform"]
//   user_signature = ["card_account"]
//   [[permitted]]                      # none: any pair
//   issuer = "31047700"
//   platform = "31047700"
#pragma once

#include <string>
#include <vector>

#include "formats/code/code.h"

namespace yukuai::code {

// The text is no TOML, a key is unknown or missing, or a value is out of range; the detail names the line.
inline constexpr Reason kProfileMalformed{Kind::kMalformed, "profile_malformed"};

inline constexpr size_t kProfileBytesMax = 256 * 1024;
inline constexpr size_t kIdPoliciesMax = 256;
inline constexpr size_t kPermittedPairsMax = 4096;

// A field whose bytes are a part of an SM2 user ID.
enum class IdPart : uint8_t { kService, kRootIndex, kIssuer, kPlatform, kCardAccount };

// An SM2 user ID: the default one, or a concatenation of fields of the code.
struct IdRule {
  static constexpr size_t kPartsMax = 5;
  std::array<IdPart, kPartsMax> parts{};
  size_t count = 0;  // 0: the default ID.
  friend bool operator==(const IdRule&, const IdRule&) = default;
};

struct IdPolicy {
  uint8_t version = kVersionInteroperable;
  Decimal4 issuer{};
  IdRule certificate;
  IdRule issuer_signature;
  IdRule user_signature;
};

struct PermittedPair {
  Decimal4 issuer{};
  Decimal4 platform{};
  friend bool operator==(const PermittedPair&, const PermittedPair&) = default;
};

struct Profile {
  std::string name;
  int64_t skew_seconds = 20;
  int64_t validity_seconds_max = 1200;
  uint32_t account_types = 0b111110;  // Bit t is set when account type t (0..31) is permitted; 1..5 by default.
  std::vector<IdPolicy> id_policies;
  std::vector<PermittedPair> permitted;

  bool PermitsAccountType(uint8_t type) const { return type < 32 && (account_types >> type & 1) != 0; }
  // The policy that names this version and issuer, or null. Version 80 needs none; others are accepted only with one.
  const IdPolicy* FindIdPolicy(uint8_t version, std::span<const uint8_t, 4> issuer) const;
  bool PermitsPair(std::span<const uint8_t, 4> issuer, std::span<const uint8_t, 4> platform) const;
};

Result<Profile> ParseProfile(std::string_view toml);

}  // namespace yukuai::code
