#include "scenes/shapes/synth_scene.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "scenes/shapes/synth_shapes.h"
#include "scenes/shapes/synth_texture.h"
#include "scenes/synth_random.h"

namespace focus::scenes {
namespace {

/// A shape drawn on its own canvas, before it is put into the scene.
struct Cutout {
  cv::Mat mask;     ///< Coverage, CV_8U.
  cv::Mat surface;  ///< Lit colours, CV_32FC3.
  int side() const { return mask.cols; }
};

/// The light falls the same way on everything in a scene.
struct Light {
  cv::Vec3f direction;  ///< To the light; x right, y down, z to the viewer.
  float ambient = 0.5F;
};

Light random_light(Rng& random) {
  const double azimuth = random.uniform(-M_PI, 0), elevation = random.uniform(0.5, 1.1);
  const cv::Vec3d direction(std::cos(azimuth) * std::cos(elevation), std::sin(azimuth) * std::cos(elevation),
                            std::sin(elevation));
  return {cv::Vec3f(direction), static_cast<float>(random.uniform(0.4, 0.6))};
}

/// How much light each pixel of the shape reflects, from a height map computed from the distance to the rim.
/// CV_32FC2: diffuse share and highlight.
cv::Mat relief(const cv::Mat& mask, bool spherical, const Light& light, double bevel, double gloss) {
  cv::Mat distance;
  cv::distanceTransform(mask > 127, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  double deepest = 1;
  cv::minMaxLoc(distance, nullptr, &deepest);
  const double rim = std::max(1.0, spherical ? deepest : bevel * deepest);
  cv::Mat height(mask.size(), CV_32F);
  std::transform(distance.begin<float>(), distance.end<float>(), height.begin<float>(), [&](float inwards) {
    const double flat = 1 - std::min(inwards / rim, 1.0);
    return static_cast<float>(rim * std::sqrt(1 - flat * flat));
  });
  cv::GaussianBlur(height, height, {}, std::max(0.6, 0.04 * deepest));
  cv::Mat slope_x, slope_y, reflected(mask.size(), CV_32FC2);
  cv::Sobel(height, slope_x, CV_32F, 1, 0, 3, 0.125);
  cv::Sobel(height, slope_y, CV_32F, 0, 1, 3, 0.125);
  cv::Vec3f halfway = light.direction + cv::Vec3f(0, 0, 1);
  halfway /= static_cast<float>(cv::norm(halfway));
  for (int row = 0; row < mask.rows; ++row) {
    for (int column = 0; column < mask.cols; ++column) {
      cv::Vec3f normal(-slope_x.at<float>(row, column), -slope_y.at<float>(row, column), 1);
      normal /= static_cast<float>(cv::norm(normal));
      const float diffuse =
          light.ambient + (1.25F - light.ambient) * std::max(0.0F, normal.dot(light.direction));
      const double highlight = gloss * std::pow(std::max(0.0F, normal.dot(halfway)), 24.0);
      reflected.at<cv::Vec2f>(row, column) = {diffuse, static_cast<float>(highlight)};
    }
  }
  return reflected;
}

Cutout make_cutout(Outline outline, double size, const Light& light, Rng& random) {
  const double angle = random.uniform(-outline.max_tilt, outline.max_tilt);
  const bool round = outline.spherical;
  const cv::Vec2d shear =
      round ? cv::Vec2d(0, 1) : cv::Vec2d(random.uniform(-0.15, 0.15), random.uniform(0.8, 1.0));
  place_outline(outline, angle, shear, size);

  // Room for the bounding box's longer side and an anti-aliased rim.
  const int side = static_cast<int>(std::ceil(size)) + 4;
  Cutout cutout;
  cv::Mat hollow;
  cutout.mask = rasterise(outline, side, hollow);
  const Material material(random, true, random.uniform(1.2, 2.5));
  const cv::Mat reflected =
      relief(cutout.mask, round, light, random.uniform(0.25, 0.7), random.uniform(0, 0.45));
  const double cosine = std::cos(angle), sine = std::sin(angle), unit = 2.0 / size;
  cutout.surface.create(side, side, CV_32FC3);
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      const double x = (column + 0.5 - side * 0.5) * unit, y = (row + 0.5 - side * 0.5) * unit;
      double u = cosine * x + sine * y, v = cosine * y - sine * x;
      if (round) {
        // A pattern painted on a ball looks denser towards the rim.
        const double squared = std::min(0.98, u * u + v * v);
        const double stretch = squared > 1e-6 ? std::asin(std::sqrt(squared)) / std::sqrt(squared) : 1.0;
        u *= stretch;
        v *= stretch;
      }
      const auto& light_here = reflected.at<cv::Vec2f>(row, column);
      const float shade = 1 - 0.65F * static_cast<float>(hollow.at<uint8_t>(row, column)) / 255;
      cutout.surface.at<Colour>(row, column) =
          material.at(u, v) * (light_here[0] * shade) + Colour::all(light_here[1] * shade);
    }
  }
  return cutout;
}

/// The scene while it is composed: its colours, and which object each pixel shows.
class Stage {
 public:
  static constexpr int16_t kNothing = -1;

