// SPDX-License-Identifier: Apache-2.0
#include "base/bytes/bytes.h"

#include <algorithm>

#include "base/result/check.h"

namespace yukuai {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64UrlDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase32Digits = "0123456789abcdefghjkmnpqrstvwxyz";

int DigitOf(std::string_view digits, char c) {
  const size_t at = digits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

int HexDigit(char c) {
  if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return DigitOf(kHexDigits, c);
}

int Base32Digit(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (c == 'i' || c == 'l') return 1;
  if (c == 'o') return 0;
  return DigitOf(kBase32Digits, c);
}

std::string EncodeBits(ByteSpan bytes, int width, std::string_view digits) {
  std::string out;
  out.reserve((bytes.size() * 8 + static_cast<size_t>(width) - 1) / static_cast<size_t>(width));
  uint32_t bits = 0;
  int count = 0;
  const uint32_t mask = (1u << width) - 1;
  for (const uint8_t byte : bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= width) {
      count -= width;
      out.push_back(digits[(bits >> count) & mask]);
    }
    bits &= (1u << count) - 1;
  }
  if (count > 0) out.push_back(digits[(bits << (width - count)) & mask]);
  return out;
}

template <typename Digit>
std::optional<Bytes> DecodeBits(std::string_view text, int width, Digit digit) {
  // A last character that would carry no bit of a byte means a length no byte string has.
  if ((text.size() * static_cast<size_t>(width)) % 8 >= static_cast<size_t>(width)) return std::nullopt;
  Bytes out;
  out.reserve(text.size() * static_cast<size_t>(width) / 8);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = digit(c);
    if (value < 0) return std::nullopt;
    bits = (bits << width) | static_cast<uint32_t>(value);
    count += width;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<uint8_t>(bits >> count));
      bits &= (1u << count) - 1;
    }
  }
  if (bits != 0) return std::nullopt;
  return out;
}

}  // namespace

std::string ToHex(ByteSpan bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
  return out;
}

std::optional<Bytes> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<uint8_t>(high << 4 | low));
  }
  return out;
}

std::string ToBase64Url(ByteSpan bytes) { return EncodeBits(bytes, 6, kBase64UrlDigits); }

std::optional<Bytes> FromBase64Url(std::string_view text) {
  return DecodeBits(text, 6, [](char c) { return DigitOf(kBase64UrlDigits, c); });
}

std::string ToBase64(ByteSpan bytes) {
  std::string out = EncodeBits(bytes, 6, kBase64Digits);
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

std::optional<Bytes> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return DecodeBits(text, 6, [](char c) { return DigitOf(kBase64Digits, c); });
}

std::string ToBase32(ByteSpan bytes) { return EncodeBits(bytes, 5, kBase32Digits); }

std::optional<Bytes> FromBase32(std::string_view text) { return DecodeBits(text, 5, Base32Digit); }

Bytes ToBytes(std::string_view text) { return Bytes(text.begin(), text.end()); }

std::string_view AsText(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

ByteSpan AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

bool Equal(ByteSpan a, ByteSpan b) { return std::ranges::equal(a, b); }

bool EqualConstantTime(ByteSpan a, ByteSpan b) {
  if (a.size() != b.size()) return false;
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = static_cast<uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

bool IsUtf8(std::string_view text) {
  // Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
  size_t i = 0;
  const auto at = [&](size_t k) { return static_cast<uint8_t>(text[k]); };
  const auto continues = [&](size_t k) { return k < text.size() && (at(k) & 0xC0) == 0x80; };
  while (i < text.size()) {
    const uint8_t lead = at(i);
    if (lead < 0x80) {
      i += 1;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      if (!continues(i + 1)) return false;
      i += 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      if (!continues(i + 1) || !continues(i + 2)) return false;
      if (lead == 0xE0 && at(i + 1) < 0xA0) return false;
      if (lead == 0xED && at(i + 1) > 0x9F) return false;
      i += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (!continues(i + 1) || !continues(i + 2) || !continues(i + 3)) return false;
      if (lead == 0xF0 && at(i + 1) < 0x90) return false;
      if (lead == 0xF4 && at(i + 1) > 0x8F) return false;
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

ByteSpan ByteReader::Take(size_t count) {
  if (!ok_ || count > remaining()) {
    ok_ = false;
    return {};
  }
  const ByteSpan taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

namespace {
uint64_t BigEndian(ByteSpan bytes) {
  uint64_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}
}  // namespace

uint8_t ByteReader::U8() { return static_cast<uint8_t>(BigEndian(Take(1))); }
uint16_t ByteReader::U16() { return static_cast<uint16_t>(BigEndian(Take(2))); }
uint32_t ByteReader::U24() { return static_cast<uint32_t>(BigEndian(Take(3))); }
uint32_t ByteReader::U32() { return static_cast<uint32_t>(BigEndian(Take(4))); }
uint64_t ByteReader::U64() { return BigEndian(Take(8)); }

ByteSpan ByteReader::TakeSized(size_t count_max) {
  const size_t count = U16();
  if (count > count_max) ok_ = false;
  return Take(count);
}

namespace {
void AppendBigEndian(Bytes& bytes, uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}
}  // namespace

ByteWriter& ByteWriter::U8(uint8_t value) {
  bytes_.push_back(value);
  return *this;
}
ByteWriter& ByteWriter::U16(uint16_t value) {
  AppendBigEndian(bytes_, value, 2);
  return *this;
}
ByteWriter& ByteWriter::U24(uint32_t value) {
  YUKUAI_CHECK(value < 1u << 24);
  AppendBigEndian(bytes_, value, 3);
  return *this;
}
ByteWriter& ByteWriter::U32(uint32_t value) {
  AppendBigEndian(bytes_, value, 4);
  return *this;
}
ByteWriter& ByteWriter::U64(uint64_t value) {
  AppendBigEndian(bytes_, value, 8);
  return *this;
}

ByteWriter& ByteWriter::Append(ByteSpan bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

ByteWriter& ByteWriter::AppendText(std::string_view text) { return Append(AsBytes(text)); }

ByteWriter& ByteWriter::AppendSized(ByteSpan bytes) {
  YUKUAI_CHECK(bytes.size() <= 0xFFFF);
  U16(static_cast<uint16_t>(bytes.size()));
  return Append(bytes);
}

}  // namespace yukuai
