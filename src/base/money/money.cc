// SPDX-License-Identifier: Apache-2.0
#include "base/money/money.h"

#include <cstdio>

namespace yukuai {

std::string Money::Text() const {
  const uint64_t magnitude = fen_ < 0 ? 0 - static_cast<uint64_t>(fen_) : static_cast<uint64_t>(fen_);
  char text[32];
  std::snprintf(text, sizeof text, "%s%llu.%02llu", fen_ < 0 ? "-" : "", static_cast<unsigned long long>(magnitude / 100),
                static_cast<unsigned long long>(magnitude % 100));
  return text;
}

}  // namespace yukuai
