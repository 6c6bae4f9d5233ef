// SPDX-License-Identifier: Apache-2.0
#include "formats/lists/freeze_list.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

namespace yukuai::lists {
namespace {

ByteArray<10> Account(uint32_t number) {
  ByteArray<10> account{};
  for (size_t i = 0; i < 4; ++i) account[9 - i] = static_cast<uint8_t>(number >> (8 * i));
  return account;
}

class FreezeListTest : public testing::Test {
 protected:
  FreezeListContent ContentWith(uint32_t count) const {
    FreezeListContent content{7, 3, Instant::FromSeconds(1'780'000'000), Instant::FromSeconds(1'780'086'400), {}};
    for (uint32_t i = 0; i < count; ++i) content.card_accounts.push_back(Account(i));
    return content;
  }
  // Signs a body that was made by hand.
  Result<FreezeList> OpenBody(Bytes body) const {
    return FreezeList::Open(signed_file::Sign(std::move(body), key_), key_.public_key());
  }

  SeededEntropy entropy_{20260302};
  sm2::PrivateKey key_ = sm2::PrivateKey::Generate(entropy_);
};

TEST_F(FreezeListTest, ContainsWhatWasPutInAndNothingElse) {
  const Bytes file = *BuildFreezeList(ContentWith(1000), key_, entropy_);
  const auto list = FreezeList::Open(file, key_.public_key());
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->edition().version, 7u);
  EXPECT_EQ(list->clearing_group(), 3);
  EXPECT_EQ(list->edition().issued_at, Instant::FromSeconds(1'780'000'000));
  EXPECT_EQ(list->edition().expires_at, Instant::FromSeconds(1'780'086'400));
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_TRUE(list->Contains(Account(i))) << i;
  for (uint32_t i = 1000; i < 3000; ++i) EXPECT_FALSE(list->Contains(Account(i))) << i;
}

TEST_F(FreezeListTest, TellsItsLengthInSixtyFoursOnly) {
  for (const auto& [accounts, entries] :
       std::map<uint32_t, size_t>{{0, 64}, {1, 64}, {63, 64}, {64, 64}, {65, 128}, {128, 128}, {129, 192}}) {
    const Bytes file = *BuildFreezeList(ContentWith(accounts), key_, entropy_);
    EXPECT_EQ(file.size(), kFreezeListHeaderLength + entries * 8 + 64) << accounts;
    EXPECT_EQ(FreezeList::Open(file, key_.public_key())->size(), entries) << accounts;
  }
}

TEST_F(FreezeListTest, CountsAnAccountOnce) {
  FreezeListContent content = ContentWith(64);
  content.card_accounts.push_back(Account(3));
  EXPECT_EQ(FreezeList::Open(*BuildFreezeList(content, key_, entropy_), key_.public_key())->size(), 64u);
}

TEST_F(FreezeListTest, VersionsHaveNothingInCommon) {
  const auto entries_of = [](const Bytes& file) {
    std::set<std::string> entries;
    for (size_t at = kFreezeListHeaderLength; at + 64 < file.size(); at += 8)
      entries.insert(ToHex(ByteSpan(file).subspan(at, 8)));
    return entries;
  };
  const auto first = entries_of(*BuildFreezeList(ContentWith(10), key_, entropy_));
  const auto second = entries_of(*BuildFreezeList(ContentWith(10), key_, entropy_));
  for (const std::string& entry : second) EXPECT_FALSE(first.contains(entry)) << "The salt is new in every version";
}

TEST_F(FreezeListTest, IsNotBuiltBeyondItsBounds) {
  FreezeListContent content = ContentWith(0);
  content.card_accounts.resize(kFreezeListEntriesMax + 1);
  EXPECT_EQ(BuildFreezeList(content, key_, entropy_).error().reason, kFreezeListFull);
  content = ContentWith(0);
  content.version = 0;
  EXPECT_EQ(BuildFreezeList(content, key_, entropy_).error().reason, signed_file::kFileMalformed);
}

TEST_F(FreezeListTest, RefusesWhatIsNotWhole) {
  const Bytes file = *BuildFreezeList(ContentWith(5), key_, entropy_);
  const Bytes body(file.begin(), file.end() - 64);
  EXPECT_TRUE(OpenBody(body).ok());
  struct Row {
    std::string_view what;
    std::function<void(Bytes&)> spoil;
  };
  const Row rows[] = {
      {"magic", [](Bytes& b) { b[3] = '2'; }},
      {"version 0", [](Bytes& b) { std::fill_n(b.begin() + 4, 8, uint8_t{0}); }},
      {"expired before it was issued",
       [](Bytes& b) {
         b[22] = 0;
         b[23] = 0;
       }},
      {"issued before 1970", [](Bytes& b) { b[14] = 0x80; }},
      {"count", [](Bytes& b) { b[49] = 128; }},
      {"count that overflows", [](Bytes& b) { b[46] = 0x20; }},
      {"count that is no multiple of 64",
       [](Bytes& b) {
         b[49] = 63;
         b.erase(b.end() - 8, b.end());
       }},
      {"a byte more", [](Bytes& b) { b.push_back(0); }},
      {"a byte less", [](Bytes& b) { b.pop_back(); }},
      {"header cut off", [](Bytes& b) { b.resize(49); }},
      {"nothing", [](Bytes& b) { b.clear(); }},
      {"not ascending", [](Bytes& b) { std::swap_ranges(b.begin() + 50, b.begin() + 58, b.begin() + 58); }},
      {"an entry twice", [](Bytes& b) { std::copy_n(b.begin() + 50, 8, b.begin() + 58); }},
  };
  for (const Row& row : rows) {
    Bytes spoilt = body;
    row.spoil(spoilt);
    const auto opened = OpenBody(spoilt);
    ASSERT_FALSE(opened.ok()) << row.what;
    EXPECT_EQ(opened.error().reason, signed_file::kFileMalformed) << row.what;
  }
  Bytes forged = file;
  forged[60] = static_cast<uint8_t>(forged[60] ^ 1);
  EXPECT_EQ(FreezeList::Open(forged, key_.public_key()).error().reason, signed_file::kFileSignature);
  EXPECT_EQ(FreezeList::Open(Bytes(kFreezeListBytesMax + 1), key_.public_key()).error().reason, signed_file::kFileMalformed);
  EXPECT_EQ(FreezeList::Open(Bytes(10), key_.public_key()).error().reason, signed_file::kFileMalformed);
}

}  // namespace
}  // namespace yukuai::lists
