#include "data/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "images/test_images.h"

namespace {

using namespace focus::data;

using namespace focus::images;
using focus::test::noise;

// A black image with one white rectangle, and its box.
Scene marked(int height, int width, const Rect& where) {
  Scene scene;
  scene.image = Image::by_rows(height, width, 3, [&](int y, uint8_t* row) {
    const bool inside = y >= where.y && y < where.y + where.height;
    std::fill_n(row, 3 * width, uint8_t{0});
    if (inside) std::fill_n(row + 3 * where.x, 3 * where.width, uint8_t{255});
  });
  scene.boxes.push_back(
      {double(where.x), double(where.y), double(where.x + where.width), double(where.y + where.height), 4});
  return scene;
}

// Where the image is brighter than half.
Rect bright_area(const Image& image) {
  int x1 = image.width(), y1 = image.height(), x2 = 0, y2 = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      if (image.row(y)[3 * x] < 128) continue;
      x1 = std::min(x1, x), y1 = std::min(y1, y), x2 = std::max(x2, x + 1), y2 = std::max(y2, y + 1);
    }
  }
  return {x1, y1, x2 - x1, y2 - y1};
}

void expect_box_marks(const Scene& scene, double tolerance) {
  ASSERT_EQ(scene.boxes.size(), 1u);
  const auto area = bright_area(scene.image);
  const auto& box = scene.boxes[0];
  EXPECT_EQ(box.label, 4);
  EXPECT_NEAR(box.x1, area.x, tolerance);
  EXPECT_NEAR(box.y1, area.y, tolerance);
  EXPECT_NEAR(box.x2, area.x + area.width, tolerance);
  EXPECT_NEAR(box.y2, area.y + area.height, tolerance);
}

TEST(Augment, BoxesFollowThePixels) {
  const Scene scene = marked(60, 100, {10, 5, 30, 20});
  expect_box_marks(flipped_horizontally(scene), 0);
  expect_box_marks(flipped_vertically(scene), 0);
  expect_box_marks(flipped_vertically(flipped_horizontally(scene)), 0);
  expect_box_marks(resized(scene, {90, 250}), 1);
  expect_box_marks(cropped(scene, {20, 10, 50, 40}), 0);
  expect_box_marks(resized(cropped(flipped_horizontally(scene), {50, 0, 50, 60}), {30, 100}), 1);
  EXPECT_EQ(bright_area(flipped_horizontally(scene).image).x, 60) << "the image itself was mirrored";
  expect_box_marks(scene, 0);  // The original is untouched.
}

TEST(Augment, BoxesWithoutAreaAfterACropAreDropped) {
  const Scene scene = marked(60, 100, {10, 5, 30, 20});
  EXPECT_TRUE(cropped(scene, {40, 0, 50, 60}).boxes.empty()) << "touching the border is no overlap";
  EXPECT_EQ(cropped(scene, {39, 0, 50, 60}).boxes.size(), 1u);
}

