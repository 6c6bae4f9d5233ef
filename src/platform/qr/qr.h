// SPDX-License-Identifier: Apache-2.0
// Reading a QR code from a picture: a screenshot, or a frame of a gate's camera.
#pragma once

#include "base/bytes/bytes.h"
#include "base/result/result.h"

namespace yukuai::qr {

// In order of precedence.
inline constexpr Reason kImageTooLarge{Kind::kMalformed, "image_too_large"};
inline constexpr Reason kImageMalformed{Kind::kMalformed, "image_malformed"};  // No PNG, or a damaged one.
inline constexpr Reason kQrNotFound{Kind::kNotFound, "qr_not_found"};

inline constexpr size_t kImageBytesMax = 8 * 1024 * 1024;
inline constexpr uint32_t kImageSideMax = 8192;
inline constexpr uint64_t kImagePixelsMax = 16 * 1024 * 1024;

// One byte a pixel, 0 black, rows from the top without padding.
struct Image {
  uint32_t width = 0;
  uint32_t height = 0;
  Bytes luminance;
};

// Any PNG; colour becomes grey, transparent becomes white. Faults: kImageTooLarge, kImageMalformed.
Result<Image> LoadPng(ByteSpan file);

// The content of the one QR code in the picture (of several: any), byte for byte. An image of zero pixels has none.
// Faults: kQrNotFound, also when one is there and is damaged beyond repair.
Result<Bytes> Decode(const Image& image);

}  // namespace yukuai::qr
