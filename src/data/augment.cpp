#include "data/augment.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "images/colour.h"
#include "images/resize.h"

namespace focus::data {
namespace {

// Before a crop max_side does not apply, but an image a thousand times as long as it is wide must not exhaust
// the memory.
constexpr double kLongestBeforeCrop = 16384;

void check(const AugmentOptions& options) {
  if (options.short_sides.empty()) fail_usage("augmentation: short_sides is empty; give at least one");
  if (options.crop > 0 && options.crop_short_sides.empty()) {
    fail_usage("augmentation: crop_short_sides is empty; give at least one, or set crop to 0");
  }
  if (options.crop_min > options.crop_max) {
    fail_usage("augmentation: crop_min {} is above crop_max {}", options.crop_min, options.crop_max);
  }
  if (options.scale_min > options.scale_max) {
    fail_usage("augmentation: scale_min {} is above scale_max {}", options.scale_min, options.scale_max);
  }
}

double pick(const std::vector<int64_t>& values, Rng& rng) {
  return static_cast<double>(values[static_cast<size_t>(rng.integer(0, std::ssize(values) - 1))]);
}

images::Rect random_rect(const images::Image& image, const AugmentOptions& options, Rng& rng) {
  const auto side = [&](int length) {
    return static_cast<int>(rng.integer(std::min<int64_t>(length, options.crop_min),
                                        std::min<int64_t>(length, options.crop_max)));
  };
  const int height = side(image.height()), width = side(image.width());
  const auto y = static_cast<int>(rng.integer(0, image.height() - height));
  const auto x = static_cast<int>(rng.integer(0, image.width() - width));
  return {x, y, width, height};
}

}  // namespace

void AugmentOptions::describe(OptionTable& table) {
  const OptionRule probability{.min = 0, .max = 1};
  const OptionRule side{.min = 1, .max = 8192};
  const OptionRule scale{.min = 0.05, .max = 20};
  table.add("horizontal_flip", &horizontal_flip, "Probability of mirroring an image left to right.",
            probability);
  table.add("vertical_flip", &vertical_flip,
            "Probability of mirroring an image top to bottom; for subjects without a natural orientation, "
            "such as cells.",
            probability);
  table.add("short_sides", &short_sides, "The short side of a training image is one of these, in pixels.",
            side);
  table.add("max_side", &max_side, "The long side never has more pixels than this.", side);
  table.add("crop", &crop, "Probability of a random crop before the final resize.", probability);
  table.add("crop_short_sides", &crop_short_sides,
            "Before a crop the short side is resized to one of these, in pixels.", side);
  table.add("crop_min", &crop_min, "The smallest side of a crop, in pixels.", side);
  table.add("crop_max", &crop_max, "The largest side of a crop, in pixels.", side);
  table.add("scale_min", &scale_min,
            "The short side is multiplied by a random factor from this to scale_max.", scale);
  table.add("scale_max", &scale_max, "See scale_min; 1 for both leaves the size unchanged.", scale);
  table.add("brightness", &brightness,
            "Brightness is multiplied by a random factor from 1 - this to 1 + this.", probability);
  table.add("contrast", &contrast, "Contrast is multiplied by a random factor from 1 - this to 1 + this.",
            probability);
  table.add("saturation", &saturation,
            "Saturation is multiplied by a random factor from 1 - this to 1 + this.", probability);
  table.add("hue", &hue, "Hue is rotated by up to this fraction of the colour circle, in either direction.",
            {.min = 0, .max = 0.5});
}

Scene flipped_horizontally(const Scene& scene) {
  const images::Image& image = scene.image;
  const int channels = image.channels(), width = image.width();
  Scene out{{}, scene.boxes};
  out.image = images::Image::by_rows(image.height(), width, channels, [&](int y, uint8_t* row) {
    const uint8_t* from = image.row(y) + image.row_bytes();
    for (int x = 0; x < width; ++x) {
      from -= channels;
      for (int c = 0; c < channels; ++c) *row++ = from[c];
    }
  });
  for (auto& box : out.boxes) {
    box.x1 = width - box.x1;
    box.x2 = width - box.x2;
    std::swap(box.x1, box.x2);
  }
  return out;
}

Scene flipped_vertically(const Scene& scene) {
  const images::Image& image = scene.image;
  const int height = image.height();
  Scene out{{}, scene.boxes};
  out.image = images::Image::by_rows(height, image.width(), image.channels(), [&](int y, uint8_t* row) {
    std::memcpy(row, image.row(height - 1 - y), image.row_bytes());
  });
  for (auto& box : out.boxes) {
    box.y1 = height - box.y1;
    box.y2 = height - box.y2;
    std::swap(box.y1, box.y2);
  }
  return out;
}

Scene cropped(const Scene& scene, const images::Rect& rect) {
  std::vector<LabelledBox> boxes = scene.boxes;
  for (auto& box : boxes) {
    box.x1 -= rect.x;
    box.x2 -= rect.x;
    box.y1 -= rect.y;
    box.y2 -= rect.y;
  }
  const images::Image image = scene.image.region(rect);
  return {image, clipped(boxes, images::size_of(image))};
}

images::Image colour_jittered(const images::Image& bgr, const AugmentOptions& options, Rng& rng) {
  const auto factor = [&](double strength) { return rng.uniform(1 - strength, 1 + strength); };
  images::Image image = bgr;
  if (options.brightness > 0) image = images::scaled_values(image, factor(options.brightness), 0);
  if (options.contrast > 0) {
    const double kept = factor(options.contrast);
    image = images::scaled_values(image, kept, (1 - kept) * images::mean_grey(image));
  }
  if (options.saturation > 0) image = images::with_saturation(image, factor(options.saturation));
  if (options.hue > 0) image = images::with_turned_hue(image, rng.uniform(-options.hue, options.hue));
  return image;
}

SampleTransform training_transform(const images::PreprocessOptions& preprocess,
                                   const AugmentOptions& augment) {
  check(augment);
  const auto normaliser = std::make_shared<const images::Preprocess>(preprocess);
  return [normaliser, augment](Scene scene, Rng& rng) {
    if (rng.chance(augment.horizontal_flip)) scene = flipped_horizontally(scene);
    if (rng.chance(augment.vertical_flip)) scene = flipped_vertically(scene);
    if (rng.chance(augment.crop)) {
      const double short_side = pick(augment.crop_short_sides, rng);
      scene = resized(
          scene, images::shortest_edge_size(images::size_of(scene.image), short_side, kLongestBeforeCrop));
      scene = cropped(scene, random_rect(scene.image, augment, rng));
    }
    const double short_side =
        pick(augment.short_sides, rng) * rng.uniform(augment.scale_min, augment.scale_max);
    scene = resized(
        scene, images::shortest_edge_size(images::size_of(scene.image), std::max(std::round(short_side), 1.0),
                                          static_cast<double>(augment.max_side)));
    scene.image = colour_jittered(scene.image, augment, rng);
    return Sample{normaliser->normalise(scene.image), make_target(scene.boxes, images::size_of(scene.image))};
  };
}

}  // namespace focus::data
