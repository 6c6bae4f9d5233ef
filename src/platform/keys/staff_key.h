// SPDX-License-Identifier: Apache-2.0
// A clerk's signing key in a file that the clerk's own machine keeps (mode 0600), four lines of text:
//
//   yukuai staff key
//   stf_01hv…
//   3f9c…            32 bytes, hex: the private key (P-256)
//   https://city.example:8443
#pragma once

#include <filesystem>
#include <string>

#include "base/ids/ids.h"
#include "base/result/result.h"
#include "crypto/p256/p256.h"

namespace yukuai::keys {

inline constexpr Reason kStaffKeyMissing{Kind::kNotFound, "staff_key_missing"};
inline constexpr Reason kStaffKeyMalformed{Kind::kMalformed, "staff_key_malformed"};

struct StaffKey {
  StaffId id;
  p256::KeyPair key;
  std::string server_url;  // Where the key is good: so that a clerk's command needs no other option.
};

Result<void> WriteStaffKey(const std::filesystem::path& file, const StaffKey& key);  // kKeysExist, kKeyFileUnwritable
Result<StaffKey> ReadStaffKey(const std::filesystem::path& file);                    // kStaffKeyMissing, kStaffKeyMalformed

}  // namespace yukuai::keys
