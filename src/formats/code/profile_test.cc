// SPDX-License-Identifier: Apache-2.0
// Profiles: the ones that come with the program, and each mistake with the line it is in.
#include "formats/code/profile.h"

#include <gtest/gtest.h>

#include "formats/code/sample_codes_test.h"

namespace yukuai::code {
namespace {

TEST(Profile, DefaultsAreThoseOfTheSpecification) {
  const Profile profile;
  EXPECT_EQ(profile.skew_seconds, 20);
  EXPECT_EQ(profile.validity_seconds_max, 1200);
  for (int type = 0; type <= 255; ++type)
    EXPECT_EQ(profile.PermitsAccountType(static_cast<uint8_t>(type)), type >= 1 && type <= 5) << type;
  EXPECT_EQ(profile.FindIdPolicy(0x81, *ParseDecimal4("31047700")), nullptr);
  EXPECT_TRUE(profile.PermitsPair(*ParseDecimal4("00000000"), *ParseDecimal4("99999999")));
}

TEST(Profile, ShanghaiNamesItsTwoIssuers) {
  const Profile real = ReadProfileFile("shanghai");
  const Profile test = ReadProfileFile("shanghai-test");
  EXPECT_EQ(real.id_policies.size(), 2u);
  EXPECT_EQ(test.id_policies.size(), 3u);
  for (const std::string_view issuer : {"31047700", "02002900", "65000001"}) {
    const bool vector_only = issuer == "65000001";
    EXPECT_EQ(real.FindIdPolicy(0x81, *ParseDecimal4(issuer)) == nullptr, vector_only) << issuer;
    const IdPolicy* policy = test.FindIdPolicy(0x81, *ParseDecimal4(issuer));
    ASSERT_NE(policy, nullptr) << issuer;
    EXPECT_EQ(policy->certificate, (IdRule{{IdPart::kService, IdPart::kRootIndex}, 2}));
    EXPECT_EQ(policy->issuer_signature, (IdRule{{IdPart::kIssuer, IdPart::kPlatform}, 2}));
    EXPECT_EQ(policy->user_signature, (IdRule{{IdPart::kCardAccount}, 1}));
    EXPECT_EQ(test.FindIdPolicy(0x82, *ParseDecimal4(issuer)), nullptr);
  }
  EXPECT_EQ(real.skew_seconds, test.skew_seconds);
  EXPECT_EQ(real.validity_seconds_max, test.validity_seconds_max);
}

TEST(Profile, TheDemoPermitsItsOwnPairAlone) {
  const Profile profile = ReadProfileFile("yukuai-demo");
  EXPECT_TRUE(profile.PermitsPair(*ParseDecimal4("65000001"), *ParseDecimal4("65000101")));
  EXPECT_FALSE(profile.PermitsPair(*ParseDecimal4("65000001"), *ParseDecimal4("65000001")));
  EXPECT_FALSE(profile.PermitsPair(*ParseDecimal4("65000002"), *ParseDecimal4("65000101")));
  EXPECT_TRUE(profile.id_policies.empty());
}

TEST(Profile, ReadsEveryKey) {
  const auto profile = ParseProfile(R"(
name = "all"
skew_seconds = 0
validity_seconds_max = 65535
account_types = [0, 31]
[[id_policy]]
version = 0xff
issuer = "12345678"
user_signature = ["service", "root_index", "issuer", "platform", "card_account"]
)");
  ASSERT_TRUE(profile.ok()) << profile.error().detail;
  EXPECT_EQ(profile->name, "all");
  EXPECT_EQ(profile->skew_seconds, 0);
  EXPECT_EQ(profile->validity_seconds_max, 65535);
  EXPECT_TRUE(profile->PermitsAccountType(0) && profile->PermitsAccountType(31) && !profile->PermitsAccountType(1));
  const IdPolicy* policy = profile->FindIdPolicy(0xFF, *ParseDecimal4("12345678"));
  ASSERT_NE(policy, nullptr);
  EXPECT_EQ(policy->certificate.count, 0u);
  EXPECT_EQ(policy->user_signature.count, 5u);
}

TEST(Profile, NamesTheLineOfAMistake) {
  struct Row {
    std::string_view text;
    std::string_view detail_part;
  };
  const std::string head = "name = \"x\"\n";
  const Row rows[] = {
      {"", "'name' is missing"},
      {"name = 3", "line 1: 'name'"},
      {"name = \"\"", "line 1: 'name'"},
      {"name = \"x\"\nskew = 20", "line 2: unknown key 'skew'"},
      {"name = \"x\"\n\nskew_seconds = 3601", "line 3: "},
      {"name = \"x\"\nskew_seconds = \"20\"", "line 2: "},
      {"name = \"x\"\nskew_seconds = 20.0", "line 2: "},
      {"name = \"x\"\nskew_seconds = -1", "line 2: "},
      {"name = \"x\"\nvalidity_seconds_max = 65536", "line 2: "},
      {"name = \"x\"\naccount_types = 1", "line 2: 'account_types'"},
      {"name = \"x\"\naccount_types = [1,\n32]", "line 3: "},
      {"name = \"x\"\nid_policy = 1", "line 2: 'id_policy'"},
      {"name = \"x\"\nid_policy = [1]", "line 2: a table"},
      {"name = \"x\"\n[[id_policy]]\nissuer = \"12345678\"", "'version' is missing"},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x7f\nissuer = \"12345678\"", "line 3: "},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x81", "'issuer' is missing"},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x81\nissuer = 12345678", "line 4: 'issuer'"},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x81\nissuer = \"1234567x\"", "line 4: 'issuer'"},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x81\nissuer = \"12345678\"\ncertificate = []", "line 5: 'certificate'"},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x81\nissuer = \"12345678\"\ncertificate = \"service\"", "line 5: 'certificate'"},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x81\nissuer = \"12345678\"\ncertificate = [\"serial\"]", "line 5: a field"},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x81\nissuer = \"12345678\"\nid = 1", "line 5: unknown key 'id'"},
      {"name = \"x\"\n[[id_policy]]\nversion = 0x81\nissuer = \"12345678\"\n[[id_policy]]\nversion = 0x81\nissuer = \"12345678\"",
       "two id_policy"},
      {"name = \"x\"\n[[permitted]]\nissuer = \"12345678\"", "'platform' is missing"},
      {"name = \"x\"\n[[permitted]]\nplatform = \"12345678\"", "'issuer' is missing"},
      {"name = \"x\"\n[[permitted]]\nissuer = \"12345678\"\nplatform = \"12345678\"\nx = 1", "line 5: unknown key 'x'"},
      {"name = \"x\"\nname = \"y\"", "line 2: "},
      {"name = \"x", "line 1: "},
      {"name = \"\xff\"", "line 1: "},
  };
  for (const Row& row : rows) {
    const auto profile = ParseProfile(row.text);
    ASSERT_FALSE(profile.ok()) << row.text;
    EXPECT_EQ(profile.error().reason, kProfileMalformed);
    EXPECT_NE(profile.error().detail.find(row.detail_part), std::string::npos) << row.text << "\n" << profile.error().detail;
  }
  EXPECT_FALSE(ParseProfile(std::string(kProfileBytesMax + 1, '\n')).ok());
}

}  // namespace
}  // namespace yukuai::code
