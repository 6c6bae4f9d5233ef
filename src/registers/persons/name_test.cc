// SPDX-License-Identifier: Apache-2.0
// Names: what is taken, what is refused, how they are masked and compared.
#include "registers/persons/name.h"

#include <gtest/gtest.h>

namespace yukuai::persons {
namespace {

std::string Parsed(std::string_view text) {
  const auto name = Name::Parse(text);
  return name ? name->text() : std::string(name.error().reason.slug);
}

TEST(Name, TakesWhatDocumentsWrite) {
  EXPECT_EQ(Parsed("张三"), "张三");
  EXPECT_EQ(Parsed("旸喆㛃𠮷"), "旸喆㛃𠮷");  // Extension A and B.
  EXPECT_EQ(Parsed("买买提•艾力"), "买买提·艾力");
  EXPECT_EQ(Parsed("买买提・艾力"), "买买提·艾力");
  EXPECT_EQ(Parsed("  Anna  Maria\xE3\x80\x80Li "), "Anna Maria Li");
}

TEST(Name, RefusesWhatIsNoName) {
  std::string long_name;
  for (int i = 0; i < 65; ++i) long_name += "长";
  for (const std::string& text : {std::string(), std::string("   "), std::string("\xE3\x80\x80"), std::string("张\n三"),
                                  std::string("张\0三", 7), std::string("\xC3\x28"), std::string("\xE5\xBC"),
                                  std::string("张\xE2\x80\xAE三"), std::string("张\xE2\x80\x8B三"), long_name}) {
    EXPECT_EQ(Parsed(text), kNameMalformed.slug);
  }
  EXPECT_EQ(Parsed(long_name.substr(3)), long_name.substr(3)) << "64 characters are not too many";
}

TEST(Name, IsMaskedByCharacters) {
  struct Row {
    std::string_view name, masked;
  };
  for (const Row& row : {Row{"李", "*"}, {"张三", "*三"}, {"欧阳修", "欧*修"}, {"买买提·艾力", "买****力"}, {"Li Na", "L***a"}}) {
    EXPECT_EQ(Name::Parse(row.name)->Masked(), row.masked);
  }
}

TEST(Name, MatchesAcrossBlanksDotsAndCase) {
  const auto matches = [](std::string_view a, std::string_view b) { return Name::Parse(a)->Matches(*Name::Parse(b)); };
  EXPECT_TRUE(matches("买买提·艾力", "买买提 ‧ 艾力"));
  EXPECT_TRUE(matches("LI NA", "Li Na"));
  EXPECT_FALSE(matches("张三", "张山"));
  EXPECT_FALSE(matches("张三", "张三丰"));
  EXPECT_FALSE(matches("买买提·艾力", "买买提艾力"));
}

}  // namespace
}  // namespace yukuai::persons
