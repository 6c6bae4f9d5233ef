// SPDX-License-Identifier: Apache-2.0
// Text forms against RFC 4648 and by table, one row for each refusal; bounded reading on both sides of every bound.
#include "base/bytes/bytes.h"

#include <gtest/gtest.h>

namespace yukuai {
namespace {

TEST(Hex, ReadsBothCasesAndWritesLower) {
  EXPECT_EQ(ToHex(Bytes{0x00, 0x7F, 0xAB, 0xFF}), "007fabff");
  EXPECT_EQ(FromHex("007fABfF"), (Bytes{0x00, 0x7F, 0xAB, 0xFF}));
  EXPECT_EQ(FromHex(""), Bytes{});
  for (const std::string_view text : {"0", "abc", "0g", "g0", " 0", "0x", "１２"}) EXPECT_EQ(FromHex(text), std::nullopt) << text;
  EXPECT_EQ(FromHex(std::string_view("0\0", 2)), std::nullopt);
}

// RFC 4648 section 10.
TEST(Base64, GivesTheExamplesOfTheRfc) {
  const struct {
    const char* plain;
    const char* padded;
  } rows[] = {{"", ""},
              {"f", "Zg=="},
              {"fo", "Zm8="},
              {"foo", "Zm9v"},
              {"foob", "Zm9vYg=="},
              {"fooba", "Zm9vYmE="},
              {"foobar", "Zm9vYmFy"}};
  for (const auto& row : rows) {
    EXPECT_EQ(ToBase64(AsBytes(row.plain)), row.padded);
    EXPECT_EQ(FromBase64(row.padded), ToBytes(row.plain));
    std::string bare(row.padded);
    while (bare.ends_with('=')) bare.pop_back();
    EXPECT_EQ(ToBase64Url(AsBytes(row.plain)), bare);
    EXPECT_EQ(FromBase64Url(bare), ToBytes(row.plain));
  }
  EXPECT_EQ(ToBase64(Bytes{0xFB, 0xFF}), "+/8=");
  EXPECT_EQ(ToBase64Url(Bytes{0xFB, 0xFF}), "-_8");
}

TEST(Base64, RefusesEveryOtherFormOfTheSameBytes) {
  for (const std::string_view text :
       {"Zg", "Zg=", "Zg===", "Zg==Zg==", "Z===", "====", "=", "Zh==", "Zm9=", "Zm9v====", "Zm-_", "Zm 8=", "\nZg=="}) {
    EXPECT_EQ(FromBase64(text), std::nullopt) << text;
  }
  for (const std::string_view text : {"Z", "Zm9vZ", "Zg==", "Zh", "Zm9", "+/8", "Zm 8", "Zg\n"}) {
    EXPECT_EQ(FromBase64Url(text), std::nullopt) << text;
  }
}

TEST(Base32, ReadsWhatPeopleMistype) {
  EXPECT_EQ(ToBase32(Bytes{0x00, 0x44, 0x32, 0x14, 0xC7}), "01234567");  // The digits 0..7, five bits each.
  EXPECT_EQ(ToBase32(Bytes(16, 0xFF)), "zzzzzzzzzzzzzzzzzzzzzzzzzw");
  EXPECT_EQ(ToBase32(Bytes{}), "");
  EXPECT_EQ(FromBase32("O1Li0000"), FromBase32("01110000"));
  EXPECT_EQ(FromBase32("ZZZZZZZZ"), Bytes(5, 0xFF));
  for (const std::string_view text : {"u", "uuuuuuuu", "0", "000", "000000", "01", "zz", "0000000-", "0000 000"}) {
    EXPECT_EQ(FromBase32(text), std::nullopt) << text;
  }
}

TEST(TextForms, GoBothWaysAtEveryLength) {
  Bytes bytes;
  for (int length = 0; length < 70; ++length) {
    EXPECT_EQ(FromHex(ToHex(bytes)), bytes);
    EXPECT_EQ(FromBase64Url(ToBase64Url(bytes)), bytes);
    EXPECT_EQ(FromBase64(ToBase64(bytes)), bytes);
    EXPECT_EQ(FromBase32(ToBase32(bytes)), bytes);
    bytes.push_back(static_cast<uint8_t>(length * 89 + 7));
  }
}

TEST(Equality, ComparesContentAndLength) {
  const Bytes a{1, 2, 3};
  for (const auto equal : {Equal, EqualConstantTime}) {
    EXPECT_TRUE(equal(a, Bytes{1, 2, 3}));
    EXPECT_TRUE(equal({}, {}));
    EXPECT_FALSE(equal(a, Bytes{1, 2, 4}));
    EXPECT_FALSE(equal(a, Bytes{0x81, 2, 3}));
    EXPECT_FALSE(equal(a, Bytes{1, 2}));
    EXPECT_FALSE(equal({}, a));
  }
}

TEST(Utf8, AcceptsExactlyWellFormedText) {
  const struct {
    std::string_view text;
    bool valid;
  } rows[] = {
      {"", true},
      {"fare", true},
      {"渝快码", true},
      {"\xF0\x9F\x9A\x87", true},
      {"\xC2\x80", true},
      {"\xC1\xBF", false},
      {"\xC0\x80", false},  // The lowest two bytes; overlong.
      {"\xE0\xA0\x80", true},
      {"\xE0\x9F\xBF", false},  // The lowest three; overlong.
      {"\xED\x9F\xBF", true},
      {"\xED\xA0\x80", false},
      {"\xED\xBF\xBF", false},
      {"\xEE\x80\x80", true},  // Around the surrogates.
      {"\xF0\x90\x80\x80", true},
      {"\xF0\x8F\xBF\xBF", false},  // The lowest four; overlong.
      {"\xF4\x8F\xBF\xBF", true},
      {"\xF4\x90\x80\x80", false},
      {"\xF5\x80\x80\x80", false},  // U+10FFFF and above.
      {"\x80", false},
      {"\xBF", false},
      {"\xFF", false},
      {"\xC2", false},
      {"\xE6\xB8", false},
      {"\xF0\x9F\x9A", false},  // Cut short.
      {"\xC2 ", false},
      {"\xE6 \x9D", false},
      {"\xE6\xB8 ", false},
      {"\xF0\x9F\x9A ", false},
      {"\xF0 \x9A\x87", false},
  };
  for (const auto& row : rows) EXPECT_EQ(IsUtf8(row.text), row.valid) << ToHex(AsBytes(row.text));
  EXPECT_TRUE(IsUtf8(std::string_view("\0", 1)));
}

TEST(ByteReader, ReadsWhatTheWriterWrote) {
  ByteWriter writer;
  writer.U8(0x01)
      .U16(0x0203)
      .U24(0x040506)
      .U32(0x0708090A)
      .U64(0x0B0C0D0E0F101112)
      .I64(-2)
      .AppendText("ab")
      .AppendSized(Bytes{7, 8});
  EXPECT_EQ(ToHex(writer.bytes()), "0102030405060708090a0b0c0d0e0f101112fffffffffffffffe616200020708");
  const Bytes bytes = writer.Finish();
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 0x01);
  EXPECT_EQ(reader.U16(), 0x0203);
  EXPECT_EQ(reader.U24(), 0x040506u);
  EXPECT_EQ(reader.U32(), 0x0708090Au);
  EXPECT_EQ(reader.U64(), 0x0B0C0D0E0F101112u);
  EXPECT_EQ(reader.I64(), -2);
  EXPECT_EQ(reader.position(), 26u);
  EXPECT_EQ(AsText(reader.Take(2)), "ab");
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_TRUE(Equal(reader.TakeSized(2), Bytes{7, 8}));
  EXPECT_TRUE(reader.AtEnd());
}

TEST(ByteReader, StaysShortAfterTheFirstShortfall) {
  const Bytes bytes{1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 1);
  EXPECT_EQ(reader.U32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.U8(), 0);  // Although a byte is left.
  EXPECT_TRUE(reader.Take(0).empty());
  EXPECT_EQ(reader.TakeArray<2>(), (ByteArray<2>{}));
  EXPECT_FALSE(reader.AtEnd());

  ByteReader exact(bytes);
  EXPECT_EQ(exact.TakeArray<3>(), (ByteArray<3>{1, 2, 3}));
  EXPECT_TRUE(exact.AtEnd());
  EXPECT_TRUE(ByteReader({}).AtEnd());
}

TEST(ByteReader, HoldsSizedBytesToTheirBound) {
  const Bytes bytes{0, 2, 7, 8};
  EXPECT_TRUE(Equal(ByteReader(bytes).TakeSized(2), Bytes{7, 8}));
  ByteReader bounded(bytes);
  EXPECT_TRUE(bounded.TakeSized(1).empty());
  EXPECT_FALSE(bounded.ok());
  ByteReader cut(ByteSpan(bytes).first(3));
  EXPECT_TRUE(cut.TakeSized(100).empty());
  EXPECT_FALSE(cut.ok());
  ByteReader headless(ByteSpan(bytes).first(1));
  EXPECT_TRUE(headless.TakeSized(100).empty());
  EXPECT_FALSE(headless.ok());
}

TEST(ByteWriterDeathTest, RefusesWhatItsWidthCannotHold) {
  EXPECT_EQ(ByteWriter().U24(0xFFFFFF).bytes().size(), 3u);
  EXPECT_DEATH(ByteWriter().U24(0x1000000), "invariant violated");
  EXPECT_EQ(ByteWriter().AppendSized(Bytes(65535)).bytes().size(), 65537u);
  EXPECT_DEATH(ByteWriter().AppendSized(Bytes(65536)), "invariant violated");
}

}  // namespace
}  // namespace yukuai
