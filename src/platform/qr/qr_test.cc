// SPDX-License-Identifier: Apache-2.0
#include "platform/qr/qr.h"

#include <gtest/gtest.h>
#include <png.h>
#include <qrencode.h>

#include <memory>
#include <string>

namespace yukuai::qr {
namespace {

constexpr uint32_t kModule = 4;
constexpr uint32_t kQuiet = 4;

// As a phone draws it: byte mode, error correction M.
Image Draw(const Bytes& content) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeData(static_cast<int>(content.size()), content.data(), 0, QR_ECLEVEL_M), &QRcode_free);
  const auto modules = static_cast<uint32_t>(code->width);
  const uint32_t side = (modules + 2 * kQuiet) * kModule;
  Image image{side, side, Bytes(size_t{side} * side, 255)};
  for (uint32_t y = 0; y < modules * kModule; ++y) {
    for (uint32_t x = 0; x < modules * kModule; ++x) {
      const bool dark = (code->data[(y / kModule) * modules + x / kModule] & 1) != 0;
      if (dark) image.luminance[size_t{y + kQuiet * kModule} * side + x + kQuiet * kModule] = 0;
    }
  }
  return image;
}

Bytes WritePng(uint32_t width, uint32_t height, uint32_t format, const Bytes& pixels) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = width;
  png.height = height;
  png.format = format;
  png_alloc_size_t size = 0;
  EXPECT_NE(png_image_write_to_memory(&png, nullptr, &size, 0, pixels.data(), 0, nullptr), 0) << png.message;
  Bytes file(size);
  EXPECT_NE(png_image_write_to_memory(&png, file.data(), &size, 0, pixels.data(), 0, nullptr), 0) << png.message;
  file.resize(size);
  return file;
}

Bytes EveryByte(size_t count) {
  Bytes content(count);
  for (size_t i = 0; i < count; ++i) content[i] = static_cast<uint8_t>(0x80 + i);
  return content;
}

TEST(Qr, ContentComesOutByteForByte) {
  // 364 bytes with every value, zero and line ends among them: the longest transport code.
  for (const Bytes& content : {EveryByte(364), EveryByte(332), Bytes{'h', 't', 't', 'p'}}) {
    const Image drawn = Draw(content);
    const auto image = LoadPng(WritePng(drawn.width, drawn.height, PNG_FORMAT_GRAY, drawn.luminance));
    ASSERT_TRUE(image.ok()) << image.error().detail;
    EXPECT_EQ(image->luminance, drawn.luminance);
    const auto decoded = Decode(*image);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(ToHex(*decoded), ToHex(content));
  }
}

TEST(Qr, ColourBecomesGreyAndTransparentBecomesWhite) {
  const Bytes content = EveryByte(352);
  const Image drawn = Draw(content);
  Bytes pixels;
  for (const uint8_t value : drawn.luminance) {
    const Bytes pixel = value == 0 ? Bytes{0, 0, 90, 255} : Bytes{0, 0, 0, 0};
    pixels.insert(pixels.end(), pixel.begin(), pixel.end());
  }
  const auto image = LoadPng(WritePng(drawn.width, drawn.height, PNG_FORMAT_RGBA, pixels));
  ASSERT_TRUE(image.ok());
  const auto decoded = Decode(*image);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, content);
}

TEST(Qr, PicturesThatAreNone) {
  const Bytes good = WritePng(8, 8, PNG_FORMAT_GRAY, Bytes(64, 255));
  EXPECT_EQ(Decode(*LoadPng(good)).error().reason, kQrNotFound);
  EXPECT_EQ(Decode(Image{}).error().reason, kQrNotFound);
  EXPECT_EQ(LoadPng({}).error().reason, kImageMalformed);
  EXPECT_EQ(LoadPng(AsBytes("GIF89a")).error().reason, kImageMalformed);
  for (size_t cut = 0; cut + 16 < good.size(); ++cut) {
    EXPECT_EQ(LoadPng(ByteSpan(good).first(cut)).error().reason, kImageMalformed) << cut;
  }
}

TEST(Qr, SizesAreBoundedBeforeMemoryIsTaken) {
  EXPECT_EQ(LoadPng(Bytes(kImageBytesMax + 1)).error().reason, kImageTooLarge);
  EXPECT_EQ(LoadPng(Bytes(kImageBytesMax)).error().reason, kImageMalformed);
  EXPECT_TRUE(LoadPng(WritePng(kImageSideMax, 1, PNG_FORMAT_GRAY, Bytes(kImageSideMax, 255))).ok());
  EXPECT_EQ(LoadPng(WritePng(kImageSideMax + 1, 1, PNG_FORMAT_GRAY, Bytes(kImageSideMax + 1, 255))).error().reason,
            kImageTooLarge);
  const Bytes wide(size_t{kImageSideMax} * 2049, 255);
  EXPECT_EQ(LoadPng(WritePng(kImageSideMax, 2049, PNG_FORMAT_GRAY, wide)).error().reason, kImageTooLarge);
}

}  // namespace
}  // namespace yukuai::qr
