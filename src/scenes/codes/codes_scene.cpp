#include "scenes/codes/codes_scene.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "scenes/codes/codes_background.h"
#include "scenes/codes/codes_camera.h"
#include "scenes/codes/codes_print.h"
#include "scenes/codes/codes_shape.h"
#include "scenes/codes/codes_symbol.h"
#include "scenes/codes/codes_texture.h"
#include "scenes/synth_random.h"

namespace focus::scenes {
namespace {

/// Print pixels per image pixel: prints are shrunk a little when they are posed, which smooths them.
constexpr double kDensity = 1.4;

/// Limit in pixels: most of a larger layer would lie outside the image.
constexpr int kLargestLayer = 3000 * 3000;

/// A code in the image and how much of it is visible.
struct PlacedCode {
  int64_t label;
  int total;    ///< Pixels it would have if nothing covered or cut it.
  int visible;  ///< Pixels it has.
};

/// The image while layers are put on it. A layer that would hide too much of a code is refused, so every code
/// in the image is visible enough to be annotated.
class Canvas {
 public:
  Canvas(cv::Mat background, const CodesLimits& limits)
      : image_(std::move(background)), ids_(cv::Mat::zeros(image_.size(), CV_8U)), limits_(limits) {}

  cv::Mat& image() { return image_; }
  const std::vector<PlacedCode>& codes() const { return codes_; }

  bool lay(const Layer& layer, Rng& random) {
    const cv::Rect inside = layer.area() & cv::Rect({0, 0}, image_.size());
    if (inside.empty()) return false;
    const cv::Rect part(inside.tl() - layer.corner, inside.size());
    auto codes = new_codes(layer, part);
    if (!codes || !leaves_enough(layer, inside, part)) return false;
    if (random.chance(0.6)) cast_shadow(layer, random);
    cv::Mat target = image_(inside), ids = ids_(inside);
    blend(target, layer.image(part), layer.alpha(part));
    take_over(*codes, layer, ids, part);
    return true;
  }

  /// Boxes of the visible parts of the codes.
  std::vector<SynthObject> objects() const {
    std::vector<SynthObject> objects;
    for (size_t i = 0; i < codes_.size(); ++i) {
      cv::Mat mask;
      cv::compare(ids_, cv::Scalar::all(static_cast<double>(i + 1)), mask, cv::CMP_EQ);
      const int visible = cv::countNonZero(mask);
      if (visible == 0) continue;
      objects.push_back({codes_[i].label, cv::boundingRect(mask), visible,
                         std::min(1.0, static_cast<double>(visible) / codes_[i].total)});
    }
    return objects;
  }

 private:
  static std::array<int, 256> counts(const cv::Mat& ids, const cv::Mat& where) {
    std::array<int, 256> found{};
    for (int y = 0; y < ids.rows; ++y) {
      const auto* id = ids.ptr<uint8_t>(y);
      const auto* counted = where.ptr<uint8_t>(y);
      for (int x = 0; x < ids.cols; ++x) found[id[x]] += counted[x] > 127 ? 1 : 0;
    }
    return found;
  }

  /// The layer's codes with their visible pixels; nothing if too little of one is visible, one is too small
  /// or there are too many.
  std::optional<std::vector<PlacedCode>> new_codes(const Layer& layer, const cv::Rect& part) const {
    std::vector<PlacedCode> codes;
    if (layer.labels.empty()) return codes;
    const cv::Mat all(layer.ids.size(), CV_8U, cv::Scalar::all(255));
    const auto total = counts(layer.ids, all), visible = counts(layer.ids(part), all(part));
    int64_t shown = static_cast<int64_t>(codes_.size());
    for (size_t i = 0; i < layer.labels.size(); ++i) {
      const PlacedCode code{layer.labels[i], std::max(1, total[i + 1]), visible[i + 1]};
      codes.push_back(code);
      if (code.visible == 0) continue;
      cv::Mat mask;
      cv::compare(layer.ids, cv::Scalar::all(static_cast<double>(i + 1)), mask, cv::CMP_EQ);
      const cv::Rect box = cv::boundingRect(mask(part));
      const bool large_enough =
          std::max(box.width, box.height) >= limits_.min_size && std::min(box.width, box.height) >= 5;
      if (!large_enough || code.visible < limits_.min_visible * code.total || ++shown > limits_.max_objects) {
        return std::nullopt;
      }
    }
    return codes;
  }

