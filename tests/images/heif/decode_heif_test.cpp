#include <gtest/gtest.h>
#include <libheif/heif.h>

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

constexpr int kFieldsHeight = 64, kFieldsWidth = 96;

// What a camera's program writes, by libheif itself.
class HeifFile {
 public:
  explicit HeifFile(heif_compression_format format) : format_(format) {}
  ~HeifFile() { heif_context_free(context_); }

  // Whether this system's libheif can write the format.
  bool possible() const { return heif_have_encoder_for_format(format_) != 0; }

  // Adds an image of 8 bits, or one of 10 whose lower two bits are set. The file's own rotation makes of its
  // pixels what EXIF's `orientation` would; `exif` is what EXIF data say besides.
  void add(const cv::Mat& image, int orientation = 1, int exif = 0, int bits = 8) {
    heif_image* pixels = nullptr;
    check(heif_image_create(image.cols, image.rows, heif_colorspace_RGB,
                            bits > 8 ? heif_chroma_interleaved_RRGGBB_LE : heif_chroma_interleaved_RGB,
                            &pixels));
    check(heif_image_add_plane(pixels, heif_channel_interleaved, image.cols, image.rows, bits));
    int stride = 0;
    uint8_t* to = heif_image_get_plane(pixels, heif_channel_interleaved, &stride);
    for (int y = 0; y < image.rows; ++y) {
      for (int i = 0; i < 3 * image.cols; ++i) {
        const uint8_t value = image.ptr<cv::Vec3b>(y)[i / 3][2 - i % 3];
        if (bits == 8) {
          to[y * stride + i] = value;
        } else {
          const int wide = value << (bits - 8) | ((1 << (bits - 8)) - 1);
          to[y * stride + 2 * i] = static_cast<uint8_t>(wide);
          to[y * stride + 2 * i + 1] = static_cast<uint8_t>(wide >> 8);
        }
      }
    }
    heif_encoder* encoder = nullptr;
    check(heif_context_get_encoder_for_format(context_, format_, &encoder));
    check(heif_encoder_set_lossy_quality(encoder, 95));
    heif_encoding_options* options = heif_encoding_options_alloc();
    options->image_orientation = static_cast<heif_orientation>(orientation);
    heif_image_handle* handle = nullptr;
    check(heif_context_encode_image(context_, pixels, encoder, options, &handle));
    if (exif > 0) {
      Bytes data;
      focus::test::append(data, {"Exif\0\0", 6});
      focus::test::append(data, focus::test::exif_data(static_cast<uint32_t>(exif)));
      check(heif_context_add_exif_metadata(context_, handle, data.data(), static_cast<int>(data.size())));
    }
    heif_encoding_options_free(options);
    heif_image_handle_release(handle);
    heif_encoder_release(encoder);
    heif_image_release(pixels);
  }

  Bytes bytes() {
    Bytes result;
    heif_writer writer{1, [](heif_context*, const void* data, size_t size, void* to) {
                         const auto* from = static_cast<const uint8_t*>(data);
                         static_cast<Bytes*>(to)->assign(from, from + size);
                         return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
                       }};
    check(heif_context_write(context_, &writer, &result));
    return result;
  }

 private:
  static void check(const heif_error& error) { ASSERT_EQ(error.code, heif_error_Ok) << error.message; }

  heif_compression_format format_;
  heif_context* context_ = heif_context_alloc();
};

class DecodeHeif : public testing::TestWithParam<heif_compression_format> {
 protected:
  void SetUp() override {
    if (!HeifFile(GetParam()).possible()) GTEST_SKIP() << "this system's libheif does not write such files";
  }
  const char* name() const { return GetParam() == heif_compression_AV1 ? "AVIF" : "HEIC"; }

  Bytes file(const cv::Mat& image, int orientation = 1, int exif = 0, int bits = 8) const {
    HeifFile made(GetParam());
    made.add(image, orientation, exif, bits);
    return made.bytes();
  }
};

INSTANTIATE_TEST_SUITE_P(, DecodeHeif, testing::Values(heif_compression_HEVC, heif_compression_AV1),
                         [](const auto& test) {
                           return test.param == heif_compression_AV1 ? "Avif" : "Heic";
                         });

