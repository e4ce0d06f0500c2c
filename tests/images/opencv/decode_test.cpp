#include "images/decode.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "images/decode_error.h"
#include "images/image_header.h"
#include "images/limits.h"
#include "images/opencv/drawn_images.h"
#include "support/temporary_folder.h"

namespace {

using focus::test::decode_error;

using focus::images::decode_image;
using focus::images::Orientation;
using focus::test::Bytes;
using focus::test::encoded;
using focus::test::gradient;

Bytes with_orientation(const Bytes& jpeg, uint8_t value) {
  return focus::test::jpeg_with_exif(jpeg, focus::test::exif_data(value));
}

TEST(Decode, LosslessFormatsKeepEveryPixel) {
  const cv::Mat pixels = gradient(13, 29);
  for (const char* extension : {".png", ".bmp"}) {
    const auto image = decode_image(encoded(extension, pixels), "photo");
    const cv::Mat decoded = focus::images::view_of(image);
    ASSERT_EQ(decoded.size(), pixels.size()) << extension;
    EXPECT_EQ(cv::norm(decoded, pixels, cv::NORM_INF), 0) << extension;
  }
}

TEST(Decode, EveryKindOfPixelBecomes8BitBgr) {
  const auto check = [](const cv::Mat& image) {
    const cv::Mat decoded = focus::images::copy_of(decode_image(encoded(".png", image), "photo"));
    EXPECT_EQ(decoded.type(), CV_8UC3);
    EXPECT_EQ(decoded.size(), image.size());
    return decoded;
  };
  EXPECT_EQ(check(gradient(5, 7, CV_8UC1)).at<cv::Vec3b>(2, 3), cv::Vec3b(13, 13, 13));
  EXPECT_EQ(check(gradient(5, 7, CV_8UC4)).at<cv::Vec3b>(2, 3), cv::Vec3b(13, 53, 93));
  EXPECT_EQ(check(gradient(5, 7, CV_16UC1)).at<cv::Vec3b>(2, 3), cv::Vec3b(13, 13, 13));
  EXPECT_EQ(check(gradient(5, 7, CV_16UC3)).at<cv::Vec3b>(2, 3), cv::Vec3b(13, 53, 93));
}

TEST(Decode, HeadersTellTheSize) {
  const focus::nn::ImageSize expected{13, 29};
  for (const char* extension : {".jpg", ".png", ".bmp", ".webp"}) {
    const auto header = focus::images::read_image_header(encoded(extension, gradient(13, 29)), "photo");
    EXPECT_EQ(header.size, expected) << extension;
  }
  const auto lossless = encoded(".webp", gradient(13, 29), {cv::IMWRITE_WEBP_QUALITY, 101});
  EXPECT_EQ(focus::images::read_image_header(lossless, "photo").size, expected);
}

TEST(Decode, FormatsAreToldFromTheFirstBytes) {
  using focus::images::image_format_of;
  using focus::images::ImageFormat;
  const std::pair<const char*, ImageFormat> formats[] = {{".jpg", ImageFormat::kJpeg},
                                                         {".png", ImageFormat::kPng},
                                                         {".bmp", ImageFormat::kBmp},
                                                         {".webp", ImageFormat::kWebp},
                                                         {".tiff", ImageFormat::kTiff}};
  for (const auto& [extension, format] : formats) {
    auto bytes = encoded(extension, gradient(13, 29));
    EXPECT_EQ(image_format_of(bytes), format) << extension;
    bytes.resize(20);
    EXPECT_EQ(image_format_of(bytes), format) << extension << ", truncated";
    bytes.resize(1);
    EXPECT_FALSE(image_format_of(bytes)) << extension;
  }
  EXPECT_FALSE(image_format_of({}));
  EXPECT_FALSE(image_format_of(Bytes{'0', '.', '5'}));
}

TEST(Decode, TruncatedImagesAreFound) {
  const cv::Mat image = gradient(40, 50);
  const std::vector<Bytes> files{
      encoded(".jpg", image),
      encoded(".jpg", image, {cv::IMWRITE_JPEG_PROGRESSIVE, 1}),
      encoded(".jpg", image, {cv::IMWRITE_JPEG_RST_INTERVAL, 2}),
      with_orientation(encoded(".jpg", image), 6),
      encoded(".png", image),
      encoded(".bmp", image),
      encoded(".webp", image),
      focus::test::webp_with_exif(encoded(".webp", image), 40, 50, focus::test::exif_data(6)),
  };
  for (size_t file = 0; file < files.size(); ++file) {
    ASSERT_EQ(decode_error(files[file]), "") << file;
    for (size_t length = 0; length < files[file].size(); length += length < 40 ? 1 : 7) {
      const auto error = decode_error({files[file].begin(), files[file].begin() + static_cast<long>(length)});
      EXPECT_EQ(error.rfind("photo: ", 0), 0u) << "file " << file << " cut to " << length << ": " << error;
    }
    auto longer = files[file];
    longer.insert(longer.end(), 100, 0x5A);
    EXPECT_EQ(decode_error(longer), "") << "bytes after the end do no harm";
  }
}

TEST(Decode, OrientationIsIgnoredUnlessAsked) {
  const auto bytes = with_orientation(encoded(".jpg", gradient(20, 30)), 6);
  EXPECT_EQ(focus::images::size_of(decode_image(bytes, "photo")), (focus::nn::ImageSize{20, 30}));
  EXPECT_EQ(focus::images::size_of(decode_image(bytes, "photo", Orientation::kUpright)),
            (focus::nn::ImageSize{30, 20}));
}

TEST(Decode, NotAImage) {
  EXPECT_NE(decode_error({}).find("empty"), std::string::npos);
  EXPECT_NE(decode_error({'h', 'e', 'l', 'l', 'o'}).find("not a JPEG"), std::string::npos);
  EXPECT_NE(decode_error({'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'A', 'V', 'E'}).find("not a JPEG"),
            std::string::npos);
}

TEST(Decode, AbsurdSizesAreRefusedBeforeMemoryIsTaken) {
  auto png = encoded(".png", gradient(2, 2));
  png[16] = 0x7F;
  png[20] = 0x7F;
  EXPECT_NE(decode_error(png).find("claims"), std::string::npos);
  auto bmp = encoded(".bmp", gradient(2, 2));
  bmp[21] = 0x7F;
  EXPECT_NE(decode_error(bmp).find("claims"), std::string::npos);
  bmp[21] = 0xFF;
  EXPECT_NE(decode_error(bmp).find("claims"), std::string::npos);
}

TEST(Decode, RandomDamageNeverCrashes) {
  uint32_t state = 1;
  const auto random = [&] { return (state = state * 1664525u + 1013904223u) >> 8; };
  for (const char* extension : {".jpg", ".png", ".bmp", ".webp"}) {
    const auto good = encoded(extension, gradient(16, 24));
    for (int round = 0; round < 300; ++round) {
      auto bytes = good;
      for (int i = 0; i < 3; ++i)
        bytes[random() % std::min<size_t>(bytes.size(), 200)] = static_cast<uint8_t>(random());
      try {
        const auto image = decode_image(bytes, "photo");
        EXPECT_LE(int64_t{image.height()} * image.width(), focus::images::kMaxPixels);
      } catch (const focus::Error&) {
      }
    }
  }
}

TEST(Decode, FilesThatAreNotThere) {
  const focus::test::TemporaryFolder folder;
  const auto error = [&](const std::filesystem::path& path) -> std::string {
    try {
      decode_image(path);
    } catch (const focus::Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(error(folder.path() / "absent.jpg").find("absent.jpg: no such image"), std::string::npos);
  EXPECT_NE(error(folder.path()).find("not a file"), std::string::npos);
  std::ofstream(folder.path() / "empty.jpg").close();
  EXPECT_NE(error(folder.path() / "empty.jpg").find("empty.jpg: the image is empty"), std::string::npos);
  const auto bytes = encoded(".png", gradient(3, 4));
  std::ofstream(folder.path() / "good.png", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<long>(bytes.size()));
  EXPECT_EQ(focus::images::size_of(decode_image(folder.path() / "good.png")), (focus::nn::ImageSize{3, 4}));
}

}  // namespace
