// SPDX-License-Identifier: Apache-2.0
// What cannot happen: YUKUAI_CHECK ends the program with file, line and expression. It is on in every build, because a
// money or passage invariant that is only tested in debug builds is not an invariant. No outside input may reach one.
#pragma once

namespace yukuai {
[[noreturn]] void CheckFailed(const char* expression, const char* file, int line);
}  // namespace yukuai

#define YUKUAI_CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::yukuai::CheckFailed(#condition, __FILE__, __LINE__))