TEST_P(DecodeHeif, TheFilesOwnRotationIsAppliedOnceAndExifNever) {
  const cv::Mat stored = focus::test::four_fields(kFieldsHeight, kFieldsWidth);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const int exif : {0, orientation, 6}) {
      SCOPED_TRACE(std::to_string(orientation) + ", EXIF " + std::to_string(exif));
      const auto bytes = file(stored, orientation, exif);
      const cv::Mat expected = focus::test::seen(stored, orientation);
      const auto header = focus::images::read_image_header(bytes, "photo");
      EXPECT_STREQ(name_of(header.format), name());
      EXPECT_EQ(header.size, (focus::nn::ImageSize{expected.rows, expected.cols}));
      EXPECT_EQ(header.upright_size(), header.size);
      for (const auto how : {Orientation::kAsStored, Orientation::kUpright}) {
        const auto image = decode_image(bytes, "photo", how);
        EXPECT_LE(focus::test::difference_of_fields(focus::images::view_of(image), expected), 8);
      }
    }
  }
}

void expect_cut(const Bytes& ten_bits) {
  // 163 of 1023 is 40.75 of 255: cut it is 40, rounded 41. Coding may cost one more.
  const auto image = decode_image(ten_bits, "photo");
  const auto& pixel = focus::images::view_of(image).at<cv::Vec3b>(8, 8);
  EXPECT_LE(cv::norm(pixel, cv::Vec3b(40, 120, 200), cv::NORM_INF), 1) << pixel;
}

TEST_P(DecodeHeif, OfTenBitsTheHigherEightAreKept) {
  // libheif 1.15 asks libaom for ten bits in a way that ends the program.
  if (GetParam() == heif_compression_AV1) GTEST_SKIP() << "written by another program, below";
  expect_cut(file(cv::Mat(kFieldsHeight, kFieldsWidth, CV_8UC3, cv::Scalar(40, 120, 200)), 1, 0, 10));
}

// As libavif writes it.
constexpr const char* kAvifOfTenBits =
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAA"
    "AAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAIwAAAChpaW5mAAAAAAABAAAAGmluZmUC"
    "AAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAEAAAABAAAAAQcGl4aQAAAAADCgoKAAAA"
    "DGF2MUOBIEAAAAAAE2NvbHJuY2x4AAIAAgAAgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAK21kYXQSAAoIOAz/+cCAgCQy"
    "FRAAAAAUub3+kgMSF90llN2vWGi1EA==";

TEST(DecodeAvif, OfTenBitsTheHigherEightAreKept) {
  if (!heif_have_decoder_for_format(heif_compression_AV1)) GTEST_SKIP() << "this libheif does not read AVIF";
  expect_cut(focus::test::from_base64(kAvifOfTenBits));
}

TEST_P(DecodeHeif, OfSeveralImagesThePrimaryOneIsReadAndThatIsSaid) {
  const cv::Mat first = focus::test::four_fields(kFieldsHeight, kFieldsWidth);
  HeifFile made(GetParam());
  made.add(first);
  made.add(cv::Mat(kFieldsHeight, kFieldsWidth, CV_8UC3, cv::Scalar::all(0)));
  std::string said;
  const auto image = decode_image(made.bytes(), "photo", Orientation::kUpright, &said);
  EXPECT_EQ(said, "holds 2 images, of which the primary one is read");
  EXPECT_LE(focus::test::difference_of_fields(focus::images::view_of(image), first), 8);
}

TEST_P(DecodeHeif, TruncatedFilesAreFound) {
  const auto bytes = file(focus::test::four_fields(kFieldsHeight, kFieldsWidth));
  ASSERT_EQ(decode_error(bytes), "");
  for (size_t length = 0; length < bytes.size(); length += 13) {
    const auto error = decode_error({bytes.begin(), bytes.begin() + static_cast<long>(length)});
    EXPECT_EQ(error.rfind("photo: ", 0), 0u) << length << ": " << error;
  }
  EXPECT_NE(decode_error({bytes.begin(), bytes.end() - 10}).find("image is truncated"), std::string::npos);
  auto longer = bytes;
  longer.insert(longer.end(), 100, 0x01);
  EXPECT_EQ(decode_error(longer), "") << "what a phone appends does no harm";
}

TEST_P(DecodeHeif, RandomDamageNeverCrashes) {
  uint32_t state = 1;
  const auto random = [&] { return (state = state * 1664525u + 1013904223u) >> 8; };
  const auto good = file(focus::test::four_fields(kFieldsHeight, kFieldsWidth));
  for (int round = 0; round < 300; ++round) {
    auto bytes = good;
    for (int i = 0; i < 3; ++i)
      bytes[random() % std::min<size_t>(bytes.size(), 600)] = static_cast<uint8_t>(random());
    try {
      const auto image = decode_image(bytes, "photo", Orientation::kUpright);
      EXPECT_LE(int64_t{image.height()} * image.width(), focus::images::kMaxPixels);
    } catch (const focus::Error&) {
    }
  }
}

}  // namespace
