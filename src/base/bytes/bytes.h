// SPDX-License-Identifier: Apache-2.0
// Bytes, their text forms, and bounded big-endian reading and writing.
//
// Every format here is big-endian. Text forms: hex (either case in, lower case out), base64url without padding (RFC 4648
// section 5, canonical: trailing bits must be zero), Crockford base32 (lower case out; in: either case, I and L read as 1,
// O as 0).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yukuai {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;
template <size_t N>
using ByteArray = std::array<uint8_t, N>;

std::string ToHex(ByteSpan bytes);
std::optional<Bytes> FromHex(std::string_view text);  // Nothing on an odd length or a non-hex digit.

std::string ToBase64Url(ByteSpan bytes);
std::optional<Bytes> FromBase64Url(std::string_view text);

// Standard base64 with padding, as HTTP's structured fields (RFC 8941) carry it.
std::string ToBase64(ByteSpan bytes);
std::optional<Bytes> FromBase64(std::string_view text);

// Bits are taken from the front; the last character is padded with zero bits. 16 bytes give 26 characters.
std::string ToBase32(ByteSpan bytes);
// Nothing on a foreign character, on a length no byte count gives, or on padding bits that are not zero.
std::optional<Bytes> FromBase32(std::string_view text);

Bytes ToBytes(std::string_view text);
std::string_view AsText(ByteSpan bytes);
ByteSpan AsBytes(std::string_view text);
bool Equal(ByteSpan a, ByteSpan b);
// Time depends on the lengths only.
bool EqualConstantTime(ByteSpan a, ByteSpan b);
bool IsUtf8(std::string_view text);

// Reads front to back and remembers a first shortfall: after it every read gives zeros and ok() stays false, so a parser
// reads a whole structure and asks once.
class ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && position_ == bytes_.size(); }
  size_t remaining() const { return bytes_.size() - position_; }
  size_t position() const { return position_; }
  uint8_t U8();
  uint16_t U16();
  uint32_t U24();
  uint32_t U32();
  uint64_t U64();
  int64_t I64() { return static_cast<int64_t>(U64()); }
  ByteSpan Take(size_t count);  // A view into the input; empty after a shortfall.
  template <size_t N>
  ByteArray<N> TakeArray() {
    ByteArray<N> out{};
    ByteSpan taken = Take(N);
    for (size_t i = 0; i < taken.size(); ++i) out[i] = taken[i];
    return out;
  }
  // A U16 length, then that many bytes; a longer length than count_max is a shortfall.
  ByteSpan TakeSized(size_t count_max);

 private:
  ByteSpan bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

class ByteWriter {
 public:
  ByteWriter& U8(uint8_t value);
  ByteWriter& U16(uint16_t value);
  ByteWriter& U24(uint32_t value);
  ByteWriter& U32(uint32_t value);
  ByteWriter& U64(uint64_t value);
  ByteWriter& I64(int64_t value) { return U64(static_cast<uint64_t>(value)); }
  ByteWriter& Append(ByteSpan bytes);
  ByteWriter& AppendText(std::string_view text);
  ByteWriter& AppendSized(ByteSpan bytes);  // A U16 length, then the bytes; at most 65535.
  const Bytes& bytes() const { return bytes_; }
  Bytes Finish() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace yukuai