  bool leaves_enough(const Layer& layer, const cv::Rect& inside, const cv::Rect& part) const {
    const auto covered = counts(ids_(inside), layer.alpha(part));
    for (size_t i = 0; i < codes_.size(); ++i) {
      const int left = codes_[i].visible - covered[i + 1];
      if (covered[i + 1] > 0 && left < limits_.min_visible * codes_[i].total) return false;
    }
    return true;
  }

  /// Covered codes lose pixels; the layer's visible codes are added, numbered for this image.
  void take_over(const std::vector<PlacedCode>& codes, const Layer& layer, cv::Mat ids,
                 const cv::Rect& part) {
    std::array<uint8_t, 256> number{};
    for (size_t i = 0; i < codes.size(); ++i) {
      if (codes[i].visible == 0) continue;
      codes_.push_back(codes[i]);
      number[i + 1] = static_cast<uint8_t>(codes_.size());
    }
    for (int y = 0; y < ids.rows; ++y) {
      auto* id = ids.ptr<uint8_t>(y);
      const auto* alpha = layer.alpha.ptr<uint8_t>(y + part.y) + part.x;
      const auto* own = layer.ids.empty() ? nullptr : layer.ids.ptr<uint8_t>(y + part.y) + part.x;
      for (int x = 0; x < ids.cols; ++x) {
        const uint8_t mine = own == nullptr ? 0 : number[own[x]];
        if (alpha[x] <= 127 && mine == 0) continue;
        if (id[x] > 0) --codes_[id[x] - 1U].visible;
        id[x] = mine;
      }
    }
  }

  void cast_shadow(const Layer& layer, Rng& random) {
    const int reach = static_cast<int>(random.uniform(1, 14));
    const auto shift_x = static_cast<int>(random.integer(-reach, reach));
    const auto shift_y = static_cast<int>(random.integer(0, reach));
    const double depth = random.uniform(0.15, 0.6);
    const cv::Rect around =
        (layer.area() + cv::Point(shift_x - reach, shift_y - reach) + cv::Size(2 * reach, 2 * reach)) &
        cv::Rect({0, 0}, image_.size());
    if (around.empty()) return;
    cv::Mat mask = cv::Mat::zeros(around.size(), CV_8U);
    const cv::Rect fallen = (layer.area() + cv::Point(shift_x, shift_y)) & around;
    if (fallen.empty()) return;
    const cv::Rect source(fallen.tl() - layer.corner - cv::Point(shift_x, shift_y), fallen.size());
    layer.alpha(source).copyTo(mask(cv::Rect(fallen.tl() - around.tl(), fallen.size())));
    cv::blur(mask, mask, {reach | 1, reach | 1});
    cv::Mat field, target = image_(around);
    mask.convertTo(field, CV_32F, -depth / 255, 1);
    shade(target, field);
  }

