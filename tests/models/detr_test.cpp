#include "models/detr.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/profile.h"
#include "models/backbones/resnet.h"
#include "models/decoders/postprocess.h"
#include "models/original_names.h"
#include "models/tiny_model.h"
#include "nn/prepare.h"

namespace focus::test {
namespace {

models::DetectorOptions detr_options() {
  models::DetectorOptions options;
  options.architecture = "detr";
  options.classes = 91;
  options.backbone.frozen_stages = 2;
  options.backbone.finest_stride = 32;
  options.transformer.levels = 1;
  options.transformer.queries = 100;
  options.transformer.position_offset = 0;
  return options;
}

models::DetectorOptions tiny_detr() {
  auto options = tiny_options();
  options.architecture = "detr";
  return options;
}

TEST(Detr, HasThePublishedNamesAndNumberOfParameters) {
  models::Detr model(detr_options());
  EXPECT_EQ(trained_parameters(model), 41302368);  // What the public model's code prints.
  const ThereAndBack way(model);
  EXPECT_EQ(way.source, "detr");
  EXPECT_EQ(way.architecture, "detr");
  EXPECT_TRUE(way.same);
  auto names = resnet50_names();
  for (const std::string l : {"0", "1", "2", "3", "4", "5"}) {
    const auto encoder = "transformer.encoder.layers." + l + ".";
    const auto decoder = "transformer.decoder.layers." + l + ".";
    for (const auto& attention :
         {encoder + "self_attn.", decoder + "self_attn.", decoder + "multihead_attn."}) {
      add_names(names, attention, {"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
    }
    for (const auto& layer : {encoder, decoder}) {
      add_weight_and_bias(names, {layer + "linear1", layer + "linear2", layer + "norm1", layer + "norm2"});
    }
    add_weight_and_bias(names, {decoder + "norm3"});
  }
  add_weight_and_bias(names, {"transformer.decoder.norm", "class_embed", "input_proj", "bbox_embed.layers.0",
                              "bbox_embed.layers.1", "bbox_embed.layers.2"});
  names.insert("query_embed.weight");
  EXPECT_EQ(way.names(), names);
  EXPECT_EQ(way.original.at("class_embed.bias").size(0), 92);
}

TEST(Detr, ADilatedStageHasTwiceTheSides) {
  at::NoGradGuard no_grad;
  auto options = detr_options();
  const auto batch = batch_of({image("test/detr/dc5", 96, 160)});
  EXPECT_EQ(models::make_detector(options)->forward(batch).spatial_shapes,
            (std::vector<nn::ImageSize>{{3, 5}}));
  options.backbone.dilated = true;
  const auto dc5 = models::make_detector(options);
  EXPECT_EQ(trained_parameters(*dc5), 41302368) << "the same parameters";
  const auto output = dc5->forward(batch);
  EXPECT_EQ(output.spatial_shapes, (std::vector<nn::ImageSize>{{6, 10}}));
  EXPECT_EQ(output.layers.back().logits.sizes().vec(), (std::vector<int64_t>{1, 100, 92}));
}

/// The last stage of a ResNet-50 by its definition, from the feature at stride 16.
at::Tensor dilated_stage(at::Tensor x, const models::StateDict& weights) {
  const auto convolve = [&](const at::Tensor& in, const std::string& name, int64_t padding,
                            int64_t dilation) {
    const auto y =
        at::conv2d(in, weights.at(name + ".weight"), {}, {1, 1}, {padding, padding}, {dilation, dilation});
    return at::batch_norm(y, weights.at(name + ".norm.weight"), weights.at(name + ".norm.bias"),
                          weights.at(name + ".norm.running_mean"), weights.at(name + ".norm.running_var"),
                          false, 0.1, 1e-5, false);
  };
  for (const std::string block : {"res5.0.", "res5.1.", "res5.2."}) {
    const int64_t dilation = block == "res5.0." ? 1 : 2;  // As torchvision: the first block keeps its own.
    const auto residual = dilation == 1 ? convolve(x, block + "shortcut", 0, 1) : x;
    auto y = convolve(x, block + "conv1", 0, 1).relu();
    y = convolve(y, block + "conv2", dilation, dilation).relu();
    x = (convolve(y, block + "conv3", 0, 1) + residual).relu();
  }
  return x;
}

TEST(Detr, DilationIsTorchvisions) {
  at::NoGradGuard no_grad;
  models::BackboneOptions options{"resnet50", "frozen", 1, 16};
  options.dilated = true;
  const auto backbone = models::make_backbone(options);
  fill_deterministic(*backbone, "backbone.");
  backbone->eval();
  // Odd sides: phases of unequal size.
  for (const auto& [height, width] : {std::pair{96, 128}, {80, 112}}) {
    const auto x = tensor("test/detr/pixels", {2, 3, height, width});
    const auto features = backbone->forward(x);
    ASSERT_EQ(features.size(), 2u);
    ASSERT_EQ(features[0].size(2), height / 16);
    const auto expected = dilated_stage(features[0], models::state_dict(*backbone));
    EXPECT_TRUE(features[1].allclose(expected, 1e-3, 1e-4)) << height;
  }
  nn::prepare(*backbone);
  const auto x = tensor("test/detr/pixels", {1, 3, 80, 112});
  const auto prepared = ops::unblock(backbone->forward(x).back(), 2048);
  backbone->train();
  backbone->eval();
  EXPECT_TRUE(prepared.allclose(backbone->forward(x).back(), 1e-3, 1e-3)) << "blocked feature maps too";
}

TEST(Detr, PaddingChangesNothing) {
  at::NoGradGuard no_grad;
  const auto model = tiny_detector(tiny_detr());
  const auto small = image("test/detr/small", 64, 96);
  const auto alone = model->forward(batch_of({small}));
  const auto both = model->forward(batch_of({image("test/detr/large", 128, 160), small}));
  EXPECT_TRUE(both.layers.back().boxes[1].isfinite().all().item<bool>());
  EXPECT_FALSE(both.layers.back().boxes[1].equal(both.layers.back().boxes[0]));
  // An image's convolutions see zeros where padding is, as at its own border; features of other strides end
  // elsewhere, so agreement is close, not exact.
  EXPECT_LT((both.layers.back().boxes[1] - alone.layers.back().boxes[0]).abs().mean().item<double>(), 0.1);
}

TEST(Detr, AnswersWithItsBestClassesAndNeverNoObject) {
  at::NoGradGuard no_grad;
  const auto output = tiny_detector(tiny_detr())->forward(batch_of({image("test/detr/b", 64, 96)}));
  const auto& last = output.layers.back();
  ASSERT_EQ(last.scores, nn::ClassScores::kSoftmax);
  EXPECT_EQ(last.classes(), 3);
  const auto top = models::top_detections(last, 7);
  const auto probability = last.logits.softmax(-1).slice(-1, 0, 3)[0];
  EXPECT_EQ(top.scores.size(1), 7);
  for (int64_t k = 0; k < 7; ++k) {
    const auto query = top.queries[0][k].item<int64_t>();
    EXPECT_EQ(top.labels[0][k].item<int64_t>(), probability[query].argmax().item<int64_t>());
    EXPECT_FLOAT_EQ(top.scores[0][k].item<float>(), probability[query].max().item<float>());
    if (k > 0) {
      EXPECT_LE(top.scores[0][k].item<float>(), top.scores[0][k - 1].item<float>());
    }
  }
  EXPECT_EQ(models::top_detections(last, 1000).scores.size(1), 20) << "one answer a query";
}

TEST(Detr, CountsItsArithmetic) {
  at::NoGradGuard no_grad;
  const auto model = tiny_detector(tiny_detr());
  Profile profile;
  nn::DetectorOutput output;
  {
    const ProfileRecording recording(profile);
    output = model->forward(batch_of({image("test/detr/c", 64, 96)}));
  }
  std::map<std::string, int64_t> macs;
  for (const auto& span : profile.spans()) macs[span.path] = span.macs;
  const int64_t n = output.spatial_shapes[0].height * output.spatial_shapes[0].width, q = 20, c = 32, f = 64;
  EXPECT_EQ(macs.at("encoder/layer0"), n * c * c * 4 + 2 * n * n * c + 2 * n * c * f);
  EXPECT_EQ(macs.at("decoder/layer1"),
            q * c * c * 4 + 2 * q * q * c + (2 * q + 2 * n) * c * c + 2 * q * n * c + 2 * q * c * f);
  EXPECT_EQ(macs.at("neck"), n * c * 1280);
}

TEST(Detr, OnlyDeepResNetsAreDilated) {
  auto options = tiny_detr();
  options.backbone.dilated = true;
  EXPECT_THROW(models::make_detector(options), UsageError);
}

}  // namespace
}  // namespace focus::test
