// SPDX-License-Identifier: Apache-2.0
// Names are compared by what people mean, not by which key they pressed, see name.h.
#include "registers/persons/name.h"

#include <algorithm>
#include <vector>

#include "base/bytes/bytes.h"
#include "formats/identifiers/masking.h"

namespace yukuai::persons {
namespace {

constexpr size_t kCharactersMax = 64;

// The text is known to be UTF-8.
std::vector<char32_t> Characters(std::string_view text) {
  std::vector<char32_t> out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t character = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) character = character << 6 | (static_cast<uint8_t>(text[i + k]) & 0x3Fu);
    out.push_back(character);
    i += length;
  }
  return out;
}

void Append(std::string& out, char32_t c) {
  const auto byte = [&out](char32_t value) { out.push_back(static_cast<char>(value)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
  }
}

bool IsBlank(char32_t c) { return c == ' ' || c == 0xA0 || c == 0x3000; }

// Keyboards and registers know many middle dots; documents mean one.
bool IsMiddleDot(char32_t c) {
  constexpr char32_t kDots[] = {0xB7, 0x2022, 0x2027, 0x2219, 0x22C5, 0x30FB, 0xFF65, 0xFF0E};
  return std::ranges::find(kDots, c) != std::end(kDots);
}

// Characters that change how a text is shown without being seen: a name with them could pose as another one.
bool IsInvisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFF) || (c >= 0xE0000 && c <= 0xE007F);
}

std::string MatchKey(std::string_view text) {
  std::string key;
  for (const char c : text) {
    if (c != ' ') key.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return key;
}

}  // namespace

Result<Name> Name::Parse(std::string_view text) {
  if (text.size() > 4 * kCharactersMax || !IsUtf8(text)) return Fault(kNameMalformed);
  std::string out;
  size_t count = 0;
  bool blank = false;
  for (const char32_t character : Characters(text)) {
    if (IsInvisible(character)) return Fault(kNameMalformed);
    if (IsBlank(character)) {
      blank = !out.empty();
      continue;
    }
    if (blank) out.push_back(' '), ++count;
    blank = false;
    Append(out, IsMiddleDot(character) ? U'\u00B7' : character);
    ++count;
  }
  if (count == 0 || count > kCharactersMax) return Fault(kNameMalformed);
  return Name(std::move(out));
}

std::string Name::Masked() const { return identifiers::MaskedName(text_); }

bool Name::Matches(const Name& other) const {
  return EqualConstantTime(AsBytes(MatchKey(text_)), AsBytes(MatchKey(other.text_)));
}

}  // namespace yukuai::persons
