// What a Focus-DETR is without one of its modules.
#include <gtest/gtest.h>

#include "models/checkpoints/state_dict.h"
#include "models/tiny_model.h"

namespace focus::test {
namespace {

models::DetectorOptions tiny_without(bool models::FocusOptions::*module) {
  auto options = tiny_options();
  options.focus.*module = false;
  return options;
}

nn::ImageBatch one_image() { return batch_of({image("test/focus_options", 96, 128)}); }

models::Trace traced(models::FocusDetr& model) {
  at::NoGradGuard no_grad;
  models::Trace trace;
  model.forward(one_image(), nullptr, &trace);
  return trace;
}

/// Names of the weights that `a` has and `b` has not.
std::vector<std::string> weights_of_only(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto others = models::state_dict(b);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : models::state_dict(a)) {
    if (others.count(name) == 0) names.push_back(name);
  }
  return names;
}

TEST(FocusOptions, WithoutDualAttentionALayerOnlySamples) {
  const auto full = tiny_model(), model = tiny_model(tiny_without(&models::FocusOptions::dual_attention));
  for (const auto& name : weights_of_only(*model, *full)) {
    EXPECT_NE(name.find("attentions.0."), std::string::npos)
        << name << ": the sampling attention is the first";
  }
  EXPECT_EQ(models::state_dict(*model).count("transformer.encoder.layers.0.norm2.weight"), 0U);
  const auto trace = traced(*model);
  EXPECT_EQ(trace.tensors.count("oesm0_local_idx"), 0U) << "no token is fine-grained";
  EXPECT_EQ(trace.tensors.count("enc1_out"), 1U);
  EXPECT_TRUE(trace.tensors.at("fg_inds0").equal(traced(*full).tensors.at("fg_inds0")))
      << "the scorer does not know of it";
}

TEST(FocusOptions, WithoutTopDownModulationLevelsAreScoredAlone) {
  const auto full = tiny_model(), model = tiny_model(tiny_without(&models::FocusOptions::top_down));
  EXPECT_EQ(weights_of_only(*full, *model), (std::vector<std::string>{"transformer.alpha"}));
  const auto before = traced(*full).tensors.at("fg_score");
  at::NoGradGuard no_grad;
  full->named_parameters()["transformer.alpha"].zero_();
  const auto without = traced(*model).tensors.at("fg_score");
  EXPECT_TRUE(without.equal(traced(*full).tensors.at("fg_score"))) << "as if alpha were nothing";
  EXPECT_FALSE(without.equal(before));
}

TEST(FocusOptions, WithoutCategoryScoreForegroundAloneChooses) {
  const auto full = tiny_model(), model = tiny_model(tiny_without(&models::FocusOptions::category_score));
  EXPECT_TRUE(weights_of_only(*full, *model).empty());
  const auto trace = traced(*model);
  const auto& kept = trace.tensors.at("fg_inds0");
  const auto foreground = trace.tensors.at("fg_score").gather(1, kept);
  EXPECT_TRUE(trace.tensors.at("oesm0_mc_score_all").equal(foreground));
  EXPECT_FALSE(traced(*full).tensors.at("oesm0_mc_score_all").equal(foreground));
}

}  // namespace
}  // namespace focus::test
