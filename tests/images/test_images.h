// Images made of nothing, and a small data set on disk.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/pack/image_pack.h"
#include "images/image.h"
#include "support/temporary_folder.h"

#ifdef FOCUS_DETR_OPENCV
#include "images/opencv/image_files.h"
#endif

namespace focus::test {

inline images::Image noise(int height, int width, uint64_t seed = 1) {
  return images::noise_image({height, width}, seed);
}

/// An image of one colour, as many channels as it has values.
inline images::Image filled(int height, int width, const std::vector<uint8_t>& pixel) {
  const int channels = static_cast<int>(pixel.size());
  return images::Image::by_rows(height, width, channels, [&](int, uint8_t* row) {
    for (int x = 0; x < width; ++x, row += channels) std::copy(pixel.begin(), pixel.end(), row);
  });
}

/// The largest difference between two values; 256 if the images are not of the same size and channels.
inline int largest_difference(const images::Image& a, const images::Image& b) {
  if (images::size_of(a) != images::size_of(b) || a.channels() != b.channels()) return 256;
  int most = 0;
  for (int y = 0; y < a.height(); ++y) {
    for (size_t i = 0; i < a.row_bytes(); ++i)
      most = std::max(most, std::abs(int{a.row(y)[i]} - int{b.row(y)[i]}));
  }
  return most;
}

/// Writes images under their names, to files of `folder`, or without OpenCV to a pack in it. The place they
/// are then read from.
inline std::filesystem::path write_images(const std::filesystem::path& folder,
                                          const std::vector<std::string>& names,
                                          const std::vector<images::Image>& images) {
#ifdef FOCUS_DETR_OPENCV
  for (size_t i = 0; i < names.size(); ++i) write_image_file(folder / names[i], images[i]);
  return folder;
#else
  std::vector<data::PackedName> packed;
  for (size_t i = 0; i < names.size(); ++i) packed.push_back({names[i], images::size_of(images[i])});
  const auto pack = folder / "images.safetensors";
  data::write_image_pack(pack, packed, images::Orientation::kAsStored, [&](size_t i) { return images[i]; });
  return pack;
#endif
}

/// `count` images of different sizes in `folder`: image i is named "<i>.png", has id 100 + i, a box
/// with label i % 2 that covers its left half, and a crowd over all of it.
inline std::shared_ptr<const data::AnnotationStore> make_images(const std::filesystem::path& folder,
                                                                int count) {
  std::vector<data::ImageRecord> records;
  std::vector<std::vector<data::Annotation>> boxes;
  std::vector<std::string> names;
  std::vector<images::Image> images;
  for (int i = 0; i < count; ++i) {
    const int height = 20 + i % 3 * 4, width = 30 - i % 5 * 2;
    names.push_back(std::to_string(i) + ".png");
    images.push_back(noise(height, width, static_cast<uint64_t>(i) + 1));
    records.push_back({100 + i, names.back(), {height, width}});
    const double w = width, h = height;
    boxes.push_back({{.id = 2 * i, .label = i % 2, .width = w / 2, .height = h, .area = w * h / 2},
                     {.id = 2 * i + 1, .width = w, .height = h, .area = w * h, .crowd = true}});
  }
  return std::make_shared<const data::AnnotationStore>(std::vector<data::Category>{{1, "a"}, {2, "b"}},
                                                       records, boxes, write_images(folder, names, images));
}

}  // namespace focus::test
