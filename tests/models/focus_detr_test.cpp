// What a Focus-DETR does whatever its weights: shapes, padding, modes, gradients, bad options.
#include "models/focus_detr.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/error.h"
#include "models/decoders/postprocess.h"
#include "models/tiny_model.h"

namespace focus::test {
namespace {

constexpr int64_t kTokens4056 = 5 * 7 + 3 * 4 + 2 * 2 + 1 * 1;  // Of a 40x56 image.

at::Tensor small_image() { return image("test/detr/small", 40, 56); }
at::Tensor large_image() { return image("test/detr/large", 96, 128); }

nn::Target target_of(const std::vector<int64_t>& labels, const nn::ImageSize& size) {
  const auto count = static_cast<int64_t>(labels.size());
  return {at::tensor(labels, at::kLong), tensor("test/detr/boxes", {count, 4}, 0.1, 0.3), size};
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(FocusDetr, ImageWithFewerTokensThanEveryTopK) {
  at::NoGradGuard no_grad;
  auto options = tiny_options();
  options.transformer.queries = 100;
  ASSERT_GT(options.transformer.queries, kTokens4056);
  ASSERT_GT(options.focus.fine_grained_tokens, kTokens4056);
  const auto model = tiny_model(options);
  const auto output = model->forward(batch_of({small_image()}));
  EXPECT_EQ(output.foreground_logits.sizes().vec(), (std::vector<int64_t>{1, kTokens4056}));
  EXPECT_EQ(output.spatial_shapes, (std::vector<nn::ImageSize>{{5, 7}, {3, 4}, {2, 2}, {1, 1}}));
  const auto& last = output.layers.back();
  EXPECT_EQ(last.logits.sizes().vec(), (std::vector<int64_t>{1, kTokens4056, 3}));
  EXPECT_EQ(last.boxes.sizes().vec(), (std::vector<int64_t>{1, kTokens4056, 4}));
  EXPECT_TRUE(last.logits.isfinite().all().item<bool>());
  EXPECT_TRUE(last.boxes.ge(0).logical_and(last.boxes.le(1)).all().item<bool>());
  EXPECT_EQ(models::top_detections(last, options.max_detections).scores.size(1), 3 * kTokens4056);
}

TEST(FocusDetr, OnePixelIsAImageToo) {
  at::NoGradGuard no_grad;
  const auto output = tiny_model()->forward(batch_of({image("test/detr/dot", 1, 1)}));
  EXPECT_TRUE(output.layers.back().logits.isfinite().all().item<bool>());
}

TEST(FocusDetr, FixedTopKRefusesSmallImages) {
  at::NoGradGuard no_grad;
  auto options = tiny_options();
  options.transformer.queries = 100;
  options.focus.fine_grained_tokens = 4;
  const auto model = tiny_model(options);
  const auto batch = batch_of({small_image()});
  EXPECT_EQ(message_of([&] { model->forward(batch); }), "");
  model->set_quirks({.ignore_padding_in_eval = false, .fixed_top_k = true});
  EXPECT_NE(message_of([&] { model->forward(batch); }).find("52 tokens, 100 proposals wanted"),
            std::string::npos);
  model->set_quirks({});
  EXPECT_EQ(message_of([&] { model->forward(batch); }), "");

  options.focus.fine_grained_tokens = 300;
  options.transformer.queries = 20;
  options.quirks.fixed_top_k = true;
  const auto fine_grained = message_of([&] { tiny_model(options)->forward(batch); });
  EXPECT_NE(fine_grained.find("300 fine-grained tokens wanted"), std::string::npos) << fine_grained;
}

TEST(FocusDetr, EvaluationGivesTheLastLayerAndATraceAll) {
  at::NoGradGuard no_grad;
  const auto model = tiny_model();
  const auto batch = batch_of({large_image()});
  const auto output = model->forward(batch);
  models::Trace trace;
  const auto traced = model->forward(batch, nullptr, &trace);
  ASSERT_EQ(output.layers.size(), 1U);
  ASSERT_EQ(traced.layers.size(), 2U);
  EXPECT_TRUE(output.layers[0].logits.allclose(traced.layers[1].logits, 1e-4, 1e-5));
  EXPECT_TRUE(output.layers[0].boxes.allclose(traced.layers[1].boxes, 1e-4, 1e-5));
  EXPECT_FALSE(output.layers[0].logits.equal(traced.layers[0].logits));
  EXPECT_TRUE(trace.tensors.at("outputs_class1").equal(traced.layers[1].logits));
  EXPECT_EQ(trace.tensors.at("outputs_coord").sizes().vec(), (std::vector<int64_t>{2, 1, 20, 4}));
  EXPECT_FALSE(output.denoising);
}

/// A batch whose second image fills only a corner, and what the model makes of it.
struct PaddedBatch {
  nn::ImageBatch batch = batch_of({large_image(), small_image()});
  models::Trace trace;
  at::Tensor padding;   ///< (2, tokens) bool
  at::Tensor features;  ///< (2, tokens, C): the neck's

  explicit PaddedBatch(models::FocusDetr& model) {
    at::NoGradGuard no_grad;
    model.forward(batch, nullptr, &trace);
    std::vector<at::Tensor> masks, levels;
    for (const std::string l : {"0", "1", "2", "3"}) {
      masks.push_back(at("mask" + l).flatten(1));
      levels.push_back(at("neck" + l).flatten(2).transpose(1, 2));
    }
    padding = at::cat(masks, 1);
    features = at::cat(levels, 1);
  }
  const at::Tensor& at(const std::string& name) const { return trace.tensors.at(name); }
};

TEST(FocusDetr, NothingOfPaddingIsProposedOrEncoded) {
  const PaddedBatch run(*tiny_model());
  ASSERT_FALSE(run.padding[0].any().item<bool>());
  const auto padding = run.padding[1];
  ASSERT_TRUE(padding.any().item<bool>());

  const auto invalid = run.at("output_proposals")[1].isinf().all(-1);
  EXPECT_TRUE(invalid.masked_select(padding).all().item<bool>());
  EXPECT_FALSE(invalid.masked_select(padding.logical_not()).all().item<bool>());

  const auto same = run.at("memory").eq(run.features).all(-1)[1];
  EXPECT_TRUE(same.masked_select(padding).all().item<bool>()) << "padded rows stay the neck's features";
  EXPECT_FALSE(same.masked_select(padding.logical_not()).all().item<bool>());

  const auto foreground = run.at("focus_token_nums")[1].item<int64_t>();
  ASSERT_LT(foreground, run.at("focus_token_nums")[0].item<int64_t>());
  for (const std::string layer : {"0", "1"}) {
    const auto kept = run.at("fg_inds" + layer)[1];
    const auto counted = kept.slice(0, 0, std::min(foreground, kept.size(0)));
    EXPECT_FALSE(padding.index_select(0, counted).any().item<bool>()) << "layer " << layer;
  }
}

TEST(FocusDetr, IgnoringPaddingInEvaluationIsAQuirk) {
  at::NoGradGuard no_grad;
  const auto model = tiny_model();
  const PaddedBatch right(*model);
  model->set_quirks({.ignore_padding_in_eval = true, .fixed_top_k = false});
  const PaddedBatch quirky(*model);
  EXPECT_TRUE(right.at("mask0").any().item<bool>());
  EXPECT_FALSE(quirky.at("mask0").any().item<bool>());
  EXPECT_FALSE(quirky.at("outputs_coord")[1][1].allclose(right.at("outputs_coord")[1][1], 0, 1e-3))
      << "the padded image's boxes";

  model->train();
  models::Trace trace;
  model->forward(right.batch, nullptr, &trace);
  EXPECT_TRUE(trace.tensors.at("mask0").equal(right.at("mask0"))) << "training never ignores padding";
}

TEST(FocusDetr, DenoisingIsForTrainingWithBoxes) {
  const auto model = tiny_model();
  model->train();
  at::manual_seed(1);
  const auto batch = batch_of({large_image(), small_image()});
  const std::vector<nn::Target> boxes{target_of({2, 0, 1}, batch.sizes[0]), target_of({1}, batch.sizes[1])};
  const std::vector<nn::Target> none{target_of({}, batch.sizes[0]), target_of({}, batch.sizes[1])};

  const auto output = model->forward(batch, &boxes);
  ASSERT_TRUE(output.denoising);
  EXPECT_EQ(output.denoising->groups, 3) << "10 queries, 3 boxes at most";
  EXPECT_EQ(output.denoising->group_size, 6);
  ASSERT_EQ(output.denoising->layers.size(), 2U);
  ASSERT_EQ(output.layers.size(), 2U);
  for (size_t l = 0; l < 2; ++l) {
    EXPECT_EQ(output.denoising->layers[l].boxes.sizes().vec(), (std::vector<int64_t>{2, 18, 4}));
    EXPECT_EQ(output.layers[l].boxes.sizes().vec(), (std::vector<int64_t>{2, 20, 4}));
  }

  const auto without = model->forward(batch, &none), untaught = model->forward(batch);
  EXPECT_FALSE(without.denoising);
  EXPECT_FALSE(untaught.denoising);
  EXPECT_EQ(without.layers.size(), 2U);
  // Queries of the detector see none of the denoising queries.
  EXPECT_TRUE(output.layers[1].logits.allclose(without.layers[1].logits, 1e-3, 1e-3));
  EXPECT_TRUE(without.layers[1].logits.equal(untaught.layers[1].logits));

  model->eval();
  EXPECT_FALSE(model->forward(batch, &boxes).denoising);
}

/// A scalar every output has a part in.
at::Tensor objective(const nn::DetectorOutput& output) {
  auto total = at::zeros({});
  int64_t index = 0;
  const auto add = [&](const at::Tensor& x) {
    total = total + (x * tensor("test/detr/upstream" + std::to_string(index++), x.sizes())).sum();
  };
  const auto add_prediction = [&](const nn::Prediction& prediction) {
    add(prediction.logits);
    add(prediction.boxes);
  };
  for (const auto& layer : output.layers) add_prediction(layer);
  if (output.denoising) {
    for (const auto& layer : output.denoising->layers) add_prediction(layer);
  }
  add_prediction(output.proposals);
  add(output.foreground_logits);
  return total;
}

/// Names of trainable parameters a backward pass leaves without a gradient, or with one of zeros.
std::set<std::string> unreached_parameters(const std::vector<int64_t>& labels) {
  const auto model = tiny_model();
  model->train();
  at::manual_seed(1);
  const auto batch = batch_of({large_image()});
  const std::vector<nn::Target> targets{target_of(labels, batch.sizes[0])};
  objective(model->forward(batch, &targets)).backward();
  std::set<std::string> unreached;
  for (const auto& item : model->named_parameters()) {
    const auto& gradient = item.value().grad();
    if (!item.value().requires_grad()) {
      EXPECT_FALSE(gradient.defined()) << item.key() << " is frozen";
      const bool stem = item.key().rfind("backbone.features.0.", 0) == 0 ||
                        item.key().rfind("backbone.features.1.", 0) == 0;
      EXPECT_TRUE(stem) << item.key() << " is frozen";
    } else if (!gradient.defined() || gradient.abs().max().item<double>() == 0) {
      unreached.insert(item.key());
    } else {
      EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << item.key();
    }
  }
  return unreached;
}

TEST(FocusDetr, BackwardReachesEveryTrainableParameter) {
  EXPECT_EQ(unreached_parameters({2, 0, 1}), (std::set<std::string>{}));
  EXPECT_EQ(unreached_parameters({}), (std::set<std::string>{"label_enc.weight"}))
      << "only denoising uses it";
}

TEST(FocusDetr, QueriesMayStartFromProposalFeatures) {
  at::NoGradGuard no_grad;
  auto options = tiny_options();
  options.transformer.learned_queries = false;
  const auto model = tiny_model(options);
  EXPECT_EQ(models::state_dict(*model).count("transformer.tgt_embed.weight"), 0U);
  EXPECT_EQ(model->forward(batch_of({large_image()})).layers.back().logits.size(1), 20);
}

TEST(DetectorOptions, ContradictionsAreNamed) {
  const auto message = [](const std::function<void(models::DetectorOptions&)>& change) -> std::string {
    auto options = tiny_options();
    change(options);
    try {
      models::FocusDetr model(options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message([](auto&) {}), "");
  EXPECT_NE(
      message([](auto& o) { o.focus.cascade = {1.0}; }).find("cascade has 1 numbers for 2 encoder layers"),
      std::string::npos);
  EXPECT_NE(message([](auto& o) { o.transformer.encoder_layers = 3; }).find("cascade has 2 numbers for 3"),
            std::string::npos);
  EXPECT_NE(message([](auto& o) { o.transformer.heads = 5; }).find("width 32 is not a multiple of"),
            std::string::npos);
  EXPECT_NE(message([](auto& o) { o.transformer.width = 30, o.transformer.heads = 5; }).find("multiple of 4"),
            std::string::npos);
  EXPECT_NE(message([](auto& o) { o.backbone.norm = "thawed"; }).find("thawed"), std::string::npos);
}

}  // namespace
}  // namespace focus::test
