#include "scenes/synth.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "data/annotations.h"
#include "scenes/shapes/synth_scene.h"
#include "scenes/shapes/synth_shapes.h"
#include "scenes/shapes/synth_texture.h"
#include "scenes/synth_random.h"
#include "support/folder_contents.h"

namespace {

namespace fs = std::filesystem;
using focus::scenes::SynthOptions;

/// A folder of this test's own, removed at its end.
struct Folder {
  fs::path path = fs::temp_directory_path() / fmt::format("focus_synth_test_{}_{}", ::getpid(), ++count);
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  static inline int count = 0;
};

SynthOptions small(int64_t seed = 1) {
  SynthOptions options;
  options.train = 4;
  options.val = 2;
  options.test = 0;
  options.seed = seed;
  return options;
}

std::string usage_error(const SynthOptions& options, const fs::path& out) {
  try {
    focus::scenes::write_synthetic_dataset(options, out);
  } catch (const focus::UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Synth, SameSeedSameBytesWhateverTheThreads) {
  Folder folder;
  const int threads = at::get_num_threads();
  focus::scenes::write_synthetic_dataset(small(), folder.path / "a");
  at::set_num_threads(1);
  focus::scenes::write_synthetic_dataset(small(), folder.path / "b");
  at::set_num_threads(threads);
  const auto first = focus::test::contents(folder.path / "a");
  EXPECT_EQ(first.size(), 8U) << "6 images, 2 annotation files, none for the empty split";
  EXPECT_TRUE(first.count("images/train/000004.jpg"));
  EXPECT_TRUE(first.count("annotations/instances_val.json"));
  EXPECT_EQ(first, focus::test::contents(folder.path / "b"));

  focus::scenes::write_synthetic_dataset(small(2), folder.path / "c");
  const auto other = focus::test::contents(folder.path / "c");
  EXPECT_NE(first.at("images/train/000001.jpg"), other.at("images/train/000001.jpg"));
}

TEST(Synth, SplitsAndImagesDiffer) {
  Folder folder;
  focus::scenes::write_synthetic_dataset(small(), folder.path / "a");
  std::set<std::string> distinct;
  for (const auto& [name, bytes] : focus::test::contents(folder.path / "a")) distinct.insert(bytes);
  EXPECT_EQ(distinct.size(), 8U);
}

TEST(Synth, TheLoaderTakesItAsItStands) {
  Folder folder;
  SynthOptions options = small();
  options.format = "png";
  const auto summary = focus::scenes::write_synthetic_dataset(options, folder.path / "a");
  EXPECT_EQ(summary.images, 6);
  int64_t objects = 0;
  for (const std::string split : {"train", "val"}) {
    const auto store = focus::data::load_coco(
        folder.path / "a/annotations" / ("instances_" + split + ".json"), folder.path / "a/images" / split);
    EXPECT_EQ(store->size(), split == "train" ? 4 : 2);
    EXPECT_EQ(store->categories().size(), focus::scenes::synth_class_names().size());
    for (int64_t i = 0; i < store->size(); ++i) {
      const cv::Mat image = cv::imread(store->image_path(i).string());
      ASSERT_FALSE(image.empty()) << store->image_path(i);
      EXPECT_EQ(image.cols, store->image(i).size.width);
      EXPECT_EQ(image.rows, store->image(i).size.height);
      objects += static_cast<int64_t>(store->annotations(i).size());
    }
  }
  EXPECT_EQ(objects, summary.objects);
}

TEST(Synth, AnnotationsSayHowTheyWereMade) {
  Folder folder;
  focus::scenes::write_synthetic_dataset(small(3), folder.path / "a");
  std::set<int64_t> images, boxes;
  size_t count = 0;
  for (const std::string split : {"train", "val"}) {
    const auto path = folder.path / "a/annotations" / ("instances_" + split + ".json");
    const auto file = focus::parse_json(focus::read_file(path, 1 << 20), path.string());
    EXPECT_EQ(file.at("info").at("options").at("seed"), 3);
    EXPECT_EQ(file.at("categories").front().at("supercategory"), "object");
    EXPECT_EQ(file.at("categories").front().at("id"), 1);
    for (const auto& image : file.at("images")) images.insert(image.at("id").get<int64_t>());
    for (const auto& box : file.at("annotations")) {
      boxes.insert(box.at("id").get<int64_t>());
      EXPECT_EQ(box.at("iscrowd"), 0);
      EXPECT_GT(box.at("area"), 0);
      ++count;
    }
  }
  EXPECT_EQ(images.size(), 6u);
  EXPECT_EQ(boxes.size(), count) << "splits share no ids, so that they may be joined";
}

TEST(Synth, BoxesAreInsideAndVisibleAndAllClassesOccur) {
  std::set<int64_t> labels;
  int empty = 0;
  double smallest = 1e9, largest = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto scene = focus::scenes::render_scene({seed}, {});
    const cv::Rect image({0, 0}, scene.image.size());
    empty += scene.objects.empty() ? 1 : 0;
    for (const auto& object : scene.objects) {
      ASSERT_EQ(object.box & image, object.box) << "scene " << seed;
      ASSERT_GT(object.area, 0);
      EXPECT_LE(object.area, object.box.area());
      EXPECT_GE(object.visible, 0.3);
      EXPECT_LE(object.visible, 1.0);
      labels.insert(object.label);
      const double longer = std::max(object.box.width, object.box.height);
      smallest = std::min(smallest, longer);
      largest = std::max(largest, longer);
    }
  }
  EXPECT_EQ(labels.size(), focus::scenes::synth_class_names().size());
  EXPECT_GT(empty, 0);
  EXPECT_LT(empty, 25);
  EXPECT_LT(smallest, 20);
  EXPECT_GT(largest, 120);
}

TEST(Synth, LimitsAreKept) {
  focus::scenes::SceneLimits limits;
  limits.min_visible = 1.0;
  limits.min_size = 40;
  limits.max_size = 60;
  limits.empty_share = 0;
  limits.max_objects = 2;
  limits.classes = 3;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const auto scene = focus::scenes::render_scene({seed}, limits);
    EXPECT_LE(scene.objects.size(), 2U);
    for (const auto& object : scene.objects) {
      EXPECT_DOUBLE_EQ(object.visible, 1.0);
      EXPECT_LT(object.label, 3);
      EXPECT_NEAR(std::max(object.box.width, object.box.height), 50, 12);
    }
  }
  limits.empty_share = 1;
  EXPECT_TRUE(focus::scenes::render_scene({3}, limits).objects.empty());
}

