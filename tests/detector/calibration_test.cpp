#include "detector/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "detector/detector.h"
#include "images/opencv/image_files.h"
#include "images/opencv/mat.h"
#include "images/test_images.h"
#include "models/tiny_model.h"
#include "scenes/codes/codes_scene.h"
#include "support/stand_in_device.h"

namespace focus::test {
namespace {

using detector::Calibration;

detector::LoadedModel uncalibrated() {
  detector::LoadedModel loaded;
  loaded.info.model = tiny_options();
  loaded.info.preprocess.short_side = 64;
  loaded.info.preprocess.max_side = 96;
  loaded.info.categories = {{1, "a"}, {5, "b"}, {9, "c"}};
  loaded.model = tiny_model(loaded.info.model);
  return loaded;
}

std::vector<std::filesystem::path> three_images(const TemporaryFolder& folder) {
  make_images(folder.path(), 3);
  return {folder.path() / "0.png", folder.path() / "1.png", folder.path() / "2.png"};
}

TEST(Calibration, KnowsEveryConvolutionAndSurvivesJson) {
  const TemporaryFolder folder;
  auto loaded = uncalibrated();
  int64_t last = 0;
  const auto made = detector::calibrate(*loaded.model, loaded.info.preprocess, three_images(folder),
                                        [&](int64_t done) { last = done; });
  EXPECT_EQ(made.images, 3);
  EXPECT_EQ(last, 3);
  ASSERT_TRUE(made.ranges.contains("backbone.features.0.0"));
  ASSERT_TRUE(made.ranges.contains("neck.convs.0.conv"));
  EXPECT_TRUE(made.ranges.at("backbone.features.0.0").input.is_signed()) << "normalised pixels";
  EXPECT_FALSE(made.ranges.at("backbone.features.0.0").output.is_signed()) << "after ReLU6";
  EXPECT_LE(made.ranges.at("backbone.features.0.0").output.greatest, 6);

  const auto again = Calibration::from_json(made.to_json(), "x");
  EXPECT_EQ(again.images, 3);
  ASSERT_EQ(again.ranges.size(), made.ranges.size());
  for (const auto& [name, range] : made.ranges) {
    EXPECT_EQ(again.ranges.at(name).input.greatest, range.input.greatest) << name;
    EXPECT_EQ(again.ranges.at(name).output.least, range.output.least) << name;
  }
}

TEST(Calibration, IsTheSameOnAnotherDevice) {
  const TemporaryFolder folder;
  const auto images = three_images(folder);
  auto here = uncalibrated(), there = uncalibrated();
  there.model->move_to(stand_in_device());
  const auto expected = detector::calibrate(*here.model, here.info.preprocess, images),
             found = detector::calibrate(*there.model, there.info.preprocess, images);
  ASSERT_EQ(found.ranges.size(), expected.ranges.size());
  for (const auto& [name, range] : expected.ranges) {
    const auto close = [](float value) { return 1e-4F * (1 + std::abs(value)); };
    EXPECT_NEAR(found.ranges.at(name).input.greatest, range.input.greatest, close(range.input.greatest))
        << name;
    EXPECT_NEAR(found.ranges.at(name).output.least, range.output.least, close(range.output.least)) << name;
  }
}

bool has_centre_of(const detector::Detection& box, const detector::Detection& other) {
  const double x = (other.x1 + other.x2) / 2, y = (other.y1 + other.y2) / 2;
  return box.x1 < x && x < box.x2 && box.y1 < y && y < box.y2;
}

// With trained weights: scores of random ones hang on the last digit, so that a bound for their change would
// be one machine's number.
TEST(Calibration, LetsADetectorRunInEightBits) {
  const TemporaryFolder folder;
  const auto scene = [](uint64_t seed, uint64_t index) {
    return images::image_of(scenes::render_codes_scene(Rng({seed, index}), {.empty_share = 0}).image);
  };
  std::vector<std::filesystem::path> files;
  for (uint64_t i = 0; i < 6; ++i) {
    files.push_back(folder.path() / (std::to_string(i) + ".png"));
    write_image_file(files.back(), scene(78, i));
  }
  const auto bundled = [] {
    return detector::load_model(std::filesystem::path(FOCUS_DETR_SOURCE_DIR) / "models/codes.safetensors");
  };
  auto plain = bundled(), low = bundled(), without = bundled();
  without.info.calibration = {};
  EXPECT_THROW(detector::Detector(std::move(without), {.precision = ops::Precision::kInt8}), UsageError);
  low.info.calibration = detector::calibrate(*low.model, low.info.preprocess, files);
  const detector::Detector floats(std::move(plain)),
      bytes(std::move(low), {.precision = ops::Precision::kInt8});
  double worst = 0;
  int compared = 0;
  for (uint64_t i = 0; i < 16; ++i) {
    const auto image = scene(79, i);
    const auto expected = floats.detect(image, {.threshold = 0.5}),
               found = bytes.detect(image, {.threshold = 0.05});
    for (const auto& wanted : expected) {
      const detector::Detection* best = nullptr;
      for (const auto& each : found) {
        if (each.label == wanted.label && has_centre_of(each, wanted) && has_centre_of(wanted, each) &&
            (!best || each.score > best->score))
          best = &each;
      }
      ++compared;
      ASSERT_NE(best, nullptr) << "scene " << i << ": in 8 bits nothing is where a score of " << wanted.score
                               << " was";
      worst = std::max(worst, std::fabs(best->score - wanted.score));
    }
  }
  EXPECT_GT(compared, 10) << "too few detections to compare";
  // Scores move by less than the steps in which people choose thresholds.
  EXPECT_LT(worst, 0.1);
  EXPECT_GT(worst, 0) << "nothing ran in 8 bits";
}

TEST(Calibration, RefusesWhatIsNone) {
  const auto good = [] {
    return nlohmann::json{{"images", 2},
                          {"ranges", {{"a", {{"input", {-1.0, 2.0}}, {"output", {0.0, 2.0}}}}}}};
  };
  EXPECT_EQ(Calibration::from_json(good(), "m").ranges.at("a").input.least, -1);
  const auto refused = [&](const nlohmann::json& json) {
    try {
      Calibration::from_json(json, "m.safetensors");
    } catch (const Error& error) {
      return std::string(error.what()).rfind("m.safetensors: ", 0) == 0;
    }
    return false;
  };
  EXPECT_TRUE(refused(3));
  EXPECT_TRUE(refused({{"images", "many"}, {"ranges", nlohmann::json::object()}}));
  for (const auto& range :
       {nlohmann::json(1), nlohmann::json{1.0}, nlohmann::json{"a", "b"}, nlohmann::json{1.0, 2.0},
        nlohmann::json{-2.0, -1.0}, nlohmann::json{0.0, 1e300}}) {
    auto json = good();
    json["ranges"]["a"]["output"] = range;
    EXPECT_TRUE(refused(json)) << range;
  }
  auto json = good();
  json["ranges"]["a"].erase("input");
  EXPECT_TRUE(refused(json));
  json = good();
  json["kept"] = {"a", 3};
  EXPECT_TRUE(refused(json));
  json["kept"] = {"a", "b"};
  EXPECT_EQ(Calibration::from_json(json, "m").kept, (std::set<std::string>{"a", "b"}));
  EXPECT_TRUE(Calibration::from_json(good(), "m").kept.empty());
}

}  // namespace
}  // namespace focus::test
