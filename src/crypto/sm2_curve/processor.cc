// SPDX-License-Identifier: Apache-2.0
// CPUID leaf 7 and XCR0 (Intel's manual, volume 1, 15.2). Compilers' own tests of features differ in what they know.
#include "crypto/sm2_curve/processor.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>
#endif

namespace yukuai::sm2_curve {

#if defined(__x86_64__)

Processor DetectProcessor() {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint32_t d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return {};
  const bool registers_are_kept = (c >> 27 & 1) != 0;  // OSXSAVE.
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return {};
  const auto has = [b](int bit) { return (b >> bit & 1) != 0; };
  Processor out;
  out.adx = has(8) && has(19);
  if (registers_are_kept) {
    uint32_t low = 0;
    uint32_t high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    constexpr uint32_t kVectorState = 0xE6;  // XMM, YMM, masks and both halves of ZMM.
    // Foundation, doubleword and quadword, IFMA, byte and word, vector length.
    out.ifma = (low & kVectorState) == kVectorState && has(16) && has(17) && has(21) && has(30) && has(31);
  }
  return out;
}

#else

Processor DetectProcessor() { return {}; }

#endif

}  // namespace yukuai::sm2_curve
