#include <gtest/gtest.h>

#include "base/error.h"
#include "images/decode.h"
#include "images/decode_error.h"
#include "images/limits.h"
#include "images/opencv/drawn_images.h"

namespace {

using focus::test::decode_error;

using focus::images::decode_image;
using focus::images::Orientation;
using focus::test::Bytes;
using focus::test::gradient;
using focus::test::tiff_file;
using focus::test::tiff_of;
using focus::test::tiff_page;
using focus::test::tiff_samples;
using focus::test::TiffLayout;

constexpr int kPageHeight = 13, kPageWidth = 29;

TiffLayout layout_of(uint32_t samples, uint32_t bits, uint32_t photometric) {
  TiffLayout layout;
  layout.height = kPageHeight;
  layout.width = kPageWidth;
  layout.samples = samples;
  layout.bits = bits;
  layout.photometric = photometric;
  return layout;
}

cv::Mat tiff_pixels(const Bytes& file, Orientation orientation = Orientation::kAsStored,
                    std::string* part_read = nullptr) {
  return focus::images::copy_of(decode_image(file, "photo", orientation, part_read));
}

void expect_same(const cv::Mat& a, const cv::Mat& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(cv::norm(a, b, cv::NORM_INF), 0);
}

TEST(DecodeTiff, IsTurnedByItsTagWhenAskedAndNeverTwice) {
  const cv::Mat stored = gradient(kPageHeight, kPageWidth);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const auto file = tiff_of(stored, orientation, orientation % 2 == 0);
    expect_same(tiff_pixels(file), stored);
    expect_same(tiff_pixels(file, Orientation::kUpright), focus::test::seen(stored, orientation));
    const auto header = focus::images::read_image_header(file, "photo");
    EXPECT_EQ(header.orientation, orientation);
    EXPECT_EQ(header.size, (focus::nn::ImageSize{kPageHeight, kPageWidth}));
  }
  expect_same(tiff_pixels(tiff_of(stored, 9), Orientation::kUpright), stored);
}

TEST(DecodeTiff, EveryKindOfPixelBecomes8BitBgr) {
  const cv::Mat colour = gradient(kPageHeight, kPageWidth), grey = gradient(kPageHeight, kPageWidth, CV_8UC1);
  cv::Mat repeated;
  cv::cvtColor(grey, repeated, cv::COLOR_GRAY2BGR);
  for (const bool big_endian : {false, true}) {
    expect_same(tiff_pixels(tiff_of(grey, 1, big_endian)), repeated);
    expect_same(tiff_pixels(tiff_of(gradient(kPageHeight, kPageWidth, CV_16UC1), 1, big_endian)), repeated);
    expect_same(tiff_pixels(tiff_of(gradient(kPageHeight, kPageWidth, CV_16UC3), 1, big_endian)), colour);
  }
  const cv::Mat inverted = ~grey;
  expect_same(tiff_pixels(tiff_file({tiff_page(layout_of(1, 8, 0), tiff_samples(inverted))}, false)),
              repeated);
  // A fourth sample, alpha or infrared, changes nothing.
  expect_same(tiff_pixels(tiff_of(gradient(kPageHeight, kPageWidth, CV_8UC4))), colour);
  expect_same(tiff_pixels(tiff_of(gradient(kPageHeight, kPageWidth, CV_16UC4))), colour);
}

TEST(DecodeTiff, BitsAndFourColours) {
  Bytes bits;
  cv::Mat expected(kPageHeight, kPageWidth, CV_8UC3);
  for (int y = 0; y < kPageHeight; ++y) {
    Bytes row((kPageWidth + 7) / 8);
    for (int x = 0; x < kPageWidth; ++x) {
      const bool white = (x + 2 * y) % 5 < 2;
      if (white) row[static_cast<size_t>(x / 8)] |= static_cast<uint8_t>(0x80 >> x % 8);
      expected.at<cv::Vec3b>(y, x) = cv::Vec3b::all(white ? 255 : 0);
    }
    focus::test::append(bits, row);
  }
  expect_same(tiff_pixels(tiff_file({tiff_page(layout_of(1, 1, 1), bits)}, false)), expected);

  const Bytes inks(static_cast<size_t>(4 * kPageHeight * kPageWidth), 51);  // A fifth of each.
  const cv::Mat printed = tiff_pixels(tiff_file({tiff_page(layout_of(4, 8, 5), inks)}, false));
  EXPECT_LE(cv::norm(printed.at<cv::Vec3b>(5, 5), cv::Vec3b::all(163), cv::NORM_INF), 1);
}

