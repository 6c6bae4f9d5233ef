// SPDX-License-Identifier: Apache-2.0
#include "formats/reason_text/reason_text.h"

#include <gtest/gtest.h>

namespace yukuai::reason_text {
namespace {

TEST(ReasonText, FindsEverySlugAndNoOther) {
  ASSERT_FALSE(All().empty());
  for (const ReasonText& text : All()) {
    EXPECT_EQ(Find(text.slug), &text);
    EXPECT_FALSE(text.title_zh.empty() || text.title_en.empty() || text.next_zh.empty() || text.next_en.empty()) << text.slug;
  }
  EXPECT_EQ(Find(""), nullptr);
  EXPECT_EQ(Find("no_such_reason"), nullptr);
}

}  // namespace
}  // namespace yukuai::reason_text