  Stage(cv::Size size, Rng& random)
      : light_(random_light(random)),
        image_(render_background(size, random)),
        owner_(size, CV_16S, kNothing) {}

  const Light& light() const { return light_; }
  cv::Size size() const { return image_.size(); }
  const cv::Mat& image() const { return image_; }

  /// Puts a cutout around `centre`; `label` is -1 for clutter. Leaves the scene as it was and returns false
  /// if less than `min_visible` of it or of any object would be seen.
  bool put(const Cutout& cutout, cv::Point centre, int64_t label, double min_visible) {
    const cv::Rect canvas(centre.x - cutout.side() / 2, centre.y - cutout.side() / 2, cutout.side(),
                          cutout.side());
    const cv::Rect inside = canvas & cv::Rect({0, 0}, size());
    if (inside.empty()) return false;
    const cv::Mat solid = cutout.mask > 127;
    const cv::Mat covered = solid(inside - canvas.tl());
    const int64_t pixels = cv::countNonZero(solid), seen = cv::countNonZero(covered);
    if (pixels == 0 || static_cast<double>(seen) < min_visible * static_cast<double>(pixels)) return false;

    cv::Mat owner = owner_.clone();
    owner(inside).setTo(label < 0 ? kNothing : static_cast<int16_t>(objects_.size()), covered);
    for (size_t i = 0; i < objects_.size(); ++i) {
      const auto left = static_cast<double>(cv::countNonZero(owner == static_cast<int16_t>(i)));
      if (left < min_visible * static_cast<double>(objects_[i].pixels)) return false;
    }
    owner_ = owner;
    if (label >= 0) objects_.push_back({label, pixels});
    blend(cutout, canvas);
    return true;
  }

  std::vector<SynthObject> objects() const {
    std::vector<SynthObject> found;
    for (size_t i = 0; i < objects_.size(); ++i) {
      const cv::Mat visible = owner_ == static_cast<int16_t>(i);
      const int64_t area = cv::countNonZero(visible);
      found.push_back({objects_[i].label, cv::boundingRect(visible), area,
                       static_cast<double>(area) / static_cast<double>(objects_[i].pixels)});
    }
    return found;
  }

 private:
  struct Placed {
    int64_t label;
    int64_t pixels;
  };

  void blend(const Cutout& cutout, cv::Rect canvas) {
    const double size = cutout.side();
    const int margin = static_cast<int>(0.25 * size) + 2;
    cv::Mat shadow;
    cv::copyMakeBorder(cutout.mask, shadow, margin, margin, margin, margin, cv::BORDER_CONSTANT,
                       cv::Scalar::all(0));
    cv::GaussianBlur(shadow, shadow, {}, 0.8 + 0.04 * size);
    const cv::Point drop(cvRound(-light_.direction[0] * 0.1 * size),
                         cvRound(-light_.direction[1] * 0.1 * size));
    darken(shadow, canvas.tl() - cv::Point(margin, margin) + drop);

    const cv::Rect inside = canvas & cv::Rect({0, 0}, this->size());
    for (int y = inside.y; y < inside.br().y; ++y) {
      for (int x = inside.x; x < inside.br().x; ++x) {
        const float alpha = static_cast<float>(cutout.mask.at<uint8_t>(y - canvas.y, x - canvas.x)) / 255;
        auto& pixel = image_.at<Colour>(y, x);
        pixel = pixel * (1 - alpha) + cutout.surface.at<Colour>(y - canvas.y, x - canvas.x) * alpha;
      }
    }
  }

