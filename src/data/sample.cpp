#include "data/sample.h"

#include <algorithm>
#include <memory>

#include "images/resize.h"

namespace focus::data {

std::vector<LabelledBox> learnable_boxes(std::span<const Annotation> annotations) {
  std::vector<LabelledBox> boxes;
  for (const auto& a : annotations) {
    if (!a.crowd) boxes.push_back({a.box(), a.label});
  }
  return boxes;
}

Scene resized(const Scene& scene, nn::ImageSize size) {
  Scene out{images::resize_antialiased(scene.image, size), scene.boxes};
  const double scale_x = static_cast<double>(size.width) / scene.image.width();
  const double scale_y = static_cast<double>(size.height) / scene.image.height();
  for (auto& box : out.boxes) {
    box.x1 *= scale_x;
    box.x2 *= scale_x;
    box.y1 *= scale_y;
    box.y2 *= scale_y;
  }
  return out;
}

std::vector<LabelledBox> clipped(const std::vector<LabelledBox>& boxes, nn::ImageSize size) {
  constexpr double kSmallestSide = 1e-5;
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  std::vector<LabelledBox> kept;
  for (const auto& box : boxes) {
    const LabelledBox clip{std::clamp(box.x1, 0.0, width), std::clamp(box.y1, 0.0, height),
                           std::clamp(box.x2, 0.0, width), std::clamp(box.y2, 0.0, height), box.label};
    if (clip.x2 - clip.x1 > kSmallestSide && clip.y2 - clip.y1 > kSmallestSide) kept.push_back(clip);
  }
  return kept;
}

nn::Target make_target(const std::vector<LabelledBox>& boxes, nn::ImageSize size) {
  const auto kept = clipped(boxes, size);
  const auto count = static_cast<int64_t>(kept.size());
  nn::Target target{at::empty({count}, at::kLong), at::empty({count, 4}, at::kFloat), size};
  auto* label = target.labels.data_ptr<int64_t>();
  auto* box = target.boxes.data_ptr<float>();
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  for (const auto& from : kept) {
    *label++ = from.label;
    *box++ = static_cast<float>((from.x1 + from.x2) / 2 / width);
    *box++ = static_cast<float>((from.y1 + from.y2) / 2 / height);
    *box++ = static_cast<float>((from.x2 - from.x1) / width);
    *box++ = static_cast<float>((from.y2 - from.y1) / height);
  }
  return target;
}

SampleTransform evaluation_transform(images::PreprocessOptions options) {
  const auto preprocess = std::make_shared<const images::Preprocess>(std::move(options));
  return [preprocess](const Scene& scene, Rng&) {
    const Scene seen = resized(scene, preprocess->output_size(images::size_of(scene.image)));
    return Sample{preprocess->normalise(seen.image), make_target(seen.boxes, images::size_of(seen.image))};
  };
}

}  // namespace focus::data
