// Kinds of images that people have beside the usual ones, as Pillow writes them: 24 x 16 pixels, the left
// half red, the lower half less green.
#include <gtest/gtest.h>

#include "base/error.h"
#include "images/decode.h"
#include "images/decode_error.h"
#include "images/opencv/drawn_images.h"

namespace {

using focus::test::decode_error;

using focus::images::decode_image;
using focus::images::Orientation;
using focus::test::Bytes;
using focus::test::from_base64;

constexpr const char* kCmykJpeg =
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBET"
    "FBUVFQwPFxgWFBgSFBUU/8AAFAgAEAAYBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//E"
    "ALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2"
    "Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrC"
    "w8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD7Ar6Lrxqv1Tr4q/4KRf8ANO/+"
    "4j/7a0UUV8U0UUV+1dfl/RRXxV/wUi/5p3/3Ef8A21ooor4pooor/9k=";

constexpr const char* kPalettePng =
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAQAgMAAABxSlcGAAAADFBMVEXItFootFrIPFooPFo93DwyAAAAGklEQVR42mNkYGAI"
    "ZWBgYmBgYCCFYlxFnj4AYN4Bc93rehkAAAAASUVORK5CYII=";

constexpr const char* kPaletteWithTransparencyPng =
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAQAgMAAABxSlcGAAAADFBMVEXItFootFrIPFooPFo93DwyAAAAAnRSTlP/AOW3MEoA"
    "AAAaSURBVHicY2RgYAhlYGBiYGBgIIViXEWePgBg3gFzDR2NRgAAAABJRU5ErkJggg==";

constexpr const char* kGreyWithAlphaPng =
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAQAAACmLXceAAAAKElEQVR4nGPcwMDAgQ1ewCrKwMHEQCIY1UAMYNmJQ+ICtWwY"
    "1UAMAAAgNgPjU8MwkwAAAABJRU5ErkJggg==";

constexpr const char* kAnimatedWebp =
    "UklGRg4BAABXRUJQVlA4WAoAAAACAAAAFwAADwAAQU5JTQYAAAAAAAAAAABBTk1GRgAAAAAAAAAAABcAAA8AAFAAAAJWUDhM"
    "LQAAAC8XwAMAHyAWTENigQ0hgUASztijjtb8Rw0PgDDbaJKTnOT9jyCi/7FNfVbAEQBBTk1GRgAAAAAAAAAAABcAAA8AAFAA"
    "AABWUDhMLQAAAC8XwAMAHyAWTEOACQ0hgUCS1bqjTun8Rw0PgDDbaJKTPMn9jyCi/wFse6rVMQBBTk1GRgAAAAAAAAAAABcA"
    "AA8AAFAAAABWUDhMLQAAAC8XwAMAHyAWTENigQ0hgUASztijjtb8Rw0PgDDbaJKTnOT9jyCi/7FNfVbAEQA=";

constexpr const char* kAnimatedPng =
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAIAAACDRijCAAAACGFjVEwAAAACAAAAAPONk3AAAAAaZmNUTAAAAAAAAAAYAAAA"
    "EAAAAAAAAAAAAAIAGQAAMye1WQAAACxJREFUeJxjPLElioEQSCCogoGBiQg1RIFRg4aiQSwMHdQxaPB5bdQgOhoEAI03AuA2"
    "a4WIAAAAGmZjVEwAAAABAAAAGAAAABAAAAAAAAAAAAACABkAAKhUX40AAAAwZmRBVAAAAAJ4nGM0917KQAgsIKiCgYGJCDVE"
    "gVGDhqJBLAwV1DFo8Hlt1CA6GgQAZYsCYWskCyIAAAAASUVORK5CYII=";

constexpr const char* kMpoOfTwo =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4gBoTVBGAElJKgAIAAAAAwAAsAcABAAAADAxMDABsAQAAQAAAAIAAAACsAcAIAAAADIAAAAA"
    "AAAAAAADAEMDAAAAAAAAAAAAAAAAAABDAwAAJwMAAAAAAAAgICAgICAgICAgICAgICAg/9sAQwACAQEBAQECAQEBAgICAgIEAwIC"
    "AgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCgoK/9sAQwECAgICAgIFAwMFCgcGBwoKCgoKCgoKCgoK"
    "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK/8AAEQgAEAAYAwERAAIRAQMRAf/EAB8AAAEFAQEBAQEBAAAA"
    "AAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJ"
    "ChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeo"
    "qaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgME"
    "BQYHCAkKC//EALURAAIBAgQEAwQHBQQEAAECdwABAgMRBAUhMQYSQVEHYXETIjKBCBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBka"
    "JicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2RlZmdoaWpzdHV2d3h5eoKDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2"
    "t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp6vLz9PX29/j5+v/aAAwDAQACEQMRAD8A+wK/j8/RDx/9q7/mAf8Ab1/7Rr7b"
    "g7/l/wD9u/8Atx/L/wBJH/mV/wDcf/3CeP19sfy+eR19gf8AQYeP/tXf8wD/ALev/aNfbcHf8v8A/t3/ANuP5f8ApI/8yv8A7j/+"
    "4Tx+vtj+Xz//2f/Y/+AAEEpGSUYAAQEAAAEAAQAA/+IAaE1QRgAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIP/bAEMAAgEBAQEBAgEB"
    "AQICAgICBAMCAgICBQQEAwQGBQYGBgUGBgYHCQgGBwkHBgYICwgJCgoKCgoGCAsMCwoMCQoKCv/bAEMBAgICAgICBQMDBQoHBgcK"
    "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCv/AABEIABAAGAMBEQACEQEDEQH/xAAfAAAB"
    "BQEBAQEBAQAAAAAAAAAAAQIDBAUGBwgJCgv/xAC1EAACAQMDAgQDBQUEBAAAAX0BAgMABBEFEiExQQYTUWEHInEUMoGRoQgjQrHB"
    "FVLR8CQzYnKCCQoWFxgZGiUmJygpKjQ1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2RlZmdoaWpzdHV2d3h5eoOEhYaHiImKkpOUlZaX"
    "mJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4eLj5OXm5+jp6vHy8/T19vf4+fr/xAAfAQADAQEBAQEBAQEB"
    "AAAAAAAAAQIDBAUGBwgJCgv/xAC1EQACAQIEBAMEBwUEBAABAncAAQIDEQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEK"
    "FiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqCg4SFhoeIiYqSk5SVlpeYmZqio6Sl"
    "pqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4+fr/2gAMAwEAAhEDEQA/APsCv4/P0Q8f/au/"
    "5gH/AG9f+0a+24O/5f8A/bv/ALcfy/8ASR/5lf8A3H/9wnj9fbH8vnkdfYH/AEGHj/7V3/MA/wC3r/2jX23B3/L/AP7d/wDbj+X/"
    "AKSP/Mr/AO4//uE8fr7Y/l8//9k=";

cv::Mat pixels_of(const Bytes& file, std::string* part_read = nullptr) {
  return focus::images::copy_of(decode_image(file, "photo", Orientation::kUpright, part_read));
}

void expect_red_and_green(const cv::Mat& image, double tolerance) {
  ASSERT_EQ(image.size(), cv::Size(24, 16));
  const auto expect_colour = [&](int x, int y, const cv::Vec3b& colour) {
    EXPECT_LE(cv::norm(image.at<cv::Vec3b>(y, x), colour, cv::NORM_INF), tolerance) << x << ", " << y;
  };
  expect_colour(4, 4, {90, 180, 200});
  expect_colour(20, 4, {90, 180, 40});
  expect_colour(4, 12, {90, 60, 200});
  expect_colour(20, 12, {90, 60, 40});
}

TEST(ImageKinds, FourColourJpeg) { expect_red_and_green(pixels_of(from_base64(kCmykJpeg)), 12); }

TEST(ImageKinds, PalettesBecomeTheirColours) {
  expect_red_and_green(pixels_of(from_base64(kPalettePng)), 0);
  expect_red_and_green(pixels_of(from_base64(kPaletteWithTransparencyPng)), 0);
}

TEST(ImageKinds, AlphaIsDropped) {
  const cv::Mat image = pixels_of(from_base64(kGreyWithAlphaPng));
  EXPECT_EQ(image.at<cv::Vec3b>(4, 4), cv::Vec3b::all(176)) << "as grey as it is where it is opaque";
  cv::Mat with_alpha;
  cv::cvtColor(focus::test::gradient(16, 24), with_alpha, cv::COLOR_BGR2BGRA);
  for (int x = 0; x < 24; ++x)
    with_alpha.col(x).forEach<cv::Vec4b>(
        [&](auto& p, const int*) { p[3] = static_cast<uint8_t>(10 * x + 10); });
  const auto webp = focus::test::encoded(".webp", with_alpha, {cv::IMWRITE_WEBP_QUALITY, 101});
  EXPECT_EQ(cv::norm(pixels_of(webp), focus::test::gradient(16, 24), cv::NORM_INF), 0);
}

TEST(ImageKinds, OfAnAnimationTheFirstFrameIsReadAndThatIsSaid) {
  std::string said;
  expect_red_and_green(pixels_of(from_base64(kAnimatedWebp), &said), 0);
  EXPECT_EQ(said, "is an animated WebP of 3 frames, of which the first is read");
  expect_red_and_green(pixels_of(from_base64(kAnimatedPng), &said), 0);
  EXPECT_EQ(said, "is an animated PNG of 2 frames, of which the first is read");
  expect_red_and_green(pixels_of(from_base64(kPalettePng), &said), 0);
  EXPECT_EQ(said, "") << "there is nothing to say of one image";
}

TEST(ImageKinds, OfAnMpoFileTheFirstImageIsReadAndThatIsSaid) {
  std::string said;
  auto file = from_base64(kMpoOfTwo);
  expect_red_and_green(pixels_of(file, &said), 12);
  EXPECT_EQ(said, "is an MPO file of 2 images, of which the first is read");
  // A gain map is no further image.
  Bytes xmp{0xFF, 0xE1};
  const std::string_view text = "http://ns.adobe.com/xap/1.0/ hdrgm:Version=\"1.0\"";
  focus::test::append_number(xmp, text.size() + 2, 2, true);
  focus::test::append(xmp, text);
  file.insert(file.begin() + 2, xmp.begin(), xmp.end());
  pixels_of(file, &said);
  EXPECT_EQ(said, "");
}

TEST(ImageKinds, ATruncatedAnimationIsFound) {
  const auto file = from_base64(kAnimatedWebp);
  for (size_t length = 0; length < file.size(); length += 5) {
    EXPECT_EQ(decode_error({file.begin(), file.begin() + static_cast<long>(length)}).rfind("photo: ", 0), 0u)
        << length;
  }
}

TEST(ImageKinds, FilesOfAnotherKindAreCalledByTheirName) {
  const auto expect_named = [](std::string_view begin, const char* name) {
    Bytes file;
    focus::test::append(file, begin);
    file.resize(300);
    const auto error = decode_error(file);
    EXPECT_NE(error.find(name), std::string::npos) << error;
    EXPECT_EQ(error.find("damaged"), std::string::npos) << error;
    EXPECT_EQ(error.find("truncated"), std::string::npos) << error;
  };
  expect_named("GIF89a", "a GIF image, which is not read; convert it");
  expect_named({"\0\0\0\x0CJXL ", 8}, "JPEG XL");
  expect_named("\xFF\x0A", "JPEG XL");
  expect_named({"\0\0\0\x0CjP  ", 8}, "JPEG 2000");
  expect_named("8BPS", "Photoshop");
  expect_named("P6\n24 16\n255\n", "PPM");
  expect_named({"\0\0\0\x18"
                "ftypcrx ",
                12},
               "Canon raw");
  expect_named({"\0\0\0\x18"
                "ftypisom",
                12},
               "an MP4 or QuickTime video, not an image");
  expect_named("\x1A\x45\xDF\xA3", "Matroska or WebM video");
  expect_named("%PDF-1.7", "PDF");
  expect_named("<?xml version=\"1.0\"?>\n<svg xmlns=", "SVG");
  expect_named("<!DOCTYPE html><html><body>404", "a web page, not an image");
  expect_named("version https://git-lfs.github.com/spec/v1\noid sha256:", "git lfs pull");
  expect_named("PK\3\4", "ZIP archive");
}

// A JPEG whose header has another code or precision, which libjpeg-turbo does not decode.
TEST(ImageKinds, UnusualJpegsAreCalledSo) {
  auto jpeg = focus::test::encoded(".jpg", focus::test::gradient(16, 24));
  size_t frame = 2;
  while (!(jpeg[frame] == 0xFF && jpeg[frame + 1] == 0xC0)) ++frame;
  auto deep = jpeg;
  deep[frame + 4] = 12;
  EXPECT_NE(decode_error(deep).find("a JPEG image with 12 bits per sample, which is not read"),
            std::string::npos);
  auto lossless = jpeg;
  lossless[frame + 1] = 0xC3;
  EXPECT_NE(decode_error(lossless).find("lossless coding"), std::string::npos);
}

}  // namespace
