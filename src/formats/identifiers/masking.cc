// SPDX-License-Identifier: Apache-2.0
#include "formats/identifiers/masking.h"

#include <vector>

#include "base/bytes/bytes.h"

namespace yukuai::identifiers {
namespace {

constexpr size_t kNumberShownMin = 8;

// Belongs to the character before it: combining marks and variation selectors.
bool Joins(char32_t c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0F71 && c <= 0x0F84) || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F) ||
         (c >= 0xE0100 && c <= 0xE01EF);
}

// Of text that is UTF-8.
std::vector<std::string> CharactersOf(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto lead = static_cast<uint8_t>(text.front());
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; ++i) value = value << 6 | (static_cast<uint8_t>(text[i]) & 0x3Fu);
    if (Joins(value) && !out.empty()) {
      out.back() += text.substr(0, length);
    } else {
      out.emplace_back(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::string MaskedName(std::string_view name) {
  if (!IsUtf8(name)) return "*";
  const std::vector<std::string> characters = CharactersOf(name);
  std::string out;
  for (size_t i = 0; i < characters.size(); ++i) {
    const bool first = i == 0 && characters.size() > 2;
    const bool last = i + 1 == characters.size() && characters.size() > 1;
    out += first || last ? characters[i] : "*";
  }
  return out;
}

std::string MaskedNumber(std::string_view number) {
  if (number.size() < kNumberShownMin) return std::string(number.size(), '*');
  return std::string(number.substr(0, 3)) + std::string(number.size() - 4, '*') + std::string(number.substr(number.size() - 1));
}

}  // namespace yukuai::identifiers
