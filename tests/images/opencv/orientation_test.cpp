// Whichever format holds a photograph, it is seen the same way up.
#include <gtest/gtest.h>

#include <fstream>

#include "images/decode.h"
#include "images/exif_orientation.h"
#include "images/opencv/drawn_images.h"
#include "support/temporary_folder.h"

namespace {

using focus::images::decode_image;
using focus::images::Orientation;
using focus::test::Bytes;
using focus::test::exif_data;

constexpr int kHeight = 40, kWidth = 60;

struct Format {
  const char* name;
  bool lossless;
  Bytes (*file)(const cv::Mat& stored, int orientation);
};

Bytes jpeg(const cv::Mat& stored, int orientation) {
  return focus::test::jpeg_with_exif(focus::test::encoded(".jpg", stored), exif_data(orientation));
}

Bytes png(const cv::Mat& stored, int orientation) {
  return focus::test::png_with_chunk(focus::test::encoded(".png", stored),
                                     focus::test::png_chunk("eXIf", exif_data(orientation, false)));
}

Bytes webp(const cv::Mat& stored, int orientation) {
  return focus::test::webp_with_exif(focus::test::encoded(".webp", stored), stored.rows, stored.cols,
                                     exif_data(orientation, false));
}

Bytes lossless_webp(const cv::Mat& stored, int orientation) {
  return focus::test::webp_with_exif(focus::test::encoded(".webp", stored, {cv::IMWRITE_WEBP_QUALITY, 101}),
                                     stored.rows, stored.cols, exif_data(orientation));
}

const std::vector<Format>& formats() {
  static const std::vector<Format> all{
      {"a.jpg", false, jpeg},
      {"a.png", true, png},
      {"a.webp", false, webp},
      {"lossless.webp", true, lossless_webp},
  };
  return all;
}

void expect_image(const Bytes& file, Orientation orientation, const cv::Mat& expected, bool lossless) {
  const auto image = decode_image(file, "photo", orientation);
  const cv::Mat pixels = focus::images::view_of(image);
  ASSERT_EQ(pixels.size(), expected.size());
  if (lossless) {
    EXPECT_EQ(cv::norm(pixels, expected, cv::NORM_INF), 0);
  } else {
    EXPECT_LE(focus::test::difference_of_fields(pixels, expected), 6);
  }
}

TEST(Orientation, EveryFormatIsTurnedAlike) {
  const focus::test::TemporaryFolder folder;
  for (const auto& format : formats()) {
    const cv::Mat stored =
        format.lossless ? focus::test::gradient(kHeight, kWidth) : focus::test::four_fields(kHeight, kWidth);
    for (int orientation = 1; orientation <= 8; ++orientation) {
      SCOPED_TRACE(std::string(format.name) + ", orientation " + std::to_string(orientation));
      const Bytes file = format.file(stored, orientation);
      const cv::Mat upright = focus::test::seen(stored, orientation);
      expect_image(file, Orientation::kAsStored, stored, format.lossless);
      expect_image(file, Orientation::kUpright, upright, format.lossless);

      const auto path = folder.path() / format.name;
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(file.data()), static_cast<long>(file.size()));
      const auto header = focus::images::image_header(path);
      EXPECT_EQ(header.orientation, orientation);
      EXPECT_EQ(focus::images::measure_image(path), (focus::nn::ImageSize{kHeight, kWidth}));
      EXPECT_EQ(focus::images::measure_image(path, Orientation::kUpright),
                (focus::nn::ImageSize{upright.rows, upright.cols}));
    }
  }
}

TEST(Orientation, OneThatIsNoneLeavesTheImageAsItIs) {
  const cv::Mat stored = focus::test::four_fields(kHeight, kWidth);
  for (const auto& format : formats()) {
    for (const int orientation : {0, 9, 300}) {
      SCOPED_TRACE(std::string(format.name) + ", orientation " + std::to_string(orientation));
      expect_image(format.file(stored, orientation), Orientation::kUpright, stored, false);
    }
  }
}

TEST(Orientation, IsReadHoweverItIsWritten) {
  using focus::images::exif_orientation;
  for (const bool big_endian : {false, true}) {
    EXPECT_EQ(exif_orientation(exif_data(6, big_endian, 2)), 6);
    EXPECT_EQ(exif_orientation(exif_data(6, big_endian, 4)), 6) << "as a LONG";
  }
  Bytes prefixed;
  focus::test::append(prefixed, {"Exif\0\0", 6});
  focus::test::append(prefixed, exif_data(8));
  EXPECT_EQ(exif_orientation(prefixed), 8);

  const cv::Mat stored = focus::test::gradient(kHeight, kWidth);
  const auto lossless = focus::test::encoded(".webp", stored, {cv::IMWRITE_WEBP_QUALITY, 101});
  expect_image(focus::test::webp_with_exif(lossless, kHeight, kWidth, prefixed), Orientation::kUpright,
               focus::test::seen(stored, 8), true);
  const auto late =
      focus::test::png_with_chunk(focus::test::encoded(".png", stored),
                                  focus::test::png_chunk("eXIf", exif_data(5)), /*at_the_end=*/true);
  expect_image(late, Orientation::kUpright, focus::test::seen(stored, 5), true);
}

TEST(Orientation, DamagedExifDataLeaveTheImageWhole) {
  const cv::Mat stored = focus::test::gradient(kHeight, kWidth);
  const auto png = focus::test::encoded(".png", stored);
  const auto good = exif_data(6);
  uint32_t state = 1;
  const auto random = [&] { return (state = state * 1664525u + 1013904223u) >> 8; };
  for (int round = 0; round < 500; ++round) {
    auto exif = good;
    for (int i = 0; i < 4; ++i) exif[random() % exif.size()] = static_cast<uint8_t>(random());
    exif.resize(random() % (exif.size() + 1));
    const int told = focus::images::exif_orientation(exif);
    EXPECT_GE(told, 1);
    EXPECT_LE(told, 8);
    if (round % 50 == 0) {
      expect_image(focus::test::png_with_chunk(png, focus::test::png_chunk("eXIf", exif)),
                   Orientation::kAsStored, stored, true);
    }
  }
}

}  // namespace
