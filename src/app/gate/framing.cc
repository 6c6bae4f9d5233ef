// SPDX-License-Identifier: Apache-2.0
#include "app/gate/framing.h"

#include <algorithm>
#include <utility>

#include "formats/code/layout.h"

namespace yukuai::gate {
namespace {

constexpr size_t kHeaderLength = 3;

bool BeginsCode(ByteSpan bytes) {
  const size_t total = kHeaderLength + (size_t{bytes[1]} << 8 | bytes[2]);
  return bytes[0] >= 0x80 && total >= code::kLengthMin && total <= code::kLengthMax;
}

// Whether it can still turn out to begin a code, once more bytes are here.
bool MayBeginCode(ByteSpan bytes) {
  if (bytes.size() >= kHeaderLength) return BeginsCode(bytes);
  return bytes[0] >= 0x80 && (bytes.size() < 2 || bytes[1] == code::kLengthMin >> 8);
}

bool IsSpace(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == 0; }

std::optional<Input> ReadLine(std::string_view line) {
  constexpr std::string_view kPageMark = "/c#";
  if (line.size() > 1 && line.front() == '@') {
    // Control characters are no part of a name that anybody meant.
    if (std::ranges::any_of(line, [](char c) { return static_cast<uint8_t>(c) < 0x20; })) return std::nullopt;
    return Input{Input::Kind::kImage, {}, std::string(line.substr(1))};
  }
  const size_t mark = line.find(kPageMark);
  if (!line.starts_with("https://") || mark == std::string_view::npos) return std::nullopt;
  auto code = FromBase64Url(line.substr(mark + kPageMark.size()));
  if (!code) return std::nullopt;
  return Input{Input::Kind::kCode, *std::move(code), {}};
}

}  // namespace

void Framing::Feed(ByteSpan bytes) { buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); }

std::optional<Input> Framing::Nonsense() {
  if (std::exchange(nonsense_told_, true)) return std::nullopt;
  return Input{};
}

std::optional<Input> Framing::Line(size_t size, size_t erase) {
  const bool fits = size <= kLineBytesMax && !skipping_;
  while (size > 0 && IsSpace(buffer_[size - 1])) --size;
  auto input = fits ? ReadLine(AsText(ByteSpan(buffer_).first(size))) : std::nullopt;
  Drop(erase);
  skipping_ = false;
  if (!input) return Nonsense();
  nonsense_told_ = false;
  return input;
}

std::optional<Input> Framing::Next() {
  for (;;) {
    if (!skipping_) Drop(static_cast<size_t>(std::ranges::find_if_not(buffer_, IsSpace) - buffer_.begin()));
    if (buffer_.empty()) return std::nullopt;
    const ByteSpan bytes = buffer_;
    if (MayBeginCode(bytes)) {
      if (bytes.size() < kHeaderLength) return std::nullopt;
      const size_t total = kHeaderLength + (size_t{bytes[1]} << 8 | bytes[2]);
      if (bytes.size() < total) return std::nullopt;
      Input input{Input::Kind::kCode, Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(total)), {}};
      Drop(total);
      skipping_ = nonsense_told_ = false;
      return input;
    }
    // A line, or nonsense: whichever comes first, its end or the beginning of a code.
    size_t end = 0;
    while (end < bytes.size() && bytes[end] != '\n' && !(end > 0 && MayBeginCode(bytes.subspan(end)))) ++end;
    const bool at_line_end = end < bytes.size() && bytes[end] == '\n';
    const bool at_code = end < bytes.size() && !at_line_end && bytes.size() - end >= kHeaderLength;
    if (at_line_end || at_code) {
      // What stands before a code without a line end was cut off.
      if (at_code) skipping_ = true;
      if (auto input = Line(end, at_line_end ? end + 1 : end)) return input;
      continue;
    }
    // Incomplete. Of a line that is too long already, only what may begin a code is kept.
    if (end <= kLineBytesMax && !skipping_) return std::nullopt;
    skipping_ = true;
    Drop(end);
    return Nonsense();
  }
}

// Only the first byte: what was taken for a code's length may hide whole presentations.
std::optional<Input> Framing::GiveUpCode() {
  while (!buffer_.empty() && MayBeginCode(buffer_)) {
    Drop(1);
    skipping_ = true;
    if (auto input = Nonsense()) return input;
    if (auto input = Next()) return input;
  }
  return std::nullopt;
}

std::optional<Input> Framing::End() {
  if (auto input = Next()) return input;
  if (auto input = GiveUpCode()) return input;
  if (buffer_.empty()) return std::nullopt;
  return Line(buffer_.size(), buffer_.size());
}

std::optional<Input> Framing::Idle() {
  if (auto input = Next()) return input;
  if (auto input = GiveUpCode()) return input;
  const bool text = IsUtf8(AsText(buffer_)) && std::ranges::none_of(buffer_, [](uint8_t byte) { return byte < 0x20; });
  std::optional<Input> input;
  if (!text) {
    buffer_.clear();
    input = Nonsense();
  }
  // After silence something new begins.
  if (buffer_.empty()) skipping_ = nonsense_told_ = false;
  return input;
}

}  // namespace yukuai::gate
