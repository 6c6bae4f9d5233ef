// SPDX-License-Identifier: Apache-2.0
#include "gateway/terminal_api/built_files.h"

namespace yukuai::terminal_api {

Result<std::string> BuiltFiles::Get(const std::string& name, uint64_t version, Instant now, const Build& build) {
  Built* built = nullptr;
  {
    const std::lock_guard lock(mutex_);
    built = &built_[name];
  }
  const std::lock_guard lock(built->mutex);
  // A clock that was set back makes nothing young: what lies in the future is built anew.
  const bool young = built->at <= now && now < built->at.PlusSeconds(kReuseSeconds);
  if (young && built->version == version && !built->bytes.empty()) return built->bytes;
  YUKUAI_ASSIGN(built->bytes, build());
  built->version = version;
  built->at = now;
  return built->bytes;
}

}  // namespace yukuai::terminal_api
