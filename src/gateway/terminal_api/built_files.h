// SPDX-License-Identifier: Apache-2.0
// Files that all terminals are given alike, built once for everybody who asks within a while: building is signing, and before
// it a scene is compiled or every frozen person is read. A city's gates ask all at once when the power comes back.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::terminal_api {

// Thread-safe. Whoever asks for a file that is being built waits for it; other files are not kept waiting.
class BuiltFiles {
 public:
  static constexpr int64_t kReuseSeconds = 60;
  using Build = std::function<Result<std::string>()>;
  // The file of this name, not older than kReuseSeconds and of this version. `name` is one of few.
  Result<std::string> Get(const std::string& name, uint64_t version, Instant now, const Build& build);

 private:
  struct Built {
    std::mutex mutex;
    uint64_t version = 0;
    Instant at;
    std::string bytes;  // Empty: not built yet.
  };
  std::mutex mutex_;
  std::map<std::string, Built> built_;
};

}  // namespace yukuai::terminal_api
