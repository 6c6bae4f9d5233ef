// SPDX-License-Identifier: Apache-2.0
// What an entry of the audit log is called in the person's history.
#pragma once

#include <string_view>

namespace yukuai::resident {

struct HistoryTitle {
  std::string_view zh;
  std::string_view en;
};
// An action without a title of its own is shown as "recorded": nothing is left out because nobody named it.
HistoryTitle TitleOf(std::string_view action);

}  // namespace yukuai::resident