TEST(Target, BoxesAreClippedAndNormalised) {
  const std::vector<LabelledBox> boxes{{-10, 10, 50, 30, 2},  // half outside
                                       {200, 0, 300, 10, 1},  // wholly outside
                                       {5, 5, 5, 20, 0},      // no area
                                       {0, 0, 1e300, 1e300, 3}};
  const auto target = make_target(boxes, {40, 100});
  EXPECT_TRUE(at::equal(target.labels, at::tensor({2, 3}, at::kLong)));
  EXPECT_TRUE(
      at::allclose(target.boxes, at::tensor({0.25f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 1.f, 1.f}).view({2, 4})));
  const auto empty = make_target({}, {40, 100});
  EXPECT_EQ(empty.boxes.sizes(), (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(empty.labels.sizes(), (std::vector<int64_t>{0}));
}

TEST(Target, CrowdsAreNotLearned) {
  const std::vector<Annotation> annotations{{.id = 1, .label = 5, .x = 1, .y = 2, .width = 3, .height = 4},
                                            {.id = 2, .width = 9, .height = 9, .crowd = true}};
  const auto boxes = learnable_boxes(annotations);
  ASSERT_EQ(boxes.size(), 1u);
  EXPECT_EQ(boxes[0].x2, 4);
  EXPECT_EQ(boxes[0].y2, 6);
  EXPECT_EQ(boxes[0].label, 5);
}

TEST(TrainingTransform, SizesComeFromTheLists) {
  AugmentOptions options;
  options.crop = 0;
  const auto transform = training_transform({}, options);
  std::set<int64_t> sides;
  for (uint64_t i = 0; i < 60; ++i) {
    focus::Rng rng{i};
    const auto sample = transform(marked(60, 100, {10, 5, 30, 20}), rng);
    const auto [height, width] = sample.target.size;
    EXPECT_EQ(sample.image.sizes(), (std::vector<int64_t>{3, height, width}));
    EXPECT_LE(width, 1333);
    sides.insert(height);
  }
  EXPECT_EQ(sides, (std::set<int64_t>{480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800}));
}

TEST(TrainingTransform, CropsKeepTheirBounds) {
  AugmentOptions options;
  options.crop = 1;
  options.short_sides = {64};
  options.horizontal_flip = 0;
  const auto transform = training_transform({}, options);
  int whole = 0;
  for (uint64_t i = 0; i < 30; ++i) {
    focus::Rng rng{i};
    const auto sample = transform(marked(60, 120, {0, 0, 120, 60}), rng);
    EXPECT_EQ(std::min(sample.target.size.height, sample.target.size.width), 64);
    ASSERT_EQ(sample.target.labels.size(0), 1);
    EXPECT_TRUE(at::allclose(sample.target.boxes[0], at::tensor({0.5f, 0.5f, 1.f, 1.f})));
    // A cut of at most 600 from images of 400..600 x 800..1200 is never twice as wide as it is high.
    whole += sample.target.size.width >= 128;
  }
  EXPECT_EQ(whole, 0);
}

TEST(TrainingTransform, FlipsAsOftenAsAsked) {
  AugmentOptions options;
  options.crop = 0;
  options.short_sides = {60};
  for (const double probability : {0.0, 0.5, 1.0}) {
    options.horizontal_flip = probability;
    const auto transform = training_transform({}, options);
    int flipped = 0;
    for (uint64_t i = 0; i < 200; ++i) {
      focus::Rng rng{i};
      flipped += transform(marked(60, 100, {0, 0, 30, 60}), rng).target.boxes[0][0].item<float>() > 0.5f;
    }
    EXPECT_NEAR(flipped, 200 * probability, probability == 0.5 ? 35 : 0);
  }
}

TEST(TrainingTransform, ScaleJitterStaysInItsRange) {
  AugmentOptions options;
  options.crop = 0;
  options.short_sides = {100};
  options.scale_min = 0.5;
  options.scale_max = 1.5;
  const auto transform = training_transform({}, options);
  std::set<int64_t> sides;
  for (uint64_t i = 0; i < 100; ++i) {
    focus::Rng rng{i};
    sides.insert(transform(marked(60, 100, {10, 5, 30, 20}), rng).target.size.height);
  }
  EXPECT_GE(*sides.begin(), 50);
  EXPECT_LE(*sides.rbegin(), 150);
  EXPECT_GT(sides.size(), 40u);
}

TEST(TrainingTransform, ExtremeShapesDoNotExhaustMemory) {
  const auto transform = training_transform({}, {.crop = 1});
  for (const auto& [height, width] : {std::pair{1, 40000}, {40000, 1}, {1, 1}}) {
    focus::Rng rng{1};
    const auto sample = transform({focus::test::filled(height, width, {0, 0, 0}), {}}, rng);
    EXPECT_GE(sample.image.numel(), 3);
    EXPECT_LE(std::max(sample.target.size.height, sample.target.size.width), 1333);
  }
}

TEST(TrainingTransform, ContradictionsAreRefused) {
  EXPECT_THROW(training_transform({}, {.short_sides = {}}), focus::UsageError);
  EXPECT_THROW(training_transform({}, {.crop_short_sides = {}}), focus::UsageError);
  EXPECT_NO_THROW(training_transform({}, {.crop = 0, .crop_short_sides = {}}));
  EXPECT_THROW(training_transform({}, {.crop_min = 500, .crop_max = 400}), focus::UsageError);
  EXPECT_THROW(training_transform({}, {.scale_min = 2, .scale_max = 1}), focus::UsageError);
  AugmentOptions options;
  focus::OptionTable table;
  options.describe(table);
  table.set_assignment("short_sides=[320, 352]");
  EXPECT_EQ(options.short_sides, (std::vector<int64_t>{320, 352}));
  EXPECT_THROW(table.set_assignment("horizontal_flip=1.5"), focus::UsageError);
}

TEST(ColourJitter, StrengthsOfZeroChangeNothing) {
  const Image image = noise(10, 12);
  focus::Rng rng{1};
  EXPECT_EQ(focus::test::largest_difference(colour_jittered(image, {}, rng), image), 0);
}

TEST(ColourJitter, EachStrengthChangesItsOwnProperty) {
  const Image image = focus::test::filled(4, 4, {40, 80, 160});
  const auto jittered = [&](const AugmentOptions& options) {
    focus::Rng rng{3};
    const Image changed = colour_jittered(image, options, rng);
    const uint8_t* pixel = changed.row(1) + 3;
    return std::array<int, 3>{pixel[0], pixel[1], pixel[2]};
  };
  const auto bright = jittered({.brightness = 0.5});
  EXPECT_NE(bright[0], 40);
  EXPECT_NEAR(bright[2] / double(bright[0]), 4, 0.2);
  const auto contrast = jittered({.contrast = 0.5});
  const double grey = 0.114 * 40 + 0.587 * 80 + 0.299 * 160;
  EXPECT_NE(contrast[0], 40);
  EXPECT_NEAR((contrast[2] - grey) / (contrast[0] - grey), (160 - grey) / (40 - grey), 0.1);
  const auto saturation = jittered({.saturation = 0.5});
  EXPECT_NE(saturation[0], 40);
  EXPECT_NEAR(0.114 * saturation[0] + 0.587 * saturation[1] + 0.299 * saturation[2], grey, 1.5);
  const auto hue = jittered({.hue = 0.5});
  EXPECT_NE(hue, (std::array{40, 80, 160}));
  EXPECT_NEAR(std::max({hue[0], hue[1], hue[2]}), 160, 3) << "value and saturation stay";
  EXPECT_NEAR(std::min({hue[0], hue[1], hue[2]}), 40, 3);
}

TEST(Rng, StreamsAreRepeatableAndDifferent) {
  focus::Rng a{1, 2, 3}, b{1, 2, 3}, c{1, 3, 2}, d{1, 2};
  const auto first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  EXPECT_NE(first, d.next());
  std::set<int64_t> values;
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    values.insert(a.integer(-1, 2));
    const double u = a.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
  }
  EXPECT_EQ(values, (std::set<int64_t>{-1, 0, 1, 2}));
  EXPECT_NEAR(sum / 1000, 0.5, 0.05);
  EXPECT_EQ(a.integer(5, 5), 5);
}

}  // namespace
