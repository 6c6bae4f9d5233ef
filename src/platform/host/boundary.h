// SPDX-License-Identifier: Apache-2.0
// Named boundaries: the places where a crash must not matter (before and after each write, sync, commit, send, receive).
// Boundary("server.commit.before") does nothing in normal operation. Armed with YUKUAI_CRASH_AT=<name>[:<nth>], the process
// ends there by SIGKILL, which is how the fault tests walk the path. Names are listed by `yukuai boundaries`.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result/result.h"

namespace yukuai::host {

inline constexpr Reason kBoundaryMalformed{Kind::kMalformed, "boundary_malformed"};  // Not <name>[:<nth>], nth 1..999999999.
inline constexpr Reason kBoundaryUnknown{Kind::kMalformed, "boundary_unknown"};      // No boundary has that name.

// Passes the place. The name is one of BoundaryNames(): another one is a defect and ends the program. Thread-safe.
void Boundary(std::string_view name);

// The nth pass (1 when not given) of the named boundary will be the process's last. Nothing disarms. The program calls this
// once, before it starts threads, with the environment's YUKUAI_CRASH_AT.
Result<void> ArmBoundaries(std::optional<std::string_view> spec);

// While it lives, it is told of every boundary that this thread passes: in a simulation a crash is the end of a simulated
// machine, not of this process. One at a time for each thread.
class BoundaryWatch {
 public:
  explicit BoundaryWatch(std::function<void(std::string_view)> passed);
  ~BoundaryWatch();
  BoundaryWatch(const BoundaryWatch&) = delete;
  BoundaryWatch& operator=(const BoundaryWatch&) = delete;

 private:
  friend void Boundary(std::string_view name);
  std::function<void(std::string_view)> passed_;
};

std::vector<std::string_view> BoundaryNames();  // Sorted.

}  // namespace yukuai::host
