// SPDX-License-Identifier: Apache-2.0
#include "app/settings/settings.h"

#include <gtest/gtest.h>

namespace yukuai::settings {
namespace {

TEST(Settings, EmptyFileGivesTheDefaults) {
  const auto settings = Parse("", "yukuai.toml");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->server.port, 8443);
  EXPECT_EQ(settings->server.address, "127.0.0.1");
  ASSERT_EQ(settings->clearing_groups.size(), 1u);
}

TEST(Settings, TakesEveryKindOfValue) {
  const auto settings = Parse(
      "[server]\nport = 9443\nurl = \"https://city.example\"\n[issuer]\nissuer = \"12345678\"\namount_cap_fen = 3000\n"
      "[[clearing_group]]\nnumber = 7\nname_zh = \"公交\"\nname_en = \"Bus\"\n",
      "yukuai.toml");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->server.port, 9443);
  EXPECT_EQ(settings->issuer.issuer, "12345678");
  EXPECT_EQ(settings->issuer.amount_cap.fen(), 3000);
  EXPECT_EQ(settings->clearing_groups[0].number, 7);
  EXPECT_EQ(settings->clearing_groups[0].name_zh, "公交");
}

TEST(Settings, WrongFilesNameLineAndRemedy) {
  const std::pair<const char*, const char*> rows[] = {
      {"[server]\nprot = 1", "yukuai.toml:2: server.prot: unknown key"},
      {"[servers]\nport = 1", "unknown section"},
      {"[server]\nport = 70000", "yukuai.toml:2: server.port: write a whole number from 0 to 65535"},
      {"[server]\nport = \"8443\"", "server.port: write a whole number"},
      {"[server]\naddress = \"\"", "server.address: write a text"},
      {"[issuer]\nissuer = \"1234567x\"", "issuer.issuer: write 8 digits"},
      {"[issuer]\ncard_prefix = \"\"", "write 1 to 12 digits"},
      {"[issuer]\nrefresh_seconds = 500", "refresh_seconds must be less"},
      {"[server]\ntls_key = \"k.pem\"", "belong together"},
      {"server = 3", "server: write a table"},
      {"clearing_group = 3", "write 1 to 64 tables"},
      {"[[clearing_group]]\nname_zh = \"公交\"", "clearing_group.number"},
      {"[[clearing_group]]\nnumber = 1\n[[clearing_group]]\nnumber = 1", "each number once"},
      {"[server\nport = 1", "yukuai.toml:1:"},
  };
  for (const auto& [toml, expected] : rows) {
    const auto settings = Parse(toml, "yukuai.toml");
    ASSERT_FALSE(settings.ok()) << toml;
    EXPECT_EQ(settings.error().reason, kSettingsMalformed);
    EXPECT_NE(settings.error().detail.find(expected), std::string::npos) << settings.error().detail;
  }
}

}  // namespace
}  // namespace yukuai::settings