  void darken(const cv::Mat& shadow, cv::Point corner) {
    const cv::Rect inside = cv::Rect(corner, shadow.size()) & cv::Rect({0, 0}, size());
    for (int y = inside.y; y < inside.br().y; ++y) {
      for (int x = inside.x; x < inside.br().x; ++x) {
        image_.at<Colour>(y, x) *=
            1 - 0.55F * static_cast<float>(shadow.at<uint8_t>(y - corner.y, x - corner.x)) / 255;
      }
    }
  }

  Light light_;
  cv::Mat image_;
  cv::Mat owner_;
  std::vector<Placed> objects_;
};

void put_somewhere(Stage& stage, const Cutout& cutout, int64_t label, double min_visible, Rng& random) {
  constexpr int kAttempts = 12;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const cv::Point centre(static_cast<int>(random.integer(0, stage.size().width - 1)),
                           static_cast<int>(random.integer(0, stage.size().height - 1)));
    if (stage.put(cutout, centre, label, min_visible)) return;
  }
}

/// What a camera does to the scene: focus, white balance, exposure, sensor noise.
cv::Mat photograph(const cv::Mat& scene, Rng& random) {
  cv::Mat image = scene.clone();
  cv::GaussianBlur(image, image, {}, random.uniform(0.3, 0.9));
  const auto warmth = static_cast<float>(normal(random) * 0.05),
             exposure = static_cast<float>(random.uniform(0.85, 1.2));
  const Colour gain(exposure * (1 - warmth), exposure, exposure * (1 + warmth));
  const double noise = random.uniform(0.003, 0.03), vignette = random.uniform(0, 0.25);
  cv::Mat result(image.size(), CV_8UC3);
  for (int row = 0; row < image.rows; ++row) {
    for (int column = 0; column < image.cols; ++column) {
      const double x = 2.0 * column / image.cols - 1, y = 2.0 * row / image.rows - 1;
      const Colour colour =
          image.at<Colour>(row, column).mul(gain) * static_cast<float>(1 - vignette * (x * x + y * y) / 2);
      for (int channel = 0; channel < 3; ++channel) {
        const double value = colour[channel] + noise * normal(random);
        result.at<cv::Vec3b>(row, column)[channel] = cv::saturate_cast<uint8_t>(255 * value);
      }
    }
  }
  return result;
}

}  // namespace

SynthScene render_scene(Rng random, const SceneLimits& limits) {
  const cv::Size size(static_cast<int>(random.integer(320, 480)), static_cast<int>(random.integer(240, 360)));
  Stage stage(size, random);
  const double largest = std::min(limits.max_size, 0.7 * std::min(size.width, size.height));
  const auto draw_size = [&] {
    return log_uniform(random, limits.min_size, std::max(largest, limits.min_size));
  };
  const auto put_clutter = [&](int64_t most) {
    for (int64_t left = random.integer(0, most); left > 0; --left) {
      const Cutout cutout = make_cutout(distractor_outline(random), draw_size(), stage.light(), random);
      put_somewhere(stage, cutout, -1, limits.min_visible, random);
    }
  };

  const int64_t clutter_above = limits.max_clutter * 3 / 8;
  put_clutter(limits.max_clutter - clutter_above);
  const int64_t objects = random.chance(limits.empty_share) ? 0 : random.integer(1, limits.max_objects);
  for (int64_t i = 0; i < objects; ++i) {
    const int64_t label = random.integer(0, limits.classes - 1);
    const Cutout cutout = make_cutout(object_outline(label, random), draw_size(), stage.light(), random);
    put_somewhere(stage, cutout, label, limits.min_visible, random);
  }
  // Drawn last, so this clutter lies on top and covers objects, too.
  put_clutter(clutter_above);
  return {photograph(stage.image(), random), stage.objects()};
}

}  // namespace focus::scenes
