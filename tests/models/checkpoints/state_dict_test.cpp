#include "models/checkpoints/state_dict.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "io/safetensors/safetensors.h"
#include "models/backbones/backbone_weights.h"
#include "models/support.h"
#include "support/shared_data.h"

namespace focus::test {
namespace {

TEST(StateDict, NamesAndShapesAreTheReferences) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto reference =
      nlohmann::json::parse(std::ifstream(shared_dir() / "golden" / "state_dict_focus_r50.json"));
  models::FocusDetr model(models::DetectorOptions{});
  auto own = models::state_dict(model);
  EXPECT_EQ(reference.size(), 705u);
  EXPECT_EQ(own.size(), 625u);
  int64_t parameters = 0;
  for (const auto& parameter : model.parameters()) parameters += parameter.numel();
  std::set<std::string> used;
  for (const auto& [name, shape] : reference.items()) {
    const auto canonical = models::canonical_name(name, 6);
    const auto found = own.find(canonical);
    ASSERT_NE(found, own.end()) << name;
    EXPECT_EQ(found->second.sizes().vec(), shape.get<std::vector<int64_t>>()) << name;
    used.insert(canonical);
  }
  EXPECT_EQ(used.size(), own.size()) << "the reference has all of ours";
  EXPECT_NEAR(static_cast<double>(parameters), 49.3e6, 0.1e6);
}

models::DetectorOptions tiny() {
  models::DetectorOptions options;
  options.classes = 3;
  options.backbone.name = "resnet18";
  options.transformer = {32, 4, 2, 4, 64, 2, 2, 20, true};
  options.focus.cascade = {1.0, 0.5};
  return options;
}

TEST(StateDict, LoadReportsWhatIsLeftOverAndRefusesShapes) {
  models::FocusDetr a(tiny()), b(tiny());
  auto tensors = models::state_dict(a);
  EXPECT_TRUE(models::load_state_dict(b, tensors, "test").missing.empty());
  EXPECT_TRUE(models::state_dict(b).at("label_enc.weight").equal(tensors.at("label_enc.weight")));

  tensors.erase("label_enc.weight");
  tensors["stranger"] = at::zeros({1});
  const auto report = models::load_state_dict(b, tensors, "test");
  EXPECT_EQ(report.missing, std::vector<std::string>{"label_enc.weight"});
  EXPECT_EQ(report.unexpected, std::vector<std::string>{"stranger"});

  tensors["transformer.alpha"] = at::zeros({7});
  try {
    models::load_state_dict(b, tensors, "file.x");
    FAIL() << "a wrong shape was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("file.x: tensor 'transformer.alpha'"), std::string::npos);
  }
}

TEST(StateDict, AliasesLeadToOneName) {
  EXPECT_EQ(models::canonical_name("transformer.decoder.bbox_embed.3.layers.0.weight", 6),
            "bbox_embed.3.layers.0.weight");
  EXPECT_EQ(models::canonical_name("transformer.encoder.enhance_MCSP.2.bias", 4), "class_embed.4.bias");
  EXPECT_EQ(models::canonical_name("enhance_MCSP_layerlist.5.weight", 6), "class_embed.6.weight");
  EXPECT_EQ(models::canonical_name("neck.convs.0.conv.weight", 6), "neck.convs.0.conv.weight");
}

/// MobileNetV2 as plain convolutions with biases, straight from a folded file: its feature map at stride 32.
at::Tensor folded_mobilenet(at::Tensor x, const std::map<std::string, at::Tensor>& weights) {
  const auto convolve = [&](const at::Tensor& in, const std::string& name, int64_t stride, bool activate) {
    const auto& w = weights.at(name + ".weight");
    const int64_t padding = w.size(2) / 2, groups = in.size(1) / w.size(1);
    const auto y =
        at::conv2d(in, w, weights.at(name + ".bias"), {stride, stride}, {padding, padding}, {1, 1}, groups);
    return activate ? at::clamp(y, 0, 6) : y;
  };
  const std::set<int> strided{2, 4, 7, 14};
  x = convolve(x, "features.0.0", 2, true);
  for (int i = 1; i <= 17; ++i) {
    const auto prefix = "features." + std::to_string(i) + ".conv.";
    const int64_t stride = strided.count(i) ? 2 : 1;
    auto y = i == 1 ? x : convolve(x, prefix + "0.0", 1, true);
    y = convolve(y, prefix + (i == 1 ? "0.0" : "1.0"), stride, true);
    y = convolve(y, prefix + (i == 1 ? "1" : "2"), 1, false);
    x = y.sizes() == x.sizes() ? x + y : y;
  }
  return convolve(x, "features.18.0", 1, true);
}

TEST(BackboneWeights, FoldedMobileNetComputesTheSameThroughOurBricks) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto path = shared_dir() / "weights" / "mobilenet_v2_imagenet_bn_folded.safetensors";
  const auto file = io::read_safetensors(path);
  at::NoGradGuard no_grad;
  const auto x = at::randn({1, 3, 64, 96});
  const auto expected = folded_mobilenet(x, file.tensors);
  for (const char* norm : {"frozen", "live"}) {
    models::BackboneOptions options{"mobilenet_v2", norm, 0};
    auto backbone = models::make_backbone(options);
    EXPECT_TRUE(models::load_backbone_weights(*backbone, file.tensors, options, path).missing.empty());
    backbone->eval();
    const auto features = backbone->forward(x);
    EXPECT_EQ(features[0].sizes().vec(), (std::vector<int64_t>{1, 32, 8, 12}));
    EXPECT_EQ(features[1].sizes().vec(), (std::vector<int64_t>{1, 96, 4, 6}));
    EXPECT_LT((features[2] - expected).abs().max().item<float>(), 1e-3) << norm;
    EXPECT_GT(expected.abs().max().item<float>(), 0.1);
  }
}

