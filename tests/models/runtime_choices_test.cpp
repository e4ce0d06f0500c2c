// What may be chosen of a model after it was built: the way it runs, and how much it looks at.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/profile.h"
#include "models/tiny_model.h"
#include "nn/largest.h"
#include "nn/reference_path.h"

namespace focus::test {
namespace {

nn::ImageBatch two_images() {
  return batch_of({image("test/runtime/a", 96, 128), image("test/runtime/b", 70, 110)});
}

/// The spans of one forward pass.
std::map<std::string, ProfileSpan> spans_of(models::FocusDetr& model) {
  at::NoGradGuard no_grad;
  Profile profile;
  {
    const ProfileRecording recording(profile);
    model.forward(two_images());
  }
  std::map<std::string, ProfileSpan> spans;
  for (const auto& span : profile.spans()) spans[span.path] = span;
  return spans;
}

std::string refusal(models::FocusDetr& model, const models::FocusOptions& focus) {
  try {
    model.set_focus(focus);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(RuntimeChoices, TheReferencePathGivesTheSamePredictions) {
  at::NoGradGuard no_grad;
  for (const char* backbone : {"mobilenet_v2", "resnet18"}) {
    auto options = tiny_options();
    options.backbone.name = backbone;
    const auto model = tiny_model(options);
    // Which queries come first hangs on the order of near ties, so scores are compared before anything is
    // chosen.
    models::Trace usual_trace, reference_trace;
    const auto usual = model->forward(two_images(), nullptr, &usual_trace);
    const nn::ReferencePath path;
    const auto reference = model->forward(two_images(), nullptr, &reference_trace);
    for (const char* name : {"res5", "neck0", "fg_score", "memory"}) {
      const auto& expected = usual_trace.tensors.at(name);
      EXPECT_LT(largest(reference_trace.tensors.at(name) - expected), 1e-4 * (1 + largest(expected)))
          << backbone << " " << name;
    }
    EXPECT_LT(largest(reference.layers.back().logits - usual.layers.back().logits), 1e-4) << backbone;
    EXPECT_LT(largest(reference.layers.back().boxes - usual.layers.back().boxes), 1e-4) << backbone;
  }
}

TEST(RuntimeChoices, AForwardPassIsSplitIntoItsStages) {
  const auto spans = spans_of(*tiny_model());
  for (const char* stage :
       {"backbone", "neck", "scorer", "encoder", "encoder/layer0", "encoder/layer1", "backbone/features0",
        "encoder/layer1/values", "encoder/layer1/deformable", "encoder/layer1/self_attention",
        "encoder/layer1/feedforward", "proposals", "decoder", "decoder/layer0", "decoder/layer1", "heads"}) {
    ASSERT_EQ(spans.count(stage), 1u) << stage;
    EXPECT_EQ(spans.at(stage).calls, 1) << stage;
    EXPECT_GT(spans.at(stage).macs, 0) << stage;
  }
  EXPECT_EQ(std::count_if(spans.begin(), spans.end(),
                          [](const auto& span) { return span.first.find('/') == std::string::npos; }),
            7)
      << "stages do not nest in each other";
  EXPECT_EQ(spans.at("encoder").macs, spans.at("encoder/layer0").macs + spans.at("encoder/layer1").macs);
}

TEST(RuntimeChoices, TheReferencePathCountsTheSameArithmetic) {
  const auto model = tiny_model();
  const auto usual = spans_of(*model);
  const nn::ReferencePath path;
  for (const auto& [name, span] : spans_of(*model)) {
    if (name == "heads") {
      EXPECT_GT(span.macs, usual.at(name).macs) << "it predicts from all layers";
    } else {
      EXPECT_EQ(span.macs, usual.at(name).macs) << name;
    }
  }
}

TEST(RuntimeChoices, LessIsKeptWhenAsked) {
  const auto model = tiny_model();
  auto focus = model->options().focus;
  const auto before = spans_of(*model);
  focus.keep_ratio = 0.1;
  model->set_focus(focus);
  EXPECT_EQ(model->options().focus.keep_ratio, 0.1);
  const auto after = spans_of(*model);
  EXPECT_LT(after.at("encoder").macs, before.at("encoder").macs);
  EXPECT_EQ(after.at("decoder").macs, before.at("decoder").macs);
  EXPECT_EQ(after.at("backbone").macs, before.at("backbone").macs);
}

TEST(RuntimeChoices, AModelSetIsTheModelBuiltSo) {
  at::NoGradGuard no_grad;
  auto options = tiny_options();
  options.focus = {0.2, {1.0, 0.7}, 9};
  const auto model = tiny_model();
  model->set_focus(options.focus);
  const auto found = model->forward(two_images()), expected = tiny_model(options)->forward(two_images());
  EXPECT_TRUE(found.layers.back().logits.equal(expected.layers.back().logits));
}

TEST(RuntimeChoices, ImpossibleChoicesAreNamedAndChangeNothing) {
  const auto model = tiny_model();
  const double before = model->options().focus.keep_ratio;
  EXPECT_NE(refusal(*model, {0, {1.0, 0.5}, 300}).find("'keep_ratio' is '0.0'"), std::string::npos);
  EXPECT_NE(refusal(*model, {2, {1.0, 0.5}, 300}).find("keep_ratio"), std::string::npos);
  EXPECT_NE(refusal(*model, {std::nan(""), {1.0, 0.5}, 300}).find("keep_ratio"), std::string::npos);
  EXPECT_NE(refusal(*model, {0.5, {1.0}, 300}).find("1 numbers for 2 encoder layers"), std::string::npos);
  EXPECT_NE(refusal(*model, {0.5, {1.0, 1.5}, 300}).find("cascade"), std::string::npos);
  EXPECT_NE(refusal(*model, {0.5, {1.0, 0.5}, 0}).find("fine_grained_tokens"), std::string::npos);
  EXPECT_NE(refusal(*model, {.cascade = {1.0, 0.5}, .top_down = false}).find("top_down"), std::string::npos);
  EXPECT_NE(refusal(*model, {.cascade = {1.0, 0.5}, .dual_attention = false}).find("dual_attention"),
            std::string::npos);
  EXPECT_EQ(model->options().focus.keep_ratio, before);
}

}  // namespace
}  // namespace focus::test
