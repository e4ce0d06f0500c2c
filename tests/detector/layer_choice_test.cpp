#include "detector/layer_choice.h"

#include <gtest/gtest.h>

#include "detector/calibration.h"
#include "images/opencv/image_files.h"
#include "images/opencv/mat.h"
#include "scenes/codes/codes_scene.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

using detector::Detection;
using detector::disagreement;

Detection box(double x, double score, int64_t label) { return {{x, 0, x + 10, 10}, score, label}; }

TEST(Disagreement, IsWhatIsNotFoundAgain) {
  const std::vector<std::vector<Detection>> both{{box(0, 0.8, 1), box(50, 0.4, 2)}};
  EXPECT_NEAR(disagreement(both, both), 0, 1e-12);
  EXPECT_NEAR(disagreement(both, {{}}), 1, 1e-12);
  EXPECT_NEAR(disagreement(both, {{box(0, 0.8, 1)}}), 0.4 / 1.2, 1e-12) << "weighted by score";
  EXPECT_NEAR(disagreement(both, {{box(0, 0.8, 2), box(50, 0.4, 1)}}), 1, 1e-12) << "other classes";
  EXPECT_NEAR(disagreement({{box(0, 0.8, 1)}}, {{box(0, 0.4, 1)}}), 0.5, 1e-12) << "half the score";
  EXPECT_NEAR(disagreement({{box(0, 0.8, 1)}}, {{box(5, 0.8, 1)}}), 1 - 5.0 / 15.0, 1e-12) << "half the box";
  EXPECT_NEAR(disagreement({{box(0, 0.8, 1), box(0, 0.8, 1)}}, {{box(0, 0.8, 1)}}), 0.5, 1e-12)
      << "each is found once";
  EXPECT_EQ(disagreement({{box(0, 0.05, 1)}}, {{}}), -1) << "nothing that counts";
}

class LayerChoices : public testing::Test {
 protected:
  void SetUp() override {
    if (!ops::can_pack()) GTEST_SKIP() << "skipped: no oneDNN";
    std::vector<std::filesystem::path> files;
    const images::Preprocess preprocess(loaded_.info.preprocess);
    for (uint64_t i = 0; i < 3; ++i) {
      const auto image = images::image_of(scenes::render_codes_scene(Rng({80, i}), {.empty_share = 0}).image);
      files.push_back(folder_.path() / (std::to_string(i) + ".png"));
      write_image_file(files.back(), image);
      images_.push_back(preprocess(image).unsqueeze(0));
    }
    calibration_ = detector::calibrate(*loaded_.model, loaded_.info.preprocess, files);
  }
  detector::LayerChoice choose(double most) {
    return detector::choose_layers(*loaded_.model, calibration_.ranges, images_, most);
  }

  TemporaryFolder folder_;
  detector::LoadedModel loaded_ =
      detector::load_model(std::filesystem::path(FOCUS_DETR_SOURCE_DIR) / "models/codes.safetensors");
  std::vector<at::Tensor> images_;
  detector::Calibration calibration_;
};

TEST_F(LayerChoices, KeepNothingThatLosesLittle) {
  double last = 0;
  const auto choice =
      detector::choose_layers(*loaded_.model, calibration_.ranges, images_, 0.5, [&](double done) {
        EXPECT_GT(done, last);
        last = done;
      });
  EXPECT_EQ(last, 1);
  EXPECT_TRUE(choice.kept.empty());
  EXPECT_EQ(choice.loss, choice.loss_of_all);
  EXPECT_GT(choice.loss_of_all, choice.loss_of_none);
  EXPECT_LT(choice.loss_of_all, 0.3);
  std::set<std::string> names;
  for (const auto& part : choice.parts) {
    EXPECT_TRUE(names.insert(part.name).second) << part.name << " is listed twice";
    EXPECT_GT(part.layers, 0);
    EXPECT_EQ(part.kept, 0);
    // Alone, no part may be far worse than all of them: its neighbours read what it returns.
    EXPECT_LT(part.loss, choice.loss_of_all + 0.1) << part.name;
  }
  EXPECT_TRUE(names.contains("backbone.res3") && names.contains("transformer.encoder")) << names.size();
}

TEST_F(LayerChoices, KeepWhatLosesMost) {
  images_.resize(1);
  const auto unbounded = choose(1);
  const double all = unbounded.loss_of_all, none = unbounded.loss_of_none;
  double last = 0;
  const auto choice = detector::choose_layers(*loaded_.model, calibration_.ranges, images_, (all - none) / 2,
                                              [&](double done) {
                                                EXPECT_GT(done, last) << "progress never goes back";
                                                last = done;
                                              });
  EXPECT_EQ(last, 1);
  EXPECT_FALSE(choice.kept.empty());
  EXPECT_LE(choice.loss, none + (all - none) / 2);
  int64_t kept = 0;
  for (const auto& part : choice.parts) kept += part.kept;
  EXPECT_EQ(kept, static_cast<int64_t>(choice.kept.size()));
  calibration_.kept = choice.kept;
  const auto again = detector::Calibration::from_json(calibration_.to_json(), "m");
  EXPECT_EQ(again.kept, choice.kept);
}

TEST_F(LayerChoices, NothingDetectedIsNothingToChooseBy) {
  images_ = {at::zeros({1, 3, 416, 416})};
  const auto choice = choose(0);
  EXPECT_EQ(choice.loss_of_all, -1);
  EXPECT_TRUE(choice.kept.empty());
}

}  // namespace
}  // namespace focus::test
