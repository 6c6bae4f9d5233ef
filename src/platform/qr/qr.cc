// SPDX-License-Identifier: Apache-2.0
#include "platform/qr/qr.h"

#define ZX_USE_UTF8  // Else its header prints a warning on each build.
#include <ZXing/ReadBarcode.h>
#include <png.h>

#include <exception>

namespace yukuai::qr {

Result<Image> LoadPng(ByteSpan file) {
  if (file.size() > kImageBytesMax) return Fault(kImageTooLarge, "file");
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&png, file.data(), file.size()) == 0) { return Fault(kImageMalformed, png.message); }
  if (png.width > kImageSideMax || png.height > kImageSideMax || uint64_t{png.width} * png.height > kImagePixelsMax) {
    png_image_free(&png);
    return Fault(kImageTooLarge, "pixels");
  }
  png.format = PNG_FORMAT_GRAY;
  Image image{png.width, png.height, Bytes(PNG_IMAGE_SIZE(png))};
  const png_color white{255, 255, 255};
  if (png_image_finish_read(&png, &white, image.luminance.data(), 0, nullptr) == 0) {
    return Fault(kImageMalformed, png.message);  // Has freed the image itself.
  }
  return image;
}

Result<Bytes> Decode(const Image& image) {
  if (image.width == 0 || image.height == 0) return Fault(kQrNotFound);
  YUKUAI_CHECK(image.luminance.size() == size_t{image.width} * image.height);
  try {
    const ZXing::ImageView view(image.luminance.data(), static_cast<int>(image.width), static_cast<int>(image.height),
                                ZXing::ImageFormat::Lum);
    ZXing::DecodeHints hints;
    hints.setFormats(ZXing::BarcodeFormat::QRCode).setTryHarder(true).setTryRotate(true);
    const ZXing::Result found = ZXing::ReadBarcode(view, hints);
    // bytes() and not text(): a transport code is no text, and guessing a character set would change it.
    if (!found.isValid()) return Fault(kQrNotFound);
    return Bytes(found.bytes().begin(), found.bytes().end());
  } catch (const std::exception& exception) { return Fault(kQrNotFound, exception.what()); }
}

}  // namespace yukuai::qr
