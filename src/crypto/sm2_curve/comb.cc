// SPDX-License-Identifier: Apache-2.0
// How a comb is cut, see comb.h.
#include "crypto/sm2_curve/comb.h"

#include "base/result/check.h"

namespace yukuai::sm2_curve {

std::vector<Comb::Window> Comb::Shape(uint32_t windows) {
  YUKUAI_CHECK(windows >= kWindowsMin && windows <= kWindowsMax);
  std::vector<Window> out;
  uint32_t first = 0;
  for (uint32_t j = 0; j < windows; ++j) {
    const uint32_t offset = j * 256 / windows;
    const uint32_t width = (j + 1) * 256 / windows - offset;
    out.push_back({offset, width, first});
    first += uint32_t{1} << (width - 1);
  }
  return out;
}

size_t Comb::BytesOf(uint32_t windows) {
  const Window last = Shape(windows).back();
  return (last.first + (size_t{1} << (last.width - 1))) * sizeof(Line);
}

}  // namespace yukuai::sm2_curve
