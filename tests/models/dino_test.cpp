#include "models/dino.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/profile.h"
#include "models/architectures.h"
#include "models/parity.h"
#include "models/tiny_model.h"
#include "nn/prepare.h"

namespace focus::test {
namespace {

models::DetectorOptions dino_options() {
  models::DetectorOptions options;
  options.architecture = "dino";
  return options;
}

TEST(DinoParity, EveryStageOfAImage) {
  FOCUS_NEEDS_SHARED_DATA();
  const Golden golden("dino_d");
  models::Dino model(dino_options());
  const ParityRun run(model, golden, at::kDouble);
  expect_same_features(golden, run.trace);
  expect_same_tokens(golden, run.trace);
  for (const std::string l : {"0", "1", "2", "3", "4", "5"}) {
    const auto& layer = run.trace.tensors.at("enc" + l + "_out");
    golden.expect_matches("enc" + l + "_out", layer, golden.tolerance({"enc" + l + "_out"}));
    golden.expect_close("enc" + l + "_out_first4", layer.slice(1, 0, 4),
                        golden.tolerance({"enc" + l + "_out"}));
  }
  expect_same_memory(golden, run.trace);
  expect_same_answer(golden, model, run);
}

TEST(DinoParity, EncoderInSinglePrecision) {
  FOCUS_NEEDS_SHARED_DATA();
  const Golden golden("dino_d");
  models::Dino model(dino_options());
  const ParityRun run(model, golden, at::kFloat);
  expect_same_features(golden, run.trace);
  expect_same_tokens(golden, run.trace);
  expect_same_memory(golden, run.trace);
}

TEST(Dino, NamesAndShapesAreTheReferences) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto reference =
      nlohmann::json::parse(std::ifstream(shared_dir() / "golden" / "state_dict_dino_r50.json"));
  models::Dino model(dino_options());
  const auto own = models::state_dict(model);
  std::set<std::string> used;
  for (const auto& [name, shape] : reference.items()) {
    const auto canonical = models::canonical_name(name, 6);
    ASSERT_EQ(own.count(canonical), 1u) << name;
    EXPECT_EQ(own.at(canonical).sizes().vec(), shape.get<std::vector<int64_t>>()) << name;
    used.insert(canonical);
  }
  EXPECT_EQ(used.size(), own.size()) << "the reference has all of ours";
}

int64_t parameters_of(const models::Detector& model) {
  int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.numel();
  return count;
}

TEST(Dino, FiveScalesBeginAtStrideFour) {
  at::NoGradGuard no_grad;
  auto options = tiny_options();
  options.architecture = "dino";
  options.transformer.levels = 5;
  for (const char* backbone : {"resnet18", "mobilenet_v2"}) {
    options.backbone = {backbone, "frozen", 1, 4};
    const auto model = tiny_detector(options);
    const auto output = model->forward(batch_of({image("test/dino/five", 96, 128)}));
    const std::vector<nn::ImageSize> shapes{{24, 32}, {12, 16}, {6, 8}, {3, 4}, {2, 2}};
    EXPECT_EQ(output.spatial_shapes, shapes) << backbone;
    EXPECT_EQ(output.layers.back().boxes.sizes().vec(), (std::vector<int64_t>{1, 20, 4}));
    const auto names = models::state_dict(*model);
    EXPECT_EQ(names.count("neck.convs.3.conv.weight"), 1u);
    EXPECT_EQ(names.count("neck.extra_convs.1.conv.weight"), 0u);
  }
}

TEST(Dino, IsFocusDetrWithoutTheScorerAndDualAttention) {
  auto options = tiny_options();
  const auto focus = tiny_detector(options);
  options.architecture = "dino";
  const auto dino = tiny_detector(options);
  // Left out: alpha, the scorer, self-attentions and their normalisations.
  EXPECT_LT(parameters_of(*dino), parameters_of(*focus));
  const auto fitted = models::fit_names(focus->options(), models::state_dict(*dino), "dino");
  EXPECT_TRUE(fitted.dropped.empty());
  for (const auto& [name, tensor] : fitted.tensors) {
    EXPECT_EQ(models::state_dict(*focus).at(name).sizes(), tensor.sizes()) << name;
  }
}

TEST(Dino, EncodesEveryTokenAndSplitsItsTime) {
  at::NoGradGuard no_grad;
  auto options = tiny_options();
  options.architecture = "dino";
  const auto model = tiny_detector(options);
  Profile profile;
  models::Trace trace;
  const auto batch = batch_of({image("test/dino/a", 96, 128), image("test/dino/b", 70, 110)});
  {
    const ProfileRecording recording(profile);
    model->forward(batch, nullptr, &trace);
  }
  std::map<std::string, int64_t> macs;
  for (const auto& span : profile.spans()) macs[span.path] = span.macs;
  EXPECT_EQ(macs.count("scorer"), 0u);
  EXPECT_EQ(macs.at("encoder/layer0"), macs.at("encoder/layer1")) << "no layer is smaller";
  const auto features = at::cat({trace.tensors.at("neck0").flatten(2), trace.tensors.at("neck1").flatten(2),
                                 trace.tensors.at("neck2").flatten(2), trace.tensors.at("neck3").flatten(2)},
                                2)
                            .transpose(1, 2);
  EXPECT_FALSE(trace.tensors.at("memory").eq(features).all(-1).any().item<bool>());

  EXPECT_EQ(model->keep_ratio(), 1);
  model->set_keep_ratio(1);
  EXPECT_THROW(model->set_keep_ratio(0.5), UsageError);
}

TEST(Dino, PreparedGivesTheSameAnswers) {
  at::NoGradGuard no_grad;
  auto options = tiny_options();
  options.architecture = "dino";
  options.transformer.queries = 60;
  const auto model = tiny_detector(options);
  const auto batch = batch_of({image("test/dino/prepared", 96, 128)});
  const auto expected = model->forward(batch).layers.back();
  nn::prepare(*model);
  const auto found = model->forward(batch).layers.back();
  EXPECT_TRUE(found.logits.allclose(expected.logits, 1e-3, 1e-3));
  EXPECT_TRUE(found.boxes.allclose(expected.boxes, 1e-3, 1e-3));
}

TEST(Architectures, AreAllNamedAndBuilt) {
  const auto& names = models::architecture_names();
  ASSERT_EQ(models::architectures().size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(models::architectures()[i].name, names[i]);
  EXPECT_EQ(models::DetectorOptions().architecture, names[0]);
  auto options = tiny_options();
  options.architecture = "dion";
  EXPECT_THROW(models::make_detector(options), UsageError);
  for (const auto& architecture : models::architectures()) {
    options.architecture = architecture.name;
    const auto tensors = models::state_dict(*models::make_detector(options));
    EXPECT_EQ(models::architecture_of(tensors), architecture.name);
    for (const auto& [name, shape] : architecture.telling_shapes(options)) {
      ASSERT_EQ(tensors.count(name), 1u) << architecture.name << " " << name;
      EXPECT_EQ(tensors.at(name).sizes().vec(), shape) << architecture.name << " " << name;
    }
  }
}

}  // namespace
}  // namespace focus::test
