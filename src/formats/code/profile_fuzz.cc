// SPDX-License-Identifier: Apache-2.0
// Any text as a profile: refused with a detail, or within its bounds.
#include <cstdint>

#include "formats/code/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const auto profile = code::ParseProfile(AsText(ByteSpan(data, size)));
  if (!profile.ok()) {
    YUKUAI_CHECK(!profile.error().detail.empty());
    return 0;
  }
  YUKUAI_CHECK(profile->id_policies.size() <= code::kIdPoliciesMax && profile->permitted.size() <= code::kPermittedPairsMax);
  YUKUAI_CHECK(profile->skew_seconds >= 0 && profile->validity_seconds_max >= 0);
  for (const auto& policy : profile->id_policies) YUKUAI_CHECK(profile->FindIdPolicy(policy.version, policy.issuer) == &policy);
  for (const auto& pair : profile->permitted) YUKUAI_CHECK(profile->PermitsPair(pair.issuer, pair.platform));
  return 0;
}
