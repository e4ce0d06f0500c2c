// Images whose pixels tell where they are, and their files.
#pragma once

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "images/image_bytes.h"
#include "images/opencv/mat.h"

namespace focus::test {

/// Every pixel differs from its neighbours; 16 bits keep 7 in the lower eight.
inline cv::Mat gradient(int height, int width, int type = CV_8UC3) {
  cv::Mat image(height, width, type);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < image.channels(); ++c) {
        const int value = (x * 3 + y * 2 + c * 40) % 256;
        if (image.depth() == CV_16U) {
          image.ptr<uint16_t>(y)[x * image.channels() + c] = static_cast<uint16_t>(value * 256 + 7);
        } else {
          image.ptr<uint8_t>(y)[x * image.channels() + c] = static_cast<uint8_t>(value);
        }
      }
    }
  }
  return image;
}

/// Four large fields of different colours: what a lossy format keeps.
inline cv::Mat four_fields(int height, int width) {
  cv::Mat image(height, width, CV_8UC3, cv::Scalar(200, 60, 60));
  image(cv::Rect(width / 2, 0, width - width / 2, height / 2)).setTo(cv::Scalar(60, 200, 60));
  image(cv::Rect(0, height / 2, width / 2, height - height / 2)).setTo(cv::Scalar(60, 60, 200));
  image(cv::Rect(width / 2, height / 2, width - width / 2, height - height / 2)).setTo(cv::Scalar::all(230));
  return image;
}

inline Bytes encoded(const std::string& extension, const cv::Mat& image,
                     const std::vector<int>& options = {}) {
  Bytes bytes;
  EXPECT_TRUE(cv::imencode(extension, image, bytes, options));
  return bytes;
}

/// What a viewer makes of stored pixels, by OpenCV's own turns and mirrors (EXIF 2.32, tag 274).
inline cv::Mat seen(const cv::Mat& stored, int orientation) {
  cv::Mat result = stored.clone();
  if (orientation == 2) cv::flip(stored, result, 1);
  if (orientation == 3) cv::rotate(stored, result, cv::ROTATE_180);
  if (orientation == 4) cv::flip(stored, result, 0);
  if (orientation == 5) cv::transpose(stored, result);
  if (orientation == 6) cv::rotate(stored, result, cv::ROTATE_90_CLOCKWISE);
  if (orientation == 7) {
    cv::transpose(stored, result);
    cv::rotate(result.clone(), result, cv::ROTATE_180);
  }
  if (orientation == 8) cv::rotate(stored, result, cv::ROTATE_90_COUNTERCLOCKWISE);
  return result;
}

/// The largest difference of a colour between the middles of the fields of four_fields.
inline double difference_of_fields(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size()) return 255;
  double most = 0;
  for (const int y : {a.rows / 4, a.rows * 3 / 4}) {
    for (const int x : {a.cols / 4, a.cols * 3 / 4}) {
      most = std::max(most, cv::norm(a.at<cv::Vec3b>(y, x), b.at<cv::Vec3b>(y, x), cv::NORM_INF));
    }
  }
  return most;
}

/// Blue, green and red samples of 8 or 16 bits as red, green and blue in the byte order of a TIFF.
inline Bytes tiff_samples(const cv::Mat& image, bool big_endian = false) {
  Bytes samples;
  const int channels = image.channels();
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      for (int c = 0; c < channels; ++c) {
        const int from = x * channels + (channels >= 3 && c < 3 ? 2 - c : c);
        if (image.depth() == CV_16U) {
          append_number(samples, image.ptr<uint16_t>(y)[from], 2, big_endian);
        } else {
          samples.push_back(image.ptr<uint8_t>(y)[from]);
        }
      }
    }
  }
  return samples;
}

/// A TIFF file of an image of 8 or 16 bits and 1, 3 or 4 channels.
inline Bytes tiff_of(const cv::Mat& image, int orientation = 1, bool big_endian = false) {
  TiffLayout layout;
  layout.height = static_cast<uint32_t>(image.rows);
  layout.width = static_cast<uint32_t>(image.cols);
  layout.samples = static_cast<uint32_t>(image.channels());
  layout.bits = image.depth() == CV_16U ? 16 : 8;
  layout.photometric = image.channels() == 1 ? 1 : 2;
  layout.orientation = static_cast<uint32_t>(orientation);
  return tiff_file({tiff_page(layout, tiff_samples(image, big_endian))}, big_endian);
}

}  // namespace focus::test
