// SPDX-License-Identifier: Apache-2.0
#include "formats/toml_document/toml_document.h"

#include <gtest/gtest.h>

namespace yukuai::toml_document {
namespace {

TEST(TomlDocument, EveryValueKnowsItsPlace) {
  const auto read = Read("a = 7\n\n[b]\n  c = \"x\"\n  d = [true, 2026-03-01]\n");
  ASSERT_TRUE(std::holds_alternative<Table>(read));
  const Table& root = std::get<Table>(read);
  EXPECT_EQ(*(*root.at("a")).AsInteger(), 7);
  EXPECT_EQ(root.at("a").place.line, 1);
  const Table& b = *(*root.at("b")).AsTable();
  EXPECT_EQ(b.at("c").place.line, 4);
  EXPECT_EQ(b.at("c").place.column, 3);
  EXPECT_EQ(*(*b.at("c")).AsString(), "x");
  const Array& d = *(*b.at("d")).AsArray();
  ASSERT_EQ(d.size(), 2u);
  EXPECT_TRUE(*d[0].AsBool());
  EXPECT_EQ(*d[1].AsDate(), (CivilDate{2026, 3, 1}));
  EXPECT_EQ(d[1].place.line, 5);
  EXPECT_EQ(d[1].KindName(), "a date");
}

TEST(TomlDocument, ProblemsNameTheirLine) {
  const struct {
    std::string text;
    int line;
  } rows[] = {{"a = 1\nb = \n", 2},    {"a = 1\na = 2\n", 2},   {"\n\na = 1.5\n", 3},
              {"a = 07:30:00\n", 1},   {"a = [1,\n 2.0]\n", 2}, {"a = \"\xFF\"\n", 1},
              {"a = 2026-02-30\n", 1}, {"a = 0000-01-01\n", 1}, {std::string(kTextBytesMax + 1, '#'), 0}};
  for (const auto& row : rows) {
    const auto read = Read(row.text);
    ASSERT_TRUE(std::holds_alternative<Problem>(read)) << row.text.substr(0, 40);
    EXPECT_EQ(std::get<Problem>(read).place.line, row.line) << row.text.substr(0, 40);
    EXPECT_FALSE(std::get<Problem>(read).message.empty());
  }
}

TEST(TomlDocument, HeadersThatBeginNoKeyAreProblems) {
  for (const char* text : {"[[[1]]]", "[[[a]]]", "[[=", "[\x01", "[\x5B\x01", "[`", "[ \n]", "a.\x01 = 1"}) {
    EXPECT_TRUE(std::holds_alternative<Problem>(Read(text))) << text;
  }
}

TEST(TomlDocument, ForeignCharactersBelongInTextsAndRemarks) {
  for (const char* text : {"a = \"é\" # é\n", "a = 'é'\n", "a = \"\"\"é\n\"é\"\"\"\"\" # é\n", "a = '''é''''' # é\n",
                           "\"é\" = 1\n", "a = \"\\\"é\"\n",
                           "\xEF\xBB\xBF"
                           "a = 1\n"}) {
    const auto read = Read(text);
    EXPECT_TRUE(std::holds_alternative<Table>(read)) << text << std::get<Problem>(read).message;
  }
  for (const char* text : {"a = 1\né = 1\n", "a = 1\n\xC8\x9A$=.5\n", "a = ''\nb = 1 é\n", "# é\na = \"\\\\\"é\n"}) {
    const auto read = Read(text);
    ASSERT_TRUE(std::holds_alternative<Problem>(read)) << text;
    EXPECT_EQ(std::get<Problem>(read).place.line, 2) << text;
  }
}

TEST(TomlDocument, DepthIsBounded) {
  const auto read = Read("a = " + std::string(100'000, '['));
  EXPECT_TRUE(std::holds_alternative<Problem>(read));
}

}  // namespace
}  // namespace yukuai::toml_document
