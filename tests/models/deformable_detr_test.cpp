#include "models/deformable_detr.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/original_names.h"
#include "models/parity.h"
#include "models/tiny_model.h"
#include "nn/box_ops.h"

namespace focus::test {
namespace {

/// The published model on COCO's 91 numbers of classes.
models::DetectorOptions published(bool refinement, bool two_stage) {
  models::DetectorOptions options;
  options.architecture = "deformable-detr";
  options.classes = 91;
  options.backbone.frozen_stages = 2;
  options.transformer.feedforward_width = 1024;
  options.transformer.queries = 300;
  options.deformable = {refinement, two_stage};
  return options;
}

models::DetectorOptions tiny_deformable(bool refinement, bool two_stage) {
  auto options = tiny_options();
  options.architecture = "deformable-detr";
  options.deformable = {refinement, two_stage};
  return options;
}

/// What fundamentalvision/Deformable-DETR lists, written down from its modules.
Names deformable_names(bool refinement, bool two_stage) {
  auto names = resnet50_names();
  for (const std::string l : {"0", "1", "2", "3"}) {
    add_weight_and_bias(names, {"input_proj." + l + ".0", "input_proj." + l + ".1"});
  }
  const std::vector<std::string> sampling{"sampling_offsets", "attention_weights", "value_proj",
                                          "output_proj"};
  for (const std::string l : {"0", "1", "2", "3", "4", "5"}) {
    const auto encoder = "transformer.encoder.layers." + l + ".";
    const auto decoder = "transformer.decoder.layers." + l + ".";
    for (const auto& part : sampling) {
      add_weight_and_bias(names, {encoder + "self_attn." + part, decoder + "cross_attn." + part});
    }
    add_names(names, decoder + "self_attn.",
              {"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
    for (const auto& layer : {encoder, decoder}) {
      add_weight_and_bias(names, {layer + "linear1", layer + "linear2", layer + "norm1", layer + "norm2"});
    }
    add_weight_and_bias(names, {decoder + "norm3"});
  }
  names.insert("transformer.level_embed");
  if (two_stage) {
    add_weight_and_bias(names, {"transformer.enc_output", "transformer.enc_output_norm",
                                "transformer.pos_trans", "transformer.pos_trans_norm"});
  } else {
    add_weight_and_bias(names, {"transformer.reference_points"});
    names.insert("query_embed.weight");
  }
  for (int i = 0; i < (two_stage ? 7 : 6); ++i) {
    const auto n = std::to_string(i);
    std::vector<std::string> lists{""};
    if (refinement) lists.push_back("transformer.decoder.");
    for (const auto& list : lists) {
      for (const std::string k : {"0", "1", "2"}) {
        add_weight_and_bias(names, {list + "bbox_embed." + n + ".layers." + k});
      }
      if (list.empty() || two_stage) add_weight_and_bias(names, {list + "class_embed." + n});
    }
  }
  return names;
}

struct DeformableVariant {
  bool refinement, two_stage;
  int64_t parameters;  ///< of the published model, backbone's stem and first stage frozen
};

class DeformableDetrVariants : public testing::TestWithParam<DeformableVariant> {};

TEST_P(DeformableDetrVariants, HasThePublishedNamesAndNumberOfParameters) {
  const auto& [refinement, two_stage, parameters] = GetParam();
  models::DeformableDetr model(published(refinement, two_stage));
  EXPECT_EQ(trained_parameters(model), parameters);
  const ThereAndBack way(model);
  EXPECT_EQ(way.names(), deformable_names(refinement, two_stage));
  EXPECT_EQ(way.source, "deformable-detr");
  EXPECT_EQ(way.architecture, "deformable-detr");
  EXPECT_TRUE(way.report.missing.empty()) << way.report.missing.front();
  EXPECT_TRUE(way.report.unexpected.empty()) << way.report.unexpected.front();
  EXPECT_TRUE(way.same);
}

// 39847265 is what the plain model's code prints; the others follow from what is added.
INSTANTIATE_TEST_SUITE_P(Published, DeformableDetrVariants,
                         testing::Values(DeformableVariant{false, false, 39847265},
                                         DeformableVariant{true, false, 39847265 + 5 * 155999},
                                         DeformableVariant{true, true, 40959129}));

TEST(DeformableDetr, QueriesLookAroundTheirLearnedPointFirst) {
  at::NoGradGuard no_grad;
  const auto model = tiny_detector(tiny_deformable(true, false));
  models::Trace trace;
  const auto output = model->forward(batch_of({image("test/deformable/a", 96, 128)}), nullptr, &trace);
  const auto tensors = models::state_dict(*model);
  const auto& embedding = tensors.at("query_embed.weight");
  ASSERT_EQ(embedding.sizes().vec(), (std::vector<int64_t>{20, 64}));
  const auto points = at::linear(embedding.slice(1, 0, 32), tensors.at("transformer.reference_points.weight"),
                                 tensors.at("transformer.reference_points.bias"))
                          .sigmoid();
  EXPECT_TRUE(trace.tensors.at("init_reference")[0].allclose(points, 1e-5, 1e-6));

  // Without a decision by the head the first box is centred at the point.
  const auto head = [&](const at::Tensor& x) {
    auto y = x;
    for (const std::string k : {"0", "1", "2"}) {
      const auto name = "bbox_embed.0.layers." + k;
      y = at::linear(y, tensors.at(name + ".weight"), tensors.at(name + ".bias"));
      if (k != "2") y = y.relu();
    }
    return y;
  };
  auto logits = head(trace.tensors.at("dec0_out")[0]);
  logits.slice(1, 0, 2) += nn::inverse_sigmoid(points, 1e-5);
  EXPECT_TRUE(output.layers[0].boxes[0].allclose(logits.sigmoid(), 1e-4, 1e-5));
}

TEST(DeformableDetr, WithoutRefinementAllLayersLookFromTheSamePoint) {
  at::NoGradGuard no_grad;
  const auto batch = batch_of({image("test/deformable/b", 96, 128)});
  models::Trace plain, refined;
  const auto model = tiny_detector(tiny_deformable(false, false));
  model->forward(batch, nullptr, &plain);
  tiny_detector(tiny_deformable(true, false))->forward(batch, nullptr, &refined);
  EXPECT_EQ(plain.tensors.at("inter_references").size(-1), 2);
  EXPECT_TRUE(plain.tensors.at("inter_references")[1].equal(plain.tensors.at("init_reference")));
  EXPECT_EQ(refined.tensors.at("inter_references").size(-1), 4);
  EXPECT_FALSE(refined.tensors.at("inter_references")[1].equal(refined.tensors.at("inter_references")[0]));
  EXPECT_EQ(models::state_dict(*model).count("bbox_embed.1.layers.0.weight"), 0u) << "one head for all";
}

TEST(DeformableDetr, TwoStageStartsFromTheTokensMostLikeAnObject) {
  at::NoGradGuard no_grad;
  const auto model = tiny_detector(tiny_deformable(true, true));
  const auto batch = batch_of({image("test/deformable/c", 96, 128)});
  models::Trace trace;
  model->forward(batch, nullptr, &trace);
  const auto tensors = models::state_dict(*model);
  const auto scores = at::linear(trace.tensors.at("output_memory"), tensors.at("class_embed.2.weight"),
                                 tensors.at("class_embed.2.bias"))
                          .select(-1, 0);
  const auto best = std::get<1>(scores.topk(20, 1));
  EXPECT_EQ(set_of(trace.tensors.at("enc_topk_idx")), set_of(best)) << "class 0 tells objects";

  // In training boxes of all tokens are there to be taught; the chosen ones are the same.
  model->train();
  const auto output = model->forward(batch);
  EXPECT_FALSE(output.proposals_have_classes);
  ASSERT_EQ(output.proposals.boxes.size(1), trace.tensors.at("output_memory").size(1));
  const auto chosen = output.proposals.boxes[0].index_select(0, trace.tensors.at("enc_topk_idx")[0]);
  EXPECT_TRUE(chosen.allclose(trace.tensors.at("enc_ref_sigmoid")[0], 1e-4, 1e-5));
}

TEST(DeformableDetr, GradientsReachEveryTrainedParameter) {
  const auto batch = batch_of({image("test/deformable/d", 96, 128)});
  for (const auto& [refinement, two_stage] : {std::pair{false, false}, {true, false}, {true, true}}) {
    const auto model = tiny_detector(tiny_deformable(refinement, two_stage));
    model->train();
    const auto output = model->forward(batch);
    auto total = at::zeros({});
    const auto add = [&](const nn::Prediction& prediction) {
      total = total + (prediction.logits * tensor("test/deformable/up", prediction.logits.sizes())).sum() +
              (prediction.boxes * tensor("test/deformable/upb", prediction.boxes.sizes())).sum();
    };
    for (const auto& layer : output.layers) add(layer);
    if (two_stage) add(output.proposals);
    total.backward();
    for (const auto& item : model->named_parameters()) {
      if (!item.value().requires_grad()) continue;
      const auto& gradient = item.value().grad();
      EXPECT_TRUE(gradient.defined() && gradient.abs().max().item<double>() > 0)
          << item.key() << " refinement " << refinement << " two-stage " << two_stage;
    }
  }
}

TEST(DeformableDetr, TwoStagesNeedRefinement) {
  EXPECT_THROW(models::make_detector(tiny_deformable(false, true)), UsageError);
}

}  // namespace
}  // namespace focus::test
