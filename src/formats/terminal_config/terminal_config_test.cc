// SPDX-License-Identifier: Apache-2.0
#include "formats/terminal_config/terminal_config.h"

#include <gtest/gtest.h>

#include "base/entropy/entropy.h"

namespace yukuai::terminal_config {
namespace {

sm2::CompressedKey Key(uint64_t seed) {
  SeededEntropy entropy(seed);
  return sm2::PrivateKey::Generate(entropy).public_key().compressed();
}

TerminalConfig Example() {
  TerminalConfig config;
  config.terminal = TerminalId(ByteArray<16>{1, 2, 3});
  config.city = {"渝快市", "Yukuai City"};
  config.root_keys = {{1, Key(1), code::CertificateMonth{2029, 12}}, {7, Key(2), std::nullopt}};
  config.profile = "name = \"demo\"\nskew_seconds = 20\n";
  config.list_key = Key(3);
  config.rules_key = Key(4);
  config.clearing_group = 1;
  config.scene = "metro-bus";
  config.point = "A";
  config.directions = Directions::kOut;
  return config;
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(TerminalConfig, ReadsBackWhatItWrote) {
  for (const Directions directions : {Directions::kIn, Directions::kOut, Directions::kBoth}) {
    TerminalConfig config = Example();
    config.directions = directions;
    const auto read = Parse(Emit(config));
    ASSERT_TRUE(read.ok()) << read.error().detail;
    EXPECT_EQ(*read, config);
  }
}

TEST(TerminalConfig, IsCanonicalJson) {
  TerminalConfig config = Example();
  config.root_keys.resize(1);
  EXPECT_EQ(Emit(config),
            "{\"city\":{\"en\":\"Yukuai City\",\"zh\":\"渝快市\"},\"clearing_group\":1,\"clock_skew_seconds\":10,"
            "\"directions\":\"out\",\"list_key\":\"" +
                ToHex(Key(3)) +
                "\",\"point\":\"A\",\"profile\":\"name = \\\"demo\\\"\\nskew_seconds = 20\\n\","
                "\"root_keys\":[{\"expiry\":\"2029-12\",\"index\":1,\"key\":\"" +
                ToHex(Key(1)) + "\"}],\"rules_key\":\"" + ToHex(Key(4)) +
                "\",\"scene\":\"metro-bus\",\"terminal\":\"ter_04106000000000000000000000\"}");
}

TEST(TerminalConfig, RefusesEachBrokenField) {
  const std::string good = Emit(Example());
  const std::string no_point(66, '0');
  const struct {
    std::string from, to;
    Reason reason;
  } rows[] = {
      {"{\"city\"", "[\"city\"", kConfigMalformed},
      {"渝快市", "", kConfigMalformed},
      {"\"en\":\"Yukuai City\"", "\"en\":7", kConfigMalformed},
      {"\"clearing_group\":1", "\"clearing_group\":0", kConfigMalformed},
      {"\"clearing_group\":1", "\"clearing_group\":1.0", kConfigMalformed},
      {"\"clock_skew_seconds\":10", "\"clock_skew_seconds\":61", kConfigMalformed},
      {"\"out\"", "\"up\"", kConfigMalformed},
      {ToHex(Key(3)), no_point, kConfigMalformed},
      {ToHex(Key(4)), "02", kConfigMalformed},
      {ToHex(Key(1)), no_point, kConfigMalformed},
      {"\"index\":1", "\"index\":7", kConfigMalformed},
      {"\"index\":7", "\"index\":256", kConfigMalformed},
      {"2029-12", "2029-13", kConfigMalformed},
      {"2029-12", "2100-01", kConfigMalformed},
      {"skew_seconds = 20", "skew_seconds = true", kConfigMalformed},
      {"metro-bus", "Metro", kConfigMalformed},
      {"\"point\":\"A\"", "\"point\":\"\"", kConfigMalformed},
      {"ter_", "dev_", kConfigMalformed},
      {",\"scene\":\"metro-bus\"", "", kConfigMalformed},
      {"\"clearing_group\":1", "\"clearing_group\":1,\"new\":1", kConfigNotCanonical},
      {"\"clearing_group\":1", "\"clearing_group\": 1", kConfigNotCanonical},
      {"\"index\":7", "\"index\":7,\"index\":7", kConfigNotCanonical},
  };
  for (const auto& row : rows) {
    const auto read = Parse(Replaced(good, row.from, row.to));
    ASSERT_FALSE(read.ok()) << row.from << " -> " << row.to;
    EXPECT_EQ(read.error().reason.slug, row.reason.slug) << row.to << ": " << read.error().detail;
  }
}

TEST(TerminalConfig, RefusesMoreThanATerminalHolds) {
  TerminalConfig config = Example();
  config.root_keys.clear();
  EXPECT_FALSE(Parse(Emit(config)).ok());
  for (uint8_t i = 0; i < kRootKeyCountMax; ++i) config.root_keys.push_back({i, Key(1), std::nullopt});
  EXPECT_TRUE(Parse(Emit(config)).ok());
  config.root_keys.push_back({kRootKeyCountMax, Key(1), std::nullopt});
  EXPECT_FALSE(Parse(Emit(config)).ok());
  EXPECT_FALSE(Parse(std::string(kBodyBytesMax + 1, ' ')).ok());
}

TEST(TerminalConfig, GivesTheVerifiersRoots) {
  const code::RootKeys roots = MakeRoots(Example());
  ASSERT_NE(roots.Find(7), nullptr);
  EXPECT_EQ(roots.Find(7)->key.compressed(), Key(2));
  EXPECT_EQ(roots.Find(1)->expiry, (code::CertificateMonth{2029, 12}));
  EXPECT_EQ(roots.Find(2), nullptr);
}

}  // namespace
}  // namespace yukuai::terminal_config
