// SPDX-License-Identifier: Apache-2.0
#include "app/gate/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "platform/host/host.h"

namespace yukuai::gate {
namespace {

using Access = RecordLog::Access;

class RecordLogTest : public testing::Test {
 protected:
  host::SystemFiles files_;
  RecordLogTest() {
    std::string name = (std::filesystem::temp_directory_path() / "yukuai-gate-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "records.log";
  }
  ~RecordLogTest() override { std::filesystem::remove_all(folder_); }

  static Bytes Record(uint64_t counter, size_t size = 200) { return Bytes(size, static_cast<uint8_t>(counter)); }
  void Fill(uint64_t count) {
    const auto log = RecordLog::Open(files_, path_, Access::kWrite).value();
    for (uint64_t i = log->count() + 1; i <= count; ++i) ASSERT_TRUE(log->Append(i, Record(i)).ok());
  }
  Bytes Content() { return host::ReadFile(path_, 1 << 20).value(); }
  void Put(ByteSpan content) { std::ofstream(path_, std::ios::binary) << AsText(content); }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(RecordLogTest, KeepsRecordsOverStarts) {
  {
    const auto log = RecordLog::Open(files_, path_, Access::kWrite).value();
    EXPECT_EQ(log->count(), 0u);
    ASSERT_TRUE(log->Append(1, Record(1, 1)).ok());
    ASSERT_TRUE(log->Append(2, Record(2, kLogRecordBytesMax)).ok());
    EXPECT_EQ(log->Read(2).value(), Record(2, kLogRecordBytesMax));
    EXPECT_EQ(log->Read(0).error().reason, kLogNoSuchRecord);
    EXPECT_EQ(log->Read(3).error().reason, kLogNoSuchRecord);
  }
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const auto log = RecordLog::Open(files_, path_, Access::kWrite).value();
  EXPECT_EQ(log->count(), 2u);
  EXPECT_EQ(log->bytes_cut(), 0u);
  EXPECT_EQ(log->Read(1).value(), Record(1, 1));
  ASSERT_TRUE(log->Append(3, Record(3)).ok());
  EXPECT_EQ(log->Read(3).value(), Record(3));
}

TEST_F(RecordLogTest, ManyRecordsAreFoundAcrossReadingChunks) {
  constexpr uint64_t kCount = 1500;  // More than one chunk.
  Bytes content;
  Fill(1);
  const Bytes entry = Content();
  for (uint64_t i = 0; i < 5 * kCount; ++i) content.insert(content.end(), entry.begin(), entry.end());
  Put(content);
  EXPECT_EQ(RecordLog::Open(files_, path_, Access::kRead).value()->count(), 5 * kCount);
}

TEST_F(RecordLogTest, AnEntryTornAtAnyByteIsCut) {
  Fill(3);
  const Bytes whole = Content();
  const size_t entry = whole.size() / 3;
  for (size_t kept = 0; kept < entry; ++kept) {
    // Both ways in which a file system may lose the end: the file is short, or long with zeros in it.
    for (const bool zeros : {false, true}) {
      Bytes torn(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(2 * entry + kept));
      if (zeros) torn.resize(whole.size());
      const size_t cut = torn.size() - 2 * entry;
      Put(torn);
      EXPECT_EQ(RecordLog::Open(files_, path_, Access::kRead).value()->count(), 2u) << kept;
      EXPECT_EQ(Content().size(), torn.size()) << "reading changes nothing";
      const auto log = RecordLog::Open(files_, path_, Access::kWrite).value();
      EXPECT_EQ(log->count(), 2u) << kept;
      EXPECT_EQ(log->bytes_cut(), cut);
      EXPECT_EQ(Content().size(), 2 * entry);
    }
  }
  Fill(3);
  EXPECT_EQ(Content(), whole);
}

TEST_F(RecordLogTest, DamageBeforeTheLastEntryIsNoTornWrite) {
  Fill(8);
  const Bytes whole = Content();
  const size_t entry = whole.size() / 8;
  for (size_t at = 0; at < entry; ++at) {
    Bytes damaged = whole;
    damaged[entry + at] ^= 0x01;
    Put(damaged);
    const auto log = RecordLog::Open(files_, path_, Access::kWrite);
    ASSERT_FALSE(log.ok()) << at;
    EXPECT_EQ(log.error().reason, kLogDamaged);
    EXPECT_EQ(Content(), damaged) << "evidence is not touched";
  }
}

TEST_F(RecordLogTest, FaultsOfPlaces) {
  EXPECT_EQ(RecordLog::Open(files_, path_, Access::kRead).error().reason, kLogUnreadable);
  EXPECT_EQ(RecordLog::Open(files_, folder_ / "absent" / "records.log", Access::kWrite).error().reason, kLogUnreadable);
}

}  // namespace
}  // namespace yukuai::gate
