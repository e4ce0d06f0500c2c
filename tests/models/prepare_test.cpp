#include "nn/prepare.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/focus_detr.h"
#include "nn/activation_ranges.h"
#include "nn/largest.h"
#include "ops/packed/packed_convolution.h"
#include "support/deterministic.h"
#include "support/error_budget.h"

namespace focus::test {
namespace {

models::DetectorOptions small(const std::string& backbone) {
  models::DetectorOptions options;
  options.classes = 5;
  options.backbone.name = backbone;
  options.transformer.width = 64;
  options.transformer.feedforward_width = 128;
  options.transformer.encoder_layers = 2;
  options.transformer.decoder_layers = 2;
  options.transformer.queries = 60;
  options.focus.cascade = {1.0, 0.6};
  options.focus.fine_grained_tokens = 30;
  return options;
}

std::shared_ptr<models::FocusDetr> model_with_weights(const models::DetectorOptions& options) {
  auto model = std::make_shared<models::FocusDetr>(options);
  model->eval();
  at::NoGradGuard no_grad;
  for (auto& entry : model->named_parameters())
    entry.value().copy_(parameter(entry.key(), entry.value().sizes()));
  for (auto& entry : model->named_buffers())
    entry.value().copy_(parameter(entry.key(), entry.value().sizes()));
  return model;
}

nn::ImageBatch padded_images() {
  nn::ImageBatch batch;
  batch.images = tensor("prepare/images", {2, 3, 160, 200});
  batch.sizes = {{160, 200}, {130, 170}};
  batch.padding_mask = nn::padding_mask_of(batch.sizes, 160, 200);
  return batch;
}

class Prepare : public testing::TestWithParam<const char*> {};

TEST_P(Prepare, GivesTheSameAnswers) {
  const auto model = model_with_weights(small(GetParam()));
  const auto batch = padded_images();
  at::NoGradGuard no_grad;
  const auto expected = model->forward(batch).layers.back();
  nn::prepare(*model);
  for (int run = 0; run < 2; ++run) {  // The second run takes every plan from its cache.
    const auto found = model->forward(batch).layers.back();
    EXPECT_TRUE(within_budget("model.scores", largest(found.logits.sigmoid() - expected.logits.sigmoid())));
    EXPECT_TRUE(within_budget("model.boxes", largest(found.boxes - expected.boxes)));
  }
}

TEST_P(Prepare, EndsWhereTrainingBegins) {
  const auto model = model_with_weights(small(GetParam()));
  nn::prepare(*model);
  model->train();
  model->eval();
  at::NoGradGuard no_grad;
  const auto before = model->forward(padded_images()).layers.back().boxes;
  for (auto& value : model->backbone().parameters()) value.mul_(0.5);
  EXPECT_GT(largest(model->forward(padded_images()).layers.back().boxes - before), 0);
}

TEST_P(Prepare, FeaturesOfEightBitsAreNear) {
  const auto model = model_with_weights(small(GetParam()));
  const auto batch = padded_images();
  at::NoGradGuard no_grad;
  nn::ActivationRanges ranges;
  std::vector<at::Tensor> expected;
  {
    nn::RangeRecorder recorder;
    expected = model->backbone().forward(batch.images);
    ranges = recorder.ranges(*model);
  }
  nn::prepare(*model, nn::Precision::kInt8, {ranges, {}});
  const auto found = model->backbone().forward(batch.images);
  for (size_t level = 0; level < expected.size(); ++level) {
    const auto floats = ops::unblock(found[level], expected[level].size(1));
    // A norm over a whole feature map does not hang on single roundings but on the bits: weights have 8 with
    // VNNI and 7 without, where each convolution adds an error of about 1/63 / sqrt(12) of the largest weight
    // to what came before (ResNets: 0.03 of the norm). MobileNetV2 adds up signed bytes block after block, of
    // channels whose ranges differ widely (0.16).
    const double tolerance = std::string(GetParam()) == "mobilenet_v2" ? 0.25 : 0.1;
    const double error = ((floats - expected[level]).norm() / expected[level].norm()).item<double>();
    EXPECT_LT(error, tolerance) << level;
    EXPECT_GT(error, 1e-4) << level << ": nothing ran in 8 bits";
  }
}

TEST(PrepareInt8, LayersThatAreKeptRunInTheNextBestPrecision) {
  const auto model = model_with_weights(small("resnet18"));
  const auto batch = padded_images();
  at::NoGradGuard no_grad;
  nn::Quantisation quantisation;
  {
    nn::RangeRecorder recorder;
    model->forward(batch);
    quantisation.ranges = recorder.ranges(*model);
  }
  const auto boxes = [&] { return model->forward(batch).layers.back().boxes; };
  nn::prepare(*model, ops::cpu_has_bfloat16() ? nn::Precision::kBFloat16 : nn::Precision::kFloat32);
  const auto next_best = boxes();
  nn::prepare(*model, nn::Precision::kInt8, quantisation);
  EXPECT_FALSE(boxes().equal(next_best)) << "nothing ran in 8 bits";
  for (const auto& entry : model->named_modules("", false)) quantisation.kept.insert(entry.key());
  nn::prepare(*model, nn::Precision::kInt8, quantisation);
  EXPECT_TRUE(boxes().equal(next_best));
}

TEST(PrepareInt8, RefusesEightBitsWithoutRanges) {
  const auto model = model_with_weights(small("mobilenet_v2"));
  EXPECT_THROW(nn::prepare(*model, nn::Precision::kInt8), UsageError);
}

INSTANTIATE_TEST_SUITE_P(Backbones, Prepare,
                         testing::Values("resnet18", "resnet50", "mobilenet_v2", "convnext_tiny"));

}  // namespace
}  // namespace focus::test
