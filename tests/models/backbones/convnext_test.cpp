#include "models/backbones/convnext.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/backbones/backbone_weights.h"
#include "models/support.h"
#include "nn/initialise.h"
#include "nn/largest.h"
#include "nn/prepare.h"
#include "ops/packed/precision.h"

namespace focus::test {
namespace {

models::BackboneOptions convnext(const std::string& name = "convnext_tiny") {
  models::BackboneOptions options;
  options.name = name;
  options.frozen_stages = 0;
  return options;
}

/// Parameters without the norms of the features, which classifiers do not have.
int64_t trunk_parameters(const std::string& name) {
  const nn::WithoutInitialisation only_counted;
  int64_t count = 0;
  for (const auto& parameter : models::make_backbone(convnext(name))->named_parameters()) {
    if (parameter.key().rfind("norm", 0) != 0) count += parameter.value().numel();
  }
  return count;
}

TEST(ConvNeXt, HasTheParametersOfThePublicModels) {
  // A classifier has a norm and a layer of 1000 classes behind the last stage.
  const auto classifier = [](const std::string& name, int64_t width) {
    return trunk_parameters(name) + 2 * 8 * width + (8 * width * 1000 + 1000);
  };
  EXPECT_EQ(trunk_parameters("convnext_tiny"), 27818592);
  EXPECT_EQ(classifier("convnext_tiny", 96), 28589128);
  EXPECT_EQ(classifier("convnext_small", 96), 50223688);
  EXPECT_EQ(classifier("convnext_base", 128), 88591464);
  EXPECT_EQ(classifier("convnext_large", 192), 197767336);
  EXPECT_EQ(classifier("convnext_xlarge", 256), 350196968);
}

/// The network by LibTorch's functions on (B, C, H, W), as the paper describes it, from tensors by name.
std::vector<at::Tensor> by_the_paper(const models::StateDict& tensors, at::Tensor x, int64_t features) {
  const auto of = [&](const std::string& name) { return tensors.at(name); };
  const auto norm = [&](const at::Tensor& map, const std::string& name) {
    const auto mean = map.mean(1, true), centred = map - mean;
    const auto variance = centred.square().mean(1, true);
    return centred / (variance + 1e-6).sqrt() * of(name + ".weight").view({1, -1, 1, 1}) +
           of(name + ".bias").view({1, -1, 1, 1});
  };
  const auto patches = [&](const at::Tensor& map, const std::string& name) {
    const auto weight = of(name + ".weight");
    const int64_t side = weight.size(2), below = -map.size(2) & (side - 1), right = -map.size(3) & (side - 1);
    return at::conv2d(at::constant_pad_nd(map, {0, right, 0, below}), weight, of(name + ".bias"), side);
  };
  std::vector<at::Tensor> found;
  const std::vector<int64_t> blocks{3, 3, 9, 3};
  for (int64_t stage = 0; stage < 4; ++stage) {
    const auto before = "downsample_layers." + std::to_string(stage);
    x = stage == 0 ? norm(patches(x, before + ".0"), before + ".1")
                   : patches(norm(x, before + ".0"), before + ".1");
    for (int64_t i = 0; i < blocks[static_cast<size_t>(stage)]; ++i) {
      const auto block = "stages." + std::to_string(stage) + "." + std::to_string(i) + ".";
      const auto pointwise = [&](const at::Tensor& map, const std::string& name) {
        return at::conv2d(map, of(block + name + ".weight").unsqueeze(-1).unsqueeze(-1),
                          of(block + name + ".bias"));
      };
      auto y = at::conv2d(x, of(block + "dwconv.weight"), of(block + "dwconv.bias"), 1, 3, 1, x.size(1));
      y = pointwise(at::gelu(pointwise(norm(y, block + "norm"), "pwconv1")), "pwconv2");
      x = x + of(block + "gamma").view({1, -1, 1, 1}) * y;
    }
    if (stage >= 4 - features) found.push_back(norm(x, "norm" + std::to_string(stage)));
  }
  return found;
}

TEST(ConvNeXt, IsTheNetworkOfThePaper) {
  at::NoGradGuard no_grad;
  auto options = convnext();
  for (const int64_t finest : {8, 4}) {
    options.finest_stride = finest;
    const auto backbone = models::make_backbone(options);
    fill_deterministic(*backbone);
    backbone->eval();
    // Whole patches, and sizes of which each stage has to complete one.
    for (const auto& [height, width] : {std::pair{64, 96}, std::pair{37, 53}}) {
      const auto x = tensor("convnext/x", {2, 3, height, width});
      const auto expected = by_the_paper(models::state_dict(*backbone), x, options.features());
      const auto found = backbone->forward(x);
      ASSERT_EQ(found.size(), expected.size());
      ASSERT_EQ(found.size(), backbone->channels().size());
      int64_t stride = finest;
      for (size_t i = 0; i < found.size(); ++i, stride *= 2) {
        const std::vector<int64_t> shape{2, 96 * stride / 4, (height + stride - 1) / stride,
                                         (width + stride - 1) / stride};
        EXPECT_EQ(found[i].sizes().vec(), shape);
        EXPECT_EQ(found[i].size(1), backbone->channels()[i]);
        EXPECT_TRUE(found[i].is_contiguous(at::MemoryFormat::ChannelsLast));
        EXPECT_LT(largest(found[i] - expected[i]), 1e-4) << height << " x " << width << ", feature " << i;
      }
      EXPECT_GT(largest(found.back()), 0.5);
    }
  }
}

TEST(ConvNeXt, PreparedGivesTheSameFeatures) {
  at::NoGradGuard no_grad;
  const auto backbone = models::make_backbone(convnext());
  fill_deterministic(*backbone);
  backbone->eval();
  const auto x = tensor("convnext/x", {1, 3, 64, 90});
  const auto expected = backbone->forward(x);
  nn::prepare(*backbone);
  const auto found = backbone->forward(x);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_LT(largest(found[i] - expected[i]), 1e-3) << i;
  if (!ops::cpu_has_bfloat16()) return;
  nn::prepare(*backbone, nn::Precision::kBFloat16);
  const auto near = backbone->forward(x);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LT((near[i] - expected[i]).norm().item<double>(), 0.05 * expected[i].norm().item<double>()) << i;
  }
}

TEST(ConvNeXt, FreezesFromTheStemOn) {
  const nn::WithoutInitialisation only_built;
  auto options = convnext();
  const auto trained = [&](int64_t frozen, const std::string& name) {
    options.frozen_stages = frozen;
    return models::make_backbone(options)->named_parameters()[name].requires_grad();
  };
  EXPECT_TRUE(trained(0, "downsample_layers.0.0.weight"));
  EXPECT_FALSE(trained(1, "downsample_layers.0.0.weight"));
  EXPECT_TRUE(trained(1, "stages.0.0.gamma"));
  EXPECT_FALSE(trained(2, "stages.0.2.pwconv1.weight"));
  EXPECT_TRUE(trained(2, "downsample_layers.1.0.weight"));
  EXPECT_FALSE(trained(3, "downsample_layers.1.0.weight"));
  EXPECT_TRUE(trained(3, "stages.2.0.dwconv.weight"));
}

/// Whose names a ConvNeXt has; kFeatures are timm's of features_only=True, kConvolutions those of its
/// networks whose pointwise layers are convolutions.
enum class Whose { kAuthors, kTorchvision, kTimm, kFeatures, kConvolutions };

/// "stages.2.5.dwconv.weight" -> {"stages", "2", "5", "dwconv", "weight"}
std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> words{""};
  for (const char c : name) {
    if (c == '.') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::string theirs(const std::string& name, Whose whose) {
  if (whose == Whose::kAuthors) return name;
  const auto w = words_of(name);
  const int stage = std::stoi(w[1]);
  const bool between = w[0] == "downsample_layers";
  if (whose == Whose::kTorchvision) {
    if (between) return fmt::format("features.{}.{}.{}", 2 * stage, w[2], w[3]);
    const auto block = fmt::format("features.{}.{}.", 2 * stage + 1, w[2]);
    if (w[3] == "gamma") return block + "layer_scale";
    const std::map<std::string, int> index{{"dwconv", 0}, {"norm", 2}, {"pwconv1", 3}, {"pwconv2", 5}};
    return fmt::format("{}block.{}.{}", block, index.at(w[3]), w[4]);
  }
  const char* mark = whose == Whose::kFeatures ? "_" : ".";
  if (between && stage == 0) return fmt::format("stem{}{}.{}", mark, w[2], w[3]);
  if (between) return fmt::format("stages{}{}.downsample.{}.{}", mark, stage, w[2], w[3]);
  const auto block = fmt::format("stages{}{}.blocks.{}.", mark, stage, w[2]);
  if (w[3] == "gamma") return block + "gamma";
  const std::map<std::string, std::string> part{
      {"dwconv", "conv_dw"}, {"norm", "norm"}, {"pwconv1", "mlp.fc1"}, {"pwconv2", "mlp.fc2"}};
  return block + part.at(w[3]) + "." + w[4];
}

models::StateDict classifier_of(models::Backbone& backbone, Whose whose) {
  models::StateDict tensors;
  for (const auto& [name, tensor] : models::state_dict(backbone)) {
    if (name.rfind("norm", 0) == 0) continue;
    const bool scale = whose == Whose::kTorchvision && name.find("gamma") != std::string::npos;
    const bool pointwise = whose == Whose::kConvolutions && tensor.dim() == 2;
    tensors[theirs(name, whose)] = scale || pointwise ? tensor.unsqueeze(-1).unsqueeze(-1) : tensor;
  }
  const auto add = [&](const std::string& norm, const std::string& layer) {
    for (const char* tensor : {".weight", ".bias"}) tensors[norm + tensor] = at::ones({768});
    tensors[layer + ".weight"] = at::ones({1000, 768});
  };
  if (whose == Whose::kAuthors) add("norm", "head");
  if (whose == Whose::kTorchvision) add("classifier.0", "classifier.2");
  if (whose == Whose::kTimm) add("head.norm", "head.fc");
  if (whose == Whose::kConvolutions) add("norm_pre", "head.fc");
  return tensors;
}

TEST(ConvNeXt, LoadsItsAuthorsWeightsTorchvisionsAndTimms) {
  const auto options = convnext();
  const auto source = models::make_backbone(options);
  fill_deterministic(*source);
  const std::vector<std::pair<Whose, const char*>> cases{{Whose::kAuthors, "convnext"},
                                                         {Whose::kTorchvision, "torchvision-convnext"},
                                                         {Whose::kTimm, "timm-convnext"},
                                                         {Whose::kFeatures, "timm-convnext"},
                                                         {Whose::kConvolutions, "timm-convnext"}};
  for (const auto& [whose, table] : cases) {
    const auto backbone = models::make_backbone(options);
    const auto report =
        models::load_backbone_weights(*backbone, classifier_of(*source, whose), options, "convnext.pth");
    EXPECT_EQ(report.source, table);
    EXPECT_EQ(report.missing.size(), 6u) << "the norms of the features, which a classifier does not have";
    EXPECT_EQ(report.dropped.size(), whose == Whose::kFeatures ? 0u : 3u) << table;
    EXPECT_EQ(report.taken + 6, report.tensors);
    for (const auto& parameter : source->named_parameters()) {
      if (parameter.key().rfind("norm", 0) == 0) continue;
      EXPECT_TRUE(backbone->named_parameters()[parameter.key()].equal(parameter.value())) << parameter.key();
    }
  }
}

TEST(ConvNeXt, TheSecondVersionIsNotTakenForTheFirst) {
  const auto source = models::make_backbone(convnext());
  auto tensors = classifier_of(*source, Whose::kTimm);
  for (auto it = tensors.begin(); it != tensors.end();) {
    it = it->first.find("gamma") != std::string::npos ? tensors.erase(it) : std::next(it);
  }
  tensors["stages.0.blocks.0.mlp.grn.weight"] = at::ones({384});
  EXPECT_EQ(models::recognise_names(tensors), nullptr);
}

}  // namespace
}  // namespace focus::test