  cv::Mat image_, ids_;
  CodesLimits limits_;
  std::vector<PlacedCode> codes_;
};

/// Something without print in front of everything else: a finger, a strap, a sheet.
Layer covering(cv::Size size, Rng& random) {
  Layer layer;
  const cv::Point at = point_in({{0, 0}, size}, random);
  const double length = random.uniform(0.1, 0.5) * size.width, width = length * random.uniform(0.12, 0.5);
  const double angle = random.uniform(0, 180);
  const int reach = static_cast<int>(length) + 4;
  layer.corner = at - cv::Point(reach, reach);
  layer.image.create(2 * reach, 2 * reach, CV_8UC3);
  const bool skin = random.chance(0.5);
  const double tone = random.uniform(0.3, 1);
  const cv::Scalar colour =
      skin ? cv::Scalar(140 * tone, 165 * tone, 225 * tone) : colour_between(random, 0, 0.9, 0.05, 1);
  const double cell = random.uniform(4, 60);
  layer.image = coloured(cloud(layer.image.size(), {cell, cell}, 3, random), {colour * 0.75, colour});
  layer.alpha = cv::Mat::zeros(layer.image.size(), CV_8U);
  const cv::Point middle(reach, reach);
  if (skin || random.chance(0.3)) {
    cv::ellipse(layer.alpha, middle, {static_cast<int>(length), static_cast<int>(width) + 2}, angle, 0, 360,
                cv::Scalar::all(255), cv::FILLED, cv::LINE_AA);
  } else {
    const cv::RotatedRect strap(cv::Point2f(middle),
                                cv::Size2f(static_cast<float>(2 * length), static_cast<float>(width)),
                                static_cast<float>(angle));
    std::array<cv::Point2f, 4> corners;
    strap.points(corners.data());
    const std::vector<cv::Point> polygon(corners.begin(), corners.end());
    cv::fillConvexPoly(layer.alpha, polygon, cv::Scalar::all(255), cv::LINE_AA);
  }
  return layer;
}

Print shaped(Print print, CodesStyle style, Rng& random) {
  const bool held_out = style == CodesStyle::kHeldOut;
  if (print.bends && random.chance(held_out ? 0.1 : 0.2)) return round_cylinder(print, random);
  if (print.bends && random.chance(held_out ? 0.6 : 0.25)) {
    return crumpled(print, held_out ? random.uniform(0.02, 0.06) : random.uniform(0.005, 0.03), random);
  }
  return print;
}

cv::Size image_size(Rng& random) {
  static constexpr std::array<std::array<int, 2>, 5> sizes{
      {{512, 384}, {384, 512}, {512, 512}, {512, 288}, {288, 512}}};
  static constexpr std::array shares{0.35, 0.27, 0.2, 0.09};
  double left = random.uniform();
  size_t i = 0;
  while (i < shares.size() && (left -= shares[i]) >= 0) ++i;
  return {sizes[i][0], sizes[i][1]};
}

/// Whether the surroundings of a point are too dark for dark ink.
bool is_dark(const cv::Mat& image, cv::Point2d at, double side) {
  const auto reach = static_cast<int>(side / 2) + 1;
  const cv::Rect around(static_cast<int>(at.x) - reach, static_cast<int>(at.y) - reach, 2 * reach, 2 * reach);
  const cv::Rect inside = around & whole(image);
  return !inside.empty() && luminance(cv::mean(image(inside))) < 0.4;
}

/// Puts one print somewhere; makes a few attempts, each with another print in another place.
void lay_print(Canvas& canvas, double side, int64_t codes, const CodesLimits& limits, Rng& random) {
  const cv::Size size = canvas.image().size();
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto print_side = static_cast<int>(side * kDensity);
    Print print = shaped(codes > 0 ? make_print(print_side, codes, limits.style, random)
                                   : make_plain_print(print_side, limits.style, random),
                         limits.style, random);
    const double room = codes > 0 ? 0.12 : -0.1;
    const double x = random.uniform(room, 1 - room) * size.width;
    const double y = random.uniform(room, 1 - room) * size.height;
    if (print.bare && is_dark(canvas.image(), {x, y}, side)) print.image = ~print.image;
    const Layer layer = posed(print, {x, y}, 1 / kDensity, !print.bare && random.chance(0.2), random);
    if (layer.image.rows * layer.image.cols > kLargestLayer) continue;
    if (canvas.lay(layer, random)) return;
  }
}

}  // namespace

SynthScene render_codes_scene(Rng random, const CodesLimits& limits) {
  const cv::Size size = image_size(random);
  Canvas canvas(limits.photographs ? limits.photographs->background(size, random)
                                   : codes_background(size, limits.style, random),
                limits);
  const int shorter = std::min(size.width, size.height);
  const bool empty = random.chance(limits.empty_share);
  const bool close_up = random.chance(0.45);

  for (int64_t left = random.integer(0, close_up ? 2 : 5); left > 0; --left) {
    lay_print(canvas, log_uniform(random, 0.15, 0.8) * shorter, 0, limits, random);
  }
  if (!empty) {
    const int64_t things = close_up ? 1 : random.integer(1, std::min<int64_t>(5, limits.max_objects));
    for (int64_t i = 0; i < things; ++i) {
      const double side = close_up ? random.uniform(0.25, 1.0) * shorter
                                   : log_uniform(random, limits.min_size * 1.15, 0.5 * shorter);
      const int64_t codes = random.chance(0.22) ? std::min<int64_t>(4, limits.max_objects) : 1;
      lay_print(canvas, side, codes, limits, random);
    }
  }
  for (int64_t left = random.chance(0.35) ? random.integer(1, 2) : 0; left > 0; --left) {
    canvas.lay(covering(size, random), random);
  }

  SynthScene scene;
  scene.objects = canvas.objects();
  double finest = empty ? random.uniform(20, 200) : shorter;
  for (const auto& object : scene.objects) {
    finest = std::min<double>(finest, std::min(object.box.width, object.box.height));
  }
  light_up(canvas.image(), random);
  take_image(canvas.image(), finest, random);
  scene.image = canvas.image();
  return scene;
}

}  // namespace focus::scenes
