// SPDX-License-Identifier: Apache-2.0
#include "base/secret/secret.h"

namespace yukuai {

void Wipe(std::span<uint8_t> bytes) {
  volatile uint8_t* at = bytes.data();
  for (size_t i = 0; i < bytes.size(); ++i) at[i] = 0;
}

}  // namespace yukuai
