// A prepared model and the same one as it is trained, in float32. Weights are trained ones: with random
// weights proposals tie to the last digit, and rounding decides which of them comes first.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "detector/detector.h"
#include "detector/model_file.h"
#include "images/opencv/mat.h"
#include "images/preprocess.h"
#include "nn/prepare.h"
#include "scenes/codes/codes_scene.h"
#include "support/error_budget.h"

namespace focus::test {
namespace {

TEST(PreparedModel, DetectsTheSame) {
  const auto loaded =
      detector::load_model(std::filesystem::path(FOCUS_DETR_SOURCE_DIR) / "models/codes.safetensors");
  const images::Preprocess preprocess(loaded.info.preprocess);
  std::vector<scenes::SynthScene> scenes;
  for (uint64_t i = 0; i < 4; ++i)
    scenes.push_back(scenes::render_codes_scene(Rng({77, i}), {.empty_share = 0}));
  const auto detect = [&] {
    std::vector<std::vector<detector::Detection>> all;
    for (const auto& scene : scenes) {
      const auto image = images::image_of(scene.image);
      const auto found = detector::run_model(*loaded.model, preprocess(image).unsqueeze(0),
                                             {images::size_of(image)}, {.threshold = 0.05});
      all.insert(all.end(), found.begin(), found.end());
    }
    return all;
  };
  const auto plain = detect();
  nn::prepare(*loaded.model);
  const auto prepared = detect();
  size_t compared = 0;
  for (size_t i = 0; i < scenes.size(); ++i) {
    ASSERT_EQ(prepared[i].size(), plain[i].size()) << "scene " << i;
    for (size_t k = 0; k < plain[i].size(); ++k, ++compared) {
      EXPECT_TRUE(within_budget("model.scores", std::abs(prepared[i][k].score - plain[i][k].score)));
      EXPECT_TRUE(within_budget("model.pixels", std::abs(prepared[i][k].x1 - plain[i][k].x1)));
      EXPECT_TRUE(within_budget("model.pixels", std::abs(prepared[i][k].y1 - plain[i][k].y1)));
      EXPECT_TRUE(within_budget("model.pixels", std::abs(prepared[i][k].x2 - plain[i][k].x2)));
      EXPECT_TRUE(within_budget("model.pixels", std::abs(prepared[i][k].y2 - plain[i][k].y2)));
      EXPECT_EQ(prepared[i][k].label, plain[i][k].label);
    }
  }
  EXPECT_GT(compared, 10u) << "too few detections to compare";
}

}  // namespace
}  // namespace focus::test
