#include "scenes/codes/codes_photographs.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "images/decode.h"
#include "images/image_paths.h"
#include "images/opencv/mat.h"

namespace focus::scenes {

Photographs::Photographs(const std::string& folder) : paths_(images::image_paths({folder})) {}

cv::Mat Photographs::background(cv::Size size, Rng& random) const {
  const auto& path = paths_[static_cast<size_t>(random.integer(0, static_cast<int64_t>(paths_.size()) - 1))];
  const images::Image photograph = images::decode_image(path, images::Orientation::kUpright);
  const cv::Mat all = images::view_of(photograph);
  // The largest part with the wanted aspect ratio, or a smaller one.
  const double fit =
      std::min(static_cast<double>(all.cols) / size.width, static_cast<double>(all.rows) / size.height) *
      random.uniform(0.5, 1);
  const int width = std::clamp(static_cast<int>(size.width * fit), 1, all.cols);
  const int height = std::clamp(static_cast<int>(size.height * fit), 1, all.rows);
  const auto left = static_cast<int>(random.integer(0, all.cols - width));
  const auto top = static_cast<int>(random.integer(0, all.rows - height));
  cv::Mat image;
  cv::resize(all(cv::Rect(left, top, width, height)), image, size, 0, 0,
             fit > 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  if (random.chance(0.5)) cv::flip(image, image, 1);
  return image;
}

}  // namespace focus::scenes
