// SPDX-License-Identifier: Apache-2.0
// What the processor that runs this program has beyond its architecture's minimum.
#pragma once

namespace yukuai::sm2_curve {

struct Processor {
  bool adx = false;   // x86-64: MULX, ADCX, ADOX.
  bool ifma = false;  // x86-64: AVX-512 with 52-bit multiply-add, and an operating system that keeps its registers.
};

Processor DetectProcessor();

}  // namespace yukuai::sm2_curve
