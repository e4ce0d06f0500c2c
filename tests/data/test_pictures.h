// A small data set on disk, and helpers to make and compare pictures.
#pragma once

#include <memory>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/temporary_folder.h"

namespace focus::test {

inline cv::Mat noise(int height, int width, uint64_t seed = 1) {
  cv::Mat image(height, width, CV_8UC3);
  cv::RNG(seed).fill(image, cv::RNG::UNIFORM, 0, 256);
  return image;
}

/// The bytes of a picture file.
inline std::string encoded(const cv::Mat& picture, const std::string& extension = ".png") {
  std::vector<uint8_t> bytes;
  cv::imencode(extension, picture, bytes);
  return {bytes.begin(), bytes.end()};
}

/// `count` PNG pictures of different sizes in `folder`: picture i is named "<i>.png", has id 100 + i, a box
/// with label i % 2 that covers its left half, and a crowd over all of it.
inline std::shared_ptr<const data::AnnotationStore> make_pictures(const std::filesystem::path& folder,
                                                                  int count) {
  std::vector<data::ImageRecord> images;
  std::vector<std::vector<data::Annotation>> boxes;
  for (int i = 0; i < count; ++i) {
    const int height = 20 + i % 3 * 4, width = 30 - i % 5 * 2;
    const std::string name = std::to_string(i) + ".png";
    cv::imwrite((folder / name).string(), noise(height, width, static_cast<uint64_t>(i) + 1));
    images.push_back({100 + i, name, {height, width}});
    const double w = width, h = height;
    boxes.push_back({{.id = 2 * i, .label = i % 2, .width = w / 2, .height = h, .area = w * h / 2},
                     {.id = 2 * i + 1, .width = w, .height = h, .area = w * h, .crowd = true}});
  }
  return std::make_shared<const data::AnnotationStore>(std::vector<data::Category>{{1, "a"}, {2, "b"}},
                                                       images, boxes, folder);
}

}  // namespace focus::test
