// SPDX-License-Identifier: Apache-2.0
// What a reader at the gate sends on one line or pipe, cut into presentations. Three forms, in any mixture:
//
//   80 01 69 …                     a raw code: its first byte is at least 80, its length field says where it ends
//   https://city.example/c#gAFp…   the text form, up to the line end (keyboard-wedge scanners)
//   @frame.png                     the name of a picture, up to the line end
//
// Anything else is nonsense and is skipped up to a line end or to the next three bytes that can begin a raw code
// (80..FF 01 49..69); those never occur inside text. So half a code from a bad read costs at most the code after it.
#pragma once

#include <optional>
#include <string>

#include "base/bytes/bytes.h"

namespace yukuai::gate {

inline constexpr size_t kLineBytesMax = 4096;

struct Input {
  enum class Kind : uint8_t { kCode, kImage, kNonsense };
  Kind kind = Kind::kNonsense;
  Bytes code;        // kCode; of the text form: whatever its base64url says, of any length.
  std::string path;  // kImage
};

class Framing {
 public:
  void Feed(ByteSpan bytes);
  // Nothing: more bytes are needed. A stretch of nonsense is told once. How the bytes were split over Feed() changes nothing.
  std::optional<Input> Next();
  // As Next(), at the end of the stream: an incomplete code is given up, and the last line counts as whole.
  std::optional<Input> End();
  // As Next(), when the reader has been silent for a while: a raw code that is still incomplete never will be complete. A
  // line of text is kept, because people type slowly.
  std::optional<Input> Idle();

 private:
  std::optional<Input> Line(size_t size, size_t erase);
  std::optional<Input> Nonsense();
  std::optional<Input> GiveUpCode();
  void Drop(size_t count) { buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(count)); }

  Bytes buffer_;
  bool skipping_ = false;  // Inside a line that is too long.
  bool nonsense_told_ = false;
};

}  // namespace yukuai::gate
