// SPDX-License-Identifier: Apache-2.0
// What `yukuai staff add` leaves behind, and what not.
#include "app/staff_command/staff_command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "platform/host/host.h"
#include "platform/keys/staff_key.h"

namespace yukuai::staff_command {
namespace {

constexpr Reason kNameRefused{Kind::kMalformed, "name_refused"};
constexpr Reason kClerkUnknown{Kind::kUnauthenticated, "staff_unknown"};
const StaffId kClerk(ByteArray<16>{7});

class StaffCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "yukuai-staff-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  int Run(const std::string& name) { return RunLine({"add", "--data", "city", "--name", name, "--out", File()}); }
  int RunLine(std::vector<std::string> words) {
    const auto add = [this](const Place& place, const std::string& clerk, const p256::PublicKeyBytes& key) -> Result<Registered> {
      if (clerk.empty()) return Fault(kNameRefused);
      EXPECT_EQ(place.data, "city");
      registered_.push_back(key);
      return Registered{kClerk, "https://localhost:8443"};
    };
    const auto revoke = [this](const Place& place, StaffId id) -> Result<void> {
      EXPECT_EQ(place.data, "city");
      if (id != kClerk) return Fault(kClerkUnknown);
      revoked_.push_back(id);
      return {};
    };
    const cli::Command program{.name = "yukuai",
                               .summary = "",
                               .examples = {},
                               .options = {},
                               .run = {},
                               .subcommands = {Staff(entropy_, {add, revoke})}};
    words.insert(words.begin(), {"yukuai", "staff"});
    std::vector<const char*> line;
    for (const std::string& word : words) line.push_back(word.c_str());
    std::ostringstream printed;
    err_.str("");
    const int code = cli::Run(program, static_cast<int>(line.size()), line.data(), {printed, err_});
    out_ = printed.str();
    return code;
  }
  std::string File() const { return (folder_ / "clerk.key").string(); }

  SeededEntropy entropy_{4};
  std::filesystem::path folder_;
  std::vector<p256::PublicKeyBytes> registered_;
  std::vector<StaffId> revoked_;
  std::string out_;
  std::ostringstream err_;
};

TEST_F(StaffCommand, LeavesTheKeyThatWasRegistered) {
  ASSERT_EQ(Run("王芳"), cli::kExitOk) << err_.str();
  const keys::StaffKey key = *keys::ReadStaffKey(File());
  ASSERT_EQ(registered_.size(), 1u);
  EXPECT_EQ(key.key.public_key, registered_[0]);
  EXPECT_NE(out_.find(key.id.Text()), std::string::npos);
  EXPECT_EQ(out_.find(ToHex(key.key.d.Expose())), std::string::npos) << "The private key is never printed";
}

TEST_F(StaffCommand, ReplacesNoFileAndRegistersNothingThen) {
  ASSERT_TRUE(host::WriteFileDurably(File(), AsBytes("mine")).ok());
  EXPECT_NE(Run("王芳"), cli::kExitOk);
  EXPECT_TRUE(registered_.empty());
  EXPECT_EQ(AsText(*host::ReadFile(File(), 100)), "mine");
}

TEST_F(StaffCommand, WritesNoFileWhenTheClerkIsRefused) {
  EXPECT_NE(Run(""), cli::kExitOk);
  EXPECT_NE(err_.str().find("name_refused"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(File()));
}

TEST_F(StaffCommand, RevokesTheClerkThatIsNamed) {
  ASSERT_EQ(RunLine({"revoke", "--data", "city", "--id", kClerk.Text()}), cli::kExitOk) << err_.str();
  EXPECT_EQ(revoked_, std::vector<StaffId>{kClerk});
  EXPECT_EQ(RunLine({"revoke", "--data", "city", "--id", StaffId(ByteArray<16>{8}).Text()}), cli::kExitNoPermission);
  EXPECT_EQ(RunLine({"revoke", "--data", "city", "--id", "王芳"}), cli::kExitUsage);
  EXPECT_EQ(RunLine({"revoke", "--data", "city"}), cli::kExitUsage);
  EXPECT_EQ(revoked_.size(), 1u);
}

}  // namespace
}  // namespace yukuai::staff_command
