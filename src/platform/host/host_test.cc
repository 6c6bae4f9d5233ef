// SPDX-License-Identifier: Apache-2.0
#include "platform/host/host.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <set>

namespace yukuai::host {
namespace {

class HostFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "yukuai-host-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  size_t FilesInFolder() const {
    const std::filesystem::directory_iterator begin(folder_);
    return static_cast<size_t>(std::distance(begin, std::filesystem::directory_iterator()));
  }

  std::filesystem::path folder_;
};

TEST_F(HostFiles, ReadsBackWhatWasWritten) {
  const Bytes content = ToBytes("durable");
  ASSERT_TRUE(WriteFileDurably(folder_ / "a", content).ok());
  EXPECT_EQ(ReadFile(folder_ / "a", 7).value(), content);
}

TEST_F(HostFiles, ReplacesTheOldContentAndLeavesNothingBeside) {
  ASSERT_TRUE(WriteFileDurably(folder_ / "a", ToBytes("a longer old content")).ok());
  ASSERT_TRUE(WriteFileDurably(folder_ / "a", ToBytes("new")).ok());
  EXPECT_EQ(ReadFile(folder_ / "a", 100).value(), ToBytes("new"));
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(HostFiles, SetsTheMode) {
  struct stat status {};
  ASSERT_TRUE(WriteFileDurably(folder_ / "secret", ToBytes("x")).ok());
  ASSERT_EQ(::stat((folder_ / "secret").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_TRUE(WriteFileDurably(folder_ / "public", ToBytes("x"), 0644).ok());
  ASSERT_EQ(::stat((folder_ / "public").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST_F(HostFiles, RefusesTheByteBeyondTheBound) {
  ASSERT_TRUE(WriteFileDurably(folder_ / "a", Bytes(100'000, 7)).ok());
  EXPECT_EQ(ReadFile(folder_ / "a", 100'000)->size(), 100'000u);
  EXPECT_EQ(ReadFile(folder_ / "a", 99'999).error().reason, kFileTooLarge);
}

TEST_F(HostFiles, NamesEachFault) {
  EXPECT_EQ(ReadFile(folder_ / "none", 10).error().reason, kFileMissing);
  EXPECT_EQ(ReadFile(folder_, 10).error().reason, kFileUnreadable);
  EXPECT_EQ(WriteFileDurably(folder_ / "none" / "a", ToBytes("x")).error().reason, kFileUnwritable);
}

TEST_F(HostFiles, AFailedRenameLeavesNothingBeside) {
  std::filesystem::create_directory(folder_ / "taken");
  EXPECT_EQ(WriteFileDurably(folder_ / "taken", ToBytes("x")).error().reason, kFileUnwritable);
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST(SystemEntropy, FillsEveryLengthWithFreshBytes) {
  SystemEntropy entropy;
  std::set<ByteArray<16>> seen;
  for (int i = 0; i < 100; ++i) seen.insert(entropy.Take<16>());
  EXPECT_EQ(seen.size(), 100u);
  Bytes large(100'000);  // More than one call of getrandom gives at once when a signal arrives.
  entropy.Fill(large);
  EXPECT_NE(Bytes(large.end() - 16, large.end()), Bytes(16));
}

TEST(SystemClock, IsInThisCentury) {
  const Instant now = SystemClock().Now();
  EXPECT_GT(now, ParseRfc3339("2020-01-01T00:00:00Z").value());
  EXPECT_LT(now, ParseRfc3339("2100-01-01T00:00:00Z").value());
}

TEST(OpenFiles, AreRaisedToWhatTheSystemAllows) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(RaiseOpenFiles(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
}

}  // namespace
}  // namespace yukuai::host