TEST(BackboneWeights, FoldedResNet18LacksOnlyItsLastStage) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto path = shared_dir() / "weights" / "resnet18_imagenet_bn_folded_layers1-3.safetensors";
  models::BackboneOptions options{"resnet18", "frozen", 1};
  auto backbone = models::make_backbone(options);
  const auto missing =
      models::load_backbone_weights(*backbone, io::read_safetensors(path).tensors, options, path).missing;
  ASSERT_FALSE(missing.empty());
  for (const auto& name : missing) EXPECT_EQ(name.rfind("res5.", 0), 0u) << name;
}

TEST(BackboneWeights, AnotherNetworkIsRefused) {
  models::BackboneOptions options{"resnet18", "frozen", 1};
  auto backbone = models::make_backbone(options);
  EXPECT_THROW(models::load_backbone_weights(*backbone, {{"features.0.0.weight", at::zeros({32, 3, 3, 3})}},
                                             options, "x"),
               Error);
}

TEST(StateDict, GivenTensorsBecomeTheModulesOwnUnlessTheyAreShared) {
  nn::Linear layer(3, 2);
  const auto weight = at::rand({2, 3}), both = at::rand({4});
  const void* address = weight.data_ptr();
  models::StateDict tensors{{"weight", weight}, {"bias", both.slice(0, 2)}};
  EXPECT_TRUE(models::give_state_dict(layer, std::move(tensors), "test").missing.empty());
  EXPECT_EQ(layer.weight.data_ptr(), address);
  EXPECT_TRUE(layer.weight.requires_grad());
  EXPECT_TRUE(layer.bias.equal(both.slice(0, 2)));
  EXPECT_NE(layer.bias.data_ptr(), both.slice(0, 2).data_ptr()) << "another tensor has this memory too";

  const auto copied = at::rand({2, 3});
  models::load_state_dict(layer, {{"weight", copied}}, "test");
  EXPECT_TRUE(layer.weight.equal(copied));
  EXPECT_NE(layer.weight.data_ptr(), copied.data_ptr());
}

}  // namespace
}  // namespace focus::test