TEST(DecodeTiff, OfSeveralPagesTheFirstIsReadAndThatIsSaid) {
  const cv::Mat first = gradient(kPageHeight, kPageWidth), second(20, 20, CV_8UC3, cv::Scalar::all(9));
  auto small = layout_of(3, 8, 2);
  small.height = small.width = 20;
  std::string said;
  expect_same(tiff_pixels(tiff_file({tiff_page(layout_of(3, 8, 2), tiff_samples(first)),
                                     tiff_page(small, tiff_samples(second))},
                                    false),
                          Orientation::kUpright, &said),
              first);
  EXPECT_EQ(said, "has 2 pages, of which the first is read");
  // Of lower resolutions and thumbnails nothing is said, wherever they are.
  small.subfile = 1;
  for (const bool ahead : {false, true}) {
    std::vector<focus::test::TiffPage> pages{tiff_page(layout_of(3, 8, 2), tiff_samples(first)),
                                             tiff_page(small, tiff_samples(second))};
    if (ahead) std::swap(pages[0], pages[1]);
    expect_same(tiff_pixels(tiff_file(pages, true), Orientation::kUpright, &said), first);
    EXPECT_EQ(said, "");
  }
  EXPECT_NE(decode_error(tiff_file({tiff_page(small, tiff_samples(second))}, true)).find("raw photographs"),
            std::string::npos);
}

TEST(DecodeTiff, SamplesWithoutPlainMeaningAreNamed) {
  auto layout = layout_of(1, 32, 1);
  layout.number = 3;
  const Bytes wide(static_cast<size_t>(4 * kPageHeight * kPageWidth));
  EXPECT_NE(decode_error(tiff_file({tiff_page(layout, wide)}, false)).find("32-bit floating-point samples"),
            std::string::npos);
  layout.number = 1;
  EXPECT_NE(decode_error(tiff_file({tiff_page(layout, wide)}, false)).find("32 bits per sample"),
            std::string::npos);
  layout = layout_of(1, 16, 1);
  layout.number = 2;
  EXPECT_NE(decode_error(tiff_file({tiff_page(layout, wide)}, false)).find("signed"), std::string::npos);
}

TEST(DecodeTiff, TruncatedFilesAreFound) {
  const auto file = tiff_of(gradient(kPageHeight, kPageWidth, CV_16UC3), 6);
  ASSERT_EQ(decode_error(file), "");
  // The pixels end one byte before the file, which is of even length.
  for (size_t length = 0; length + 2 < file.size(); length += length < 300 ? 1 : 7) {
    const auto error = decode_error({file.begin(), file.begin() + static_cast<long>(length)});
    EXPECT_EQ(error.rfind("photo: ", 0), 0u) << length << ": " << error;
  }
  EXPECT_NE(decode_error({file.begin(), file.end() - 40}).find("the TIFF image is truncated"),
            std::string::npos);
}

TEST(DecodeTiff, AbsurdSizesAreRefusedBeforeMemoryIsTaken) {
  auto layout = layout_of(3, 8, 2);
  layout.height = layout.width = 0x7F000000;
  EXPECT_NE(decode_error(tiff_file({tiff_page(layout, Bytes(30))}, false)).find("claims"), std::string::npos);
  // As many pixels as an image may have, but a thousand samples of each.
  layout = layout_of(1000, 16, 1);
  layout.height = layout.width = 11585;
  auto page = tiff_page(layout, Bytes(30));
  page.fields[4].values = {5};  // LZW: one strip, which is decoded as a whole.
  const auto error = decode_error(tiff_file({page}, false));
  EXPECT_NE(error.find("1000 samples"), std::string::npos) << error;
}

TEST(DecodeTiff, DirectoriesInACircleEnd) {
  auto file = tiff_of(gradient(kPageHeight, kPageWidth));
  // The first directory's link leads to itself.
  const size_t link = 10 + 12 * file[8];
  file[link] = 8;
  EXPECT_NE(decode_error(file).find("its directories form a cycle"), std::string::npos);
}

TEST(DecodeTiff, RandomDamageNeverCrashes) {
  uint32_t state = 1;
  const auto random = [&] { return (state = state * 1664525u + 1013904223u) >> 8; };
  const auto good = tiff_of(gradient(kPageHeight, kPageWidth));
  for (int round = 0; round < 2000; ++round) {
    auto bytes = good;
    for (int i = 0; i < 3; ++i) bytes[random() % 200] = static_cast<uint8_t>(random());
    try {
      const auto image = decode_image(bytes, "photo", Orientation::kUpright);
      EXPECT_LE(int64_t{image.height()} * image.width(), focus::images::kMaxPixels);
    } catch (const focus::Error&) {
    }
  }
}

}  // namespace
