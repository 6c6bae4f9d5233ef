// SPDX-License-Identifier: Apache-2.0
// Named boundaries: the places where a crash must not matter (before and after each write, sync, commit, send, receive).
// Boundary("server.commit.before") does nothing in normal operation. With YUKUAI_CRASH_AT=<name>[:<nth>] in the environment
// the process ends there by SIGKILL, which is how the fault tests walk the path. Names are listed by `yukuai boundaries`.
#pragma once

#include <string_view>
#include <vector>

namespace yukuai::host {

void Boundary(std::string_view name);
std::vector<std::string_view> BoundaryNames();  // Every name a build knows, sorted; Boundary checks that its name is listed.

}  // namespace yukuai::host
