// SPDX-License-Identifier: Apache-2.0
#include "formats/identifiers/masking.h"

#include <algorithm>
#include <vector>

#include "base/bytes/bytes.h"

namespace yukuai::identifiers {
namespace {

constexpr char32_t kMiddleDot = 0x00B7;

struct CodePoint {
  char32_t value = 0;
  std::string_view bytes;
};

// Of text that is UTF-8.
std::vector<CodePoint> CodePointsOf(std::string_view text) {
  std::vector<CodePoint> out;
  while (!text.empty()) {
    const auto lead = static_cast<uint8_t>(text.front());
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; ++i) value = value << 6 | (static_cast<uint8_t>(text[i]) & 0x3Fu);
    out.push_back({value, text.substr(0, length)});
    text.remove_prefix(length);
  }
  return out;
}

// Belongs to the character before it: combining marks and variation selectors.
bool Joins(char32_t c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0F71 && c <= 0x0F84) || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F) ||
         (c >= 0xE0100 && c <= 0xE01EF);
}

bool IsHan(char32_t c) {
  return c == 0x3007 || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

bool IsSeparatorDot(char32_t c) {
  return c == kMiddleDot || c == 0x2022 || c == 0x2027 || c == 0x2219 || c == 0x30FB || c == 0xFF65 || c == 0x2E31 || c == 0xFF0E;
}

bool IsSpace(char32_t c) { return c == ' ' || c == 0x3000 || c == 0x00A0; }

// Could make two names look alike, or a name look like nothing.
bool IsInvisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x00AD || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFF) ||
         (c >= 0xE0000 && c <= 0xE00FF);
}

// The characters of one part, each with what joins it.
std::string MaskedPart(const std::vector<std::string>& characters, bool alone) {
  std::string out;
  for (size_t i = 0; i < characters.size(); ++i) {
    const bool first = i == 0 && (characters.size() > 1 || !alone);
    const bool last = alone && characters.size() > 2 && i + 1 == characters.size();
    out += first || last ? characters[i] : "*";
  }
  return out;
}

}  // namespace

Result<std::string> NormaliseName(std::string_view name) {
  if (name.size() > kNameBytesMax || !IsUtf8(name)) return Fault(kPersonName, "length or encoding");
  const std::vector<CodePoint> points = CodePointsOf(name);
  std::string out;
  char32_t before = ' ';
  for (size_t i = 0; i < points.size(); ++i) {
    const CodePoint& point = points[i];
    if (IsInvisible(point.value)) return Fault(kPersonName, "an invisible character");
    if (IsSpace(point.value)) {
      if (before != ' ') out += ' ';
      before = ' ';
      continue;
    }
    const bool han_around = IsHan(before) && i + 1 < points.size() && IsHan(points[i + 1].value);
    if (IsSeparatorDot(point.value) || (point.value == '.' && han_around)) {
      out += "·";
      before = kMiddleDot;
      continue;
    }
    out += point.bytes;
    before = point.value;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.empty() || Joins(CodePointsOf(out).front().value)) return Fault(kPersonName, "empty");
  return out;
}

std::string MaskedName(std::string_view name) {
  if (!IsUtf8(name)) return "*";
  std::vector<std::vector<std::string>> parts(1);
  std::vector<std::string> separators;
  for (const CodePoint& point : CodePointsOf(name)) {
    if (IsSpace(point.value) || IsSeparatorDot(point.value)) {
      parts.emplace_back();
      separators.emplace_back(point.bytes);
    } else if (Joins(point.value) && !parts.back().empty()) {
      parts.back().back() += point.bytes;
    } else {
      parts.back().emplace_back(point.bytes);
    }
  }
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separators[i - 1];
    out += MaskedPart(parts[i], parts.size() == 1);
  }
  return out;
}

std::string MaskedNumber(std::string_view number) {
  // Bytes are counted: document numbers are ASCII once parsed.
  if (number.size() < 8) return std::string(number.size(), '*');
  return std::string(number.substr(0, 3)) + std::string(number.size() - 4, '*') + std::string(number.substr(number.size() - 1));
}

}  // namespace yukuai::identifiers
