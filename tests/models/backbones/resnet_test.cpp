#include "models/backbones/resnet.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/checkpoints/state_dict.h"
#include "models/options.h"

namespace focus::test {
namespace {

int64_t parameters_of(const models::BackboneOptions& options) {
  int64_t count = 0;
  for (const auto& parameter : models::make_backbone(options)->parameters()) count += parameter.numel();
  return count;
}

TEST(ResNet, ANarrowOneHasTheSameLayersOfFewerChannels) {
  models::BackboneOptions usual{"resnet18", "live", 0}, narrow = usual;
  narrow.width = 24;
  const auto made = models::make_backbone(narrow), made_of_64 = models::make_backbone(usual);
  auto &model = *made, &model_of_64 = *made_of_64;
  EXPECT_EQ(model.channels(), (std::vector<int64_t>{48, 96, 192}));
  EXPECT_EQ(model_of_64.channels(), (std::vector<int64_t>{128, 256, 512}));
  const auto tensors = models::state_dict(model), tensors_of_64 = models::state_dict(model_of_64);
  ASSERT_EQ(tensors.size(), tensors_of_64.size());
  for (const auto& entry : tensors) EXPECT_EQ(tensors_of_64.count(entry.first), 1u) << entry.first;
  EXPECT_EQ(tensors.at("stem.conv1.weight").sizes().vec(), (std::vector<int64_t>{24, 3, 7, 7}));
  EXPECT_LT(parameters_of(narrow), parameters_of(usual) / 6);

  at::NoGradGuard no_grad;
  model.eval();
  const auto features = model.forward(at::rand({1, 3, 64, 96}));
  ASSERT_EQ(features.size(), 3u);
  EXPECT_EQ(features[0].sizes().vec(), (std::vector<int64_t>{1, 48, 8, 12}));
  EXPECT_EQ(features[2].sizes().vec(), (std::vector<int64_t>{1, 192, 2, 3}));
}

TEST(ResNet, BottlenecksAreNarrowToo) {
  models::BackboneOptions options{"resnet50", "frozen", 1};
  options.width = 16;
  EXPECT_EQ(models::make_backbone(options)->channels(), (std::vector<int64_t>{128, 256, 512}));
}

TEST(ResNet, AWidthForAnotherBackboneIsRefused) {
  models::DetectorOptions options;
  options.backbone.name = "mobilenet_v2";
  options.backbone.width = 24;
  try {
    options.validate();
    FAIL() << "MobileNetV2 has no width to choose";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("model.backbone.width is for ResNet only, found mobilenet_v2"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace focus::test
