#include "models/backbones/swin.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/backbones/backbone_weights.h"
#include "models/backbones/window_attention.h"
#include "models/checkpoints/state_dict.h"
#include "models/support.h"
#include "nn/largest.h"
#include "nn/prepare.h"

namespace focus::test {
namespace {

models::BackboneOptions swin(const std::string& name) {
  models::BackboneOptions options;
  options.name = name;
  options.frozen_stages = 0;
  return options;
}

int64_t parameters_of(torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

/// Whether two tokens share a window: windows begin at `shift`, and before it.
bool share_a_window(int64_t y1, int64_t x1, int64_t y2, int64_t x2, int64_t window, int64_t shift) {
  const auto index = [&](int64_t place) {
    return shift == 0 ? place / window : (place + window - shift) / window;
  };
  return index(y1) == index(y2) && index(x1) == index(x2);
}

class WindowAttentionCase : public testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(WindowAttentionCase, IsAttentionAmongTheTokensOfAWindow) {
  at::NoGradGuard no_grad;
  constexpr int64_t kWidth = 12, kHeads = 3, kHead = kWidth / kHeads;
  const int64_t window = std::get<0>(GetParam()), shift = std::get<1>(GetParam());
  models::WindowAttention attention(kWidth, kHeads, window, shift);
  fill_deterministic(attention);
  attention.to(at::kDouble);
  const auto named = attention.named_parameters();
  const int64_t height = 9, width = 11;  // No whole windows: the rest is padding, which takes part.
  const auto x = tensor("window/x", {2, height, width, kWidth}).to(at::kDouble);
  const auto found = attention.forward(x);
  ASSERT_EQ(found.sizes(), x.sizes());

  const auto whole = [&](int64_t size) { return (size + window - 1) / window * window; };
  const int64_t rows = whole(height), columns = whole(width);
  const auto padded = at::constant_pad_nd(x, {0, 0, 0, columns - width, 0, rows - height});
  const auto qkv = at::linear(padded, named["qkv.weight"], named["qkv.bias"]);
  const auto& table = named["relative_position_bias_table"];
  auto mixed = at::zeros_like(x);
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t c = 0; c < width; ++c) {
        for (int64_t head = 0; head < kHeads; ++head) {
          const auto part = [&](int64_t i, int64_t j, int64_t which) {
            return qkv[b][i][j].slice(0, which * kWidth + head * kHead, which * kWidth + (head + 1) * kHead);
          };
          std::vector<at::Tensor> scores, values;
          for (int64_t i = 0; i < rows; ++i) {
            for (int64_t j = 0; j < columns; ++j) {
              if (!share_a_window(y, c, i, j, window, shift)) continue;
              const int64_t row = (y - i + window - 1) * (2 * window - 1) + (c - j + window - 1);
              scores.push_back(part(y, c, 0).dot(part(i, j, 1)) / std::sqrt(static_cast<double>(kHead)) +
                               table[row][head]);
              values.push_back(part(i, j, 2));
            }
          }
          mixed[b][y][c].slice(0, head * kHead, (head + 1) * kHead) =
              at::matmul(at::stack(scores).softmax(0), at::stack(values));
        }
      }
    }
  }
  const auto expected = at::linear(mixed, named["proj.weight"], named["proj.bias"]);
  EXPECT_LT(largest(found - expected), 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Windows, WindowAttentionCase,
                         testing::Values(std::pair<int64_t, int64_t>{4, 0}, std::pair<int64_t, int64_t>{4, 2},
                                         std::pair<int64_t, int64_t>{3, 1}));

TEST(Swin, HasTheParametersOfThePublicModels) {
  // Classifiers of 1000 classes, their last norm and layer taken off; three norms for the features put on.
  const auto expected = [](int64_t classifier, int64_t width) {
    return classifier - 2 * 8 * width - (8 * width * 1000 + 1000) + 2 * (2 + 4 + 8) * width;
  };
  EXPECT_EQ(parameters_of(*models::make_backbone(swin("swin_t"))), expected(28288354, 96));
  EXPECT_EQ(parameters_of(*models::make_backbone(swin("swin_s"))), expected(49606258, 96));
  EXPECT_EQ(parameters_of(*models::make_backbone(swin("swin_b"))), expected(87768224, 128));
}

TEST(Swin, YieldsAFeatureAStrideOfAnyImage) {
  at::NoGradGuard no_grad;
  auto options = swin("swin_t");
  for (const int64_t finest : {8, 4}) {
    options.finest_stride = finest;
    const auto backbone = models::make_backbone(options);
    backbone->eval();
    const auto features = backbone->forward(tensor("swin/x", {2, 3, 70, 101}));
    ASSERT_EQ(features.size(), backbone->channels().size());
    int64_t stride = finest;
    for (size_t i = 0; i < features.size(); ++i, stride *= 2) {
      const std::vector<int64_t> shape{2, 96 * stride / 4, (70 + stride - 1) / stride,
                                       (101 + stride - 1) / stride};
      EXPECT_EQ(features[i].sizes().vec(), shape);
      EXPECT_TRUE(features[i].is_contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}

TEST(Swin, PreparedGivesTheSameFeatures) {
  at::NoGradGuard no_grad;
  const auto backbone = models::make_backbone(swin("swin_t"));
  fill_deterministic(*backbone);
  backbone->eval();
  const auto x = tensor("swin/x", {1, 3, 64, 90});
  const auto expected = backbone->forward(x);
  nn::prepare(*backbone);
  const auto found = backbone->forward(x);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_LT(largest(found[i] - expected[i]), 1e-3) << i;
}

TEST(Swin, FreezesFromThePatchesOn) {
  auto options = swin("swin_t");
  options.frozen_stages = 1;
  const auto frozen = models::make_backbone(options);
  EXPECT_FALSE(frozen->named_parameters()["patch_embed.proj.weight"].requires_grad());
  EXPECT_TRUE(frozen->named_parameters()["layers.0.blocks.0.norm1.weight"].requires_grad());
}

/// Whose names a Swin Transformer has; kFeatures are timm's of features_only=True.
enum class SwinNames { kAuthors, kTimm, kFeatures };

/// What microsoft/Swin-Transformer saves of a classifier whose backbone this is, or what timm does.
models::StateDict classifier_of(models::Backbone& backbone, SwinNames whose) {
  const bool timm = whose != SwinNames::kAuthors;
  models::StateDict tensors;
  for (const auto& [name, tensor] : models::state_dict(backbone)) {
    if (name.rfind("norm", 0) == 0) continue;
    std::string theirs = name;
    const auto merging = theirs.find(".downsample.");
    if (timm && merging != std::string::npos) {
      theirs = "layers." + std::to_string(std::stoi(theirs.substr(7)) + 1) + theirs.substr(merging);
    }
    if (whose == SwinNames::kFeatures && theirs.rfind("layers.", 0) == 0) theirs[6] = '_';
    tensors[theirs] = tensor;
  }
  if (whose == SwinNames::kFeatures) return tensors;
  tensors["norm.weight"] = at::ones({768});
  tensors[timm ? "head.fc.weight" : "head.weight"] = at::ones({1000, 768});
  if (!timm) {
    tensors["layers.0.blocks.0.attn.relative_position_index"] = at::zeros({49, 49}, at::kLong);
    tensors["layers.0.blocks.1.attn_mask"] = at::zeros({64, 49, 49});
  }
  return tensors;
}

TEST(Swin, LoadsItsAuthorsWeightsAndTimms) {
  const auto options = swin("swin_t");
  const auto source = models::make_backbone(options);
  fill_deterministic(*source);
  for (const auto whose : {SwinNames::kAuthors, SwinNames::kTimm, SwinNames::kFeatures}) {
    const bool timm = whose != SwinNames::kAuthors;
    const auto backbone = models::make_backbone(options);
    const auto report =
        models::load_backbone_weights(*backbone, classifier_of(*source, whose), options, "swin.pth");
    EXPECT_EQ(report.source, timm ? "timm-swin" : "swin");
    EXPECT_EQ(report.missing.size(), 6U) << "the norms of the features, which a classifier does not have";
    EXPECT_EQ(report.dropped.size(), whose == SwinNames::kFeatures ? 0U : timm ? 2U : 4U);
    EXPECT_EQ(report.taken + 6, report.tensors);
    for (const auto& parameter : source->named_parameters()) {
      if (parameter.key().rfind("norm", 0) == 0) continue;
      EXPECT_TRUE(backbone->named_parameters()[parameter.key()].equal(parameter.value())) << parameter.key();
    }
  }
}

}  // namespace
}  // namespace focus::test
