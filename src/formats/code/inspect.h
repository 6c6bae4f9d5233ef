// SPDX-License-Identifier: Apache-2.0
// Every field of a code with its place, its bytes and what they mean: for people who find out why a code was refused. Any
// bytes can be inspected, codes that are cut off or too long among them; nothing here says that a code is good.
#pragma once

#include <string>
#include <vector>

#include "formats/code/code.h"

namespace yukuai::code {

struct InspectedField {
  std::string number;  // "3", "3.6" (item of the certificate), "14.2" (byte group of the issuer field), "" (bytes after the end)
  std::string_view name_zh;
  std::string_view name_en;
  size_t offset = 0;
  size_t length = 0;    // As it should be; bytes is shorter when the code ends before.
  ByteSpan bytes;       // A view into the code.
  std::string meaning;  // In English; "missing" or "cut off" for fields that are not whole.
};

// In the order of the layout, items after the field they belong to. N is taken from the code as it stands there.
std::vector<InspectedField> Inspect(ByteSpan code);

}  // namespace yukuai::code
