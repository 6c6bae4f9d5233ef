// SPDX-License-Identifier: Apache-2.0
// Any bytes as a picture: loading gives a fault or exactly width x height pixels, and decoding never breaks.
#include "platform/qr/qr.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto image = yukuai::qr::LoadPng({data, size});
  if (!image.ok()) return 0;
  YUKUAI_CHECK(image->luminance.size() == size_t{image->width} * image->height);
  // Larger pictures only cost time.
  if (image->luminance.size() > 256 * 256) return 0;
  const auto decoded = yukuai::qr::Decode(*image);
  YUKUAI_CHECK(decoded.ok() || decoded.error().reason == yukuai::qr::kQrNotFound);
  return 0;
}