TEST(Synth, AnUncoveredObjectFillsItsBox) {
  for (int64_t label = 0; label < static_cast<int64_t>(focus::scenes::synth_class_names().size()); ++label) {
    focus::Rng random{5};
    auto outline = focus::scenes::object_outline(label, random);
    focus::scenes::place_outline(outline, 0.7, {0.1, 0.9}, 50);
    cv::Mat hollow;
    const cv::Mat mask = focus::scenes::rasterise(outline, 56, hollow);
    const cv::Rect box = cv::boundingRect(mask > 127);
    EXPECT_NEAR(std::max(box.width, box.height), 50, 3) << focus::scenes::synth_class_names()[label];
    EXPECT_NEAR(box.x + box.width / 2.0, 28, 2);
    EXPECT_NEAR(box.y + box.height / 2.0, 28, 2);
  }
}

TEST(Synth, NoiseAndColoursStayInRange) {
  float low = 1, high = 0;
  for (int i = 0; i < 4000; ++i) {
    const float value = focus::scenes::fractal_noise(i * 0.37 - 500, i * 0.11 - 100, 3, 4);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_GE(low, 0);
  EXPECT_LE(high, 1);
  EXPECT_GT(high - low, 0.4);
  EXPECT_EQ(focus::scenes::from_hsv(0, 1, 1), focus::scenes::Colour(0, 0, 1)) << "red, in BGR";
}

TEST(Synth, DistributionsAreAsStated) {
  focus::Rng random{42};
  double mean = 0, variance = 0, logarithm = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = focus::scenes::normal(random);
    mean += value / 10000;
    variance += value * value / 10000;
    const double size = focus::scenes::log_uniform(random, 16, 256);
    ASSERT_GE(size, 16);
    ASSERT_LT(size, 256);
    logarithm += std::log2(size) / 10000;
  }
  EXPECT_NEAR(mean, 0, 0.05);
  EXPECT_NEAR(variance, 1, 0.05);
  EXPECT_NEAR(logarithm, 6, 0.05);
}

TEST(Synth, RefusesAFolderInUseAndLeavesNothingBehind) {
  Folder folder;
  std::ofstream(folder.path / "mine") << "x";
  EXPECT_NE(usage_error(small(), folder.path).find("exists already"), std::string::npos);
  EXPECT_EQ(focus::test::contents(folder.path).size(), 1U);

  SynthOptions nothing;
  nothing.train = nothing.val = nothing.test = 0;
  EXPECT_NE(usage_error(nothing, folder.path / "none").find("nothing to draw"), std::string::npos);
  SynthOptions swapped = small();
  swapped.min_size = 100;
  swapped.max_size = 50;
  EXPECT_NE(usage_error(swapped, folder.path / "none").find("min_size is 100"), std::string::npos);
  EXPECT_THROW(focus::scenes::write_synthetic_dataset(small(), folder.path / "mine" / "inside"),
               focus::Error);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), {}), 1) << "no half-made folder stays";

  fs::create_directories(folder.path / "empty");
  EXPECT_NO_THROW(focus::scenes::write_synthetic_dataset(small(), folder.path / "empty/"));
  EXPECT_TRUE(fs::exists(folder.path / "empty/annotations/instances_train.json"));
}

}  // namespace
