// SPDX-License-Identifier: Apache-2.0
#include "formats/reason_text/reason_text.h"

#include <algorithm>

namespace yukuai::reason_text {

const ReasonText* Find(std::string_view slug) {
  const auto all = All();
  const auto found = std::ranges::lower_bound(all, slug, {}, &ReasonText::slug);
  return found != all.end() && found->slug == slug ? &*found : nullptr;
}

}  // namespace yukuai::reason_text
