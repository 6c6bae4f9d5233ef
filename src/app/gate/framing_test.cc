// SPDX-License-Identifier: Apache-2.0
#include "app/gate/framing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace yukuai::gate {
namespace {

std::string Code(size_t length, char fill) {
  std::string code(length, fill);
  code[0] = '\x80';
  code[1] = static_cast<char>((length - 3) >> 8);
  code[2] = static_cast<char>(length - 3);
  return code;
}

// "code:<length>:<last byte>", "text:<hex>", "image:<path>", "nonsense"
std::string Told(const Input& input) {
  switch (input.kind) {
    case Input::Kind::kCode:
      if (input.code.size() < 16) return "text:" + ToHex(input.code);
      return "code:" + std::to_string(input.code.size()) + ":" + static_cast<char>(input.code.back());
    case Input::Kind::kImage: return "image:" + input.path;
    case Input::Kind::kNonsense: return "nonsense";
  }
  return "";
}

using Words = std::vector<std::string>;

Words Cut(const std::string& stream, size_t step) {
  Framing framing;
  Words words;
  for (size_t at = 0; at < stream.size(); at += step) {
    framing.Feed(AsBytes(std::string_view(stream).substr(at, step)));
    while (auto input = framing.Next()) words.push_back(Told(*input));
  }
  while (auto input = framing.End()) words.push_back(Told(*input));
  return words;
}

TEST(Framing, CutsEachFormAndSkipsNonsense) {
  const std::string link = "https://city.example/c#gAFp";
  const struct {
    std::string stream;
    Words words;
  } rows[] = {
      {"", {}},
      {" \r\n\t\n", {}},
      {Code(332, 'a'), {"code:332:a"}},
      {Code(364, 'a') + Code(352, 'b'), {"code:364:a", "code:352:b"}},
      {Code(364, '\n') + "\r\n" + Code(352, 'b') + "\n", {"code:364:\n", "code:352:b"}},
      {Code(331, 'a') + "\n", {"nonsense"}},
      {Code(365, 'a') + "\n", {"nonsense"}},
      {link + "\n", {"text:800169"}},
      {link + "\r\n" + link, {"text:800169", "text:800169"}},
      {"https://city.example/c#\n", {"text:"}},
      {"@frame.png\n@图片.png", {"image:frame.png", "image:图片.png"}},
      {"@\n", {"nonsense"}},
      {"@a\x01.png\n", {"nonsense"}},
      {"hello\nworld\n" + link, {"nonsense", "text:800169"}},
      {"http://city.example/c#gAFp\n", {"nonsense"}},
      {"https://city.example/c#gAF\n", {"nonsense"}},  // Bits left over that are not zero.
      {"https://city.example/c#gA*p\n", {"nonsense"}},
      {"https://city.example/d#gAFp\n", {"nonsense"}},
      {"hello" + Code(332, 'a') + link, {"nonsense", "code:332:a", "text:800169"}},
      {std::string("\xff\xfe\x00\x01", 4) + Code(332, 'a'), {"nonsense", "code:332:a"}},
      // Half a code takes the beginning of the next with it; the one after that is whole.
      {Code(364, 'a').substr(0, 200) + Code(364, 'b') + Code(364, 'c'), {"code:364:b", "nonsense", "code:364:c"}},
      {Code(364, 'a').substr(0, 100), {"nonsense"}},
      {Code(364, 'a').substr(0, 100) + "\n" + link, {"nonsense", "text:800169"}},
      {std::string(kLineBytesMax + 1, 'x') + "\n" + link, {"nonsense", "text:800169"}},
      {std::string(3 * kLineBytesMax, 'x') + Code(332, 'a'), {"nonsense", "code:332:a"}},
      {"https://" + std::string(kLineBytesMax - 13, 'h') + "/c#gA", {"text:80"}},
      {"https://" + std::string(kLineBytesMax - 12, 'h') + "/c#gA", {"nonsense"}},
  };
  for (const auto& row : rows) {
    for (const size_t step : {size_t{1}, size_t{2}, size_t{7}, size_t{333}, size_t{100'000}}) {
      EXPECT_EQ(Cut(row.stream, step), row.words) << row.stream.substr(0, 60) << " by " << step;
    }
  }
}

TEST(Framing, SilenceEndsHalfACode) {
  Framing framing;
  framing.Feed(AsBytes(Code(364, '\x01').substr(0, 200)));
  EXPECT_FALSE(framing.Next());
  EXPECT_EQ(Told(framing.Idle().value()), "nonsense");
  EXPECT_FALSE(framing.Idle());
  framing.Feed(AsBytes("https://city.example/c#gAFp\n"));
  EXPECT_EQ(Told(framing.Next().value()), "text:800169");
}

TEST(Framing, SilenceKeepsALineThatIsBeingTyped) {
  Framing framing;
  framing.Feed(AsBytes("@图"));
  EXPECT_FALSE(framing.Idle());
  framing.Feed(AsBytes(".png\n"));
  EXPECT_EQ(Told(framing.Next().value()), "image:图.png");
}

TEST(Framing, NonsenseIsToldAgainAfterSilence) {
  Framing framing;
  framing.Feed(AsBytes("hello\nhello\n"));
  EXPECT_EQ(Told(framing.Next().value()), "nonsense");
  EXPECT_FALSE(framing.Next());
  EXPECT_FALSE(framing.Idle());
  framing.Feed(AsBytes("hello\n"));
  EXPECT_EQ(Told(framing.Next().value()), "nonsense");
}

}  // namespace
}  // namespace yukuai::gate
