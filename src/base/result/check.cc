// SPDX-License-Identifier: Apache-2.0
#include "base/result/check.h"

#include <cstdio>
#include <cstdlib>

namespace yukuai {

void CheckFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "yukuai: invariant violated: %s (%s:%d)\n", expression, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace yukuai
