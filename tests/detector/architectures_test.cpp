// Every architecture through everything that knows no architecture: files, conversion, detection, traces.
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "detector/detector.h"
#include "detector/trace_run.h"
#include "io/safetensors/safetensors.h"
#include "models/tiny_model.h"
#include "support/host_traffic.h"
#include "support/stand_in_device.h"
#include "support/temporary_folder.h"
#include "weights/convert.h"
#include "weights/weights_diff.h"

namespace focus::test {
namespace {

/// A variant by name: the architecture, and what of Deformable DETR is on.
struct FamilyMember {
  const char* architecture;
  bool box_refinement = false, two_stage = false;
};

models::DetectorOptions member_options(const FamilyMember& member) {
  auto options = tiny_options();
  options.architecture = member.architecture;
  options.backbone.name = "resnet18";  // As the original programs call it, which know no MobileNet.
  options.deformable = {member.box_refinement, member.two_stage};
  if (options.architecture == "detr") {
    options.backbone.finest_stride = 32;
    options.transformer.levels = 1;
    options.transformer.position_offset = 0;
  }
  return options;
}

detector::ModelInfo info_of(const models::DetectorOptions& options) {
  detector::ModelInfo info;
  info.model = options;
  info.categories = {{4, "ant"}, {5, "bee"}, {9, "cow"}};
  return info;
}

class EveryArchitecture : public testing::TestWithParam<FamilyMember> {
 protected:
  TemporaryFolder folder;
  models::DetectorOptions options = member_options(GetParam());
  std::shared_ptr<models::Detector> model = tiny_detector(options);
  detector::ModelInfo info = info_of(options);
};

TEST_P(EveryArchitecture, DetectsTheSameOnAnotherDevice) {
  const auto images = image("test/family/device", 70, 94).unsqueeze(0).to(at::kFloat) / 255;
  const auto here = detector::run_model(*model, images, {{70, 94}}, {});
  detector::place(*model, {.device = stand_in_device()});
  EXPECT_EQ(model->device(), stand_in_device());
  const auto there = detector::run_model(*model, images, {{70, 94}}, {});
  ASSERT_EQ(there.at(0).size(), here.at(0).size());
  for (size_t i = 0; i < here[0].size(); ++i) {
    EXPECT_NEAR(there[0][i].score, here[0][i].score, 1e-4) << i;
    EXPECT_NEAR(there[0][i].x1, here[0][i].x1, 0.05) << i;
    EXPECT_NEAR(there[0][i].y2, here[0][i].y2, 0.05) << i;
  }
  // What it learned there comes back from its file.
  const auto path = folder.path() / "model.safetensors";
  detector::save_model(path, *model, info);
  const auto again = models::state_dict(*detector::load_model(path).model);
  for (const auto& [name, tensor] : models::state_dict(*model))
    EXPECT_TRUE(again.at(name).equal(tensor.cpu())) << name;
}

TEST_P(EveryArchitecture, NeitherFeedsTheDeviceNorWaitsForIt) {
  const auto images = image("test/family/device", 70, 94).unsqueeze(0).to(at::kFloat) / 255;
  detector::place(*model, {.device = stand_in_device()});
  const at::NoGradGuard no_grad;
  const auto batch = detector::unpadded_batch(images.to(stand_in_device()));
  model->forward(batch);
  const HostTraffic traffic(stand_in_device());
  models::top_detections(model->forward(batch).layers.back(), 10);
  EXPECT_EQ(traffic.seen(), std::vector<std::string>());
}

TEST(HostTraffic, SeesWhatADeviceWouldWaitFor) {
  const auto device = stand_in_device();
  const auto here = at::arange(6, at::kFloat);
  const auto there = here.to(device);
  const auto counted = [&](const std::function<void()>& work) {
    const HostTraffic traffic(device);
    work();
    return traffic.seen().size();
  };
  EXPECT_EQ(counted([&] { here.to(device); }), 1U);
  EXPECT_EQ(counted([&] { there.cpu(); }), 1U);
  EXPECT_EQ(counted([&] { there.sum().item<float>(); }), 1U);
  // The mask lies on the host because the stand-in of LibTorch 1.13 cannot take one of its own.
  EXPECT_EQ(counted([&] { there.index({here.gt(2)}); }), 1U);
  EXPECT_EQ(counted([&] { there.add(there).topk(3); }), 0U);
  EXPECT_EQ(counted([&] { here.sum().item<float>(); }), 0U) << "the host asks itself";
}

TEST(Placement, OtherDevicesKnowNoEightBits) {
  const auto model = tiny_detector(member_options({"deformable-detr"}));
  EXPECT_THROW(detector::place(*model, {stand_in_device(), ops::Precision::kInt8}), UsageError);
}

TEST_P(EveryArchitecture, ComesBackFromItsFile) {
  info.preprocess.short_side = 64;
  info.preprocess.max_side = 96;
  const auto path = folder.path() / "model.safetensors";
  detector::save_model(path, *model, info);
  auto loaded = detector::load_model(path);
  EXPECT_EQ(loaded.info.model.architecture, options.architecture);
  const auto again = models::state_dict(*loaded.model);
  for (const auto& [name, tensor] : models::state_dict(*model))
    EXPECT_TRUE(again.at(name).equal(tensor)) << name;

  const auto found = detector::Detector(std::move(loaded)).detect(images::noise_image({70, 90}, 3), {});
  ASSERT_EQ(found.size(), options.architecture == "detr" ? 20u : 60u)
      << "one a query, or one a query and class";
  for (const auto& detection : found) {
    EXPECT_GE(detection.x1, 0);
    EXPECT_LE(detection.x2, 90);
    EXPECT_LT(detection.label, 3);
  }

  io::TensorFile input;
  input.tensors["images"] = image("test/family/trace", 64, 96).unsqueeze(0);
  const auto traced = detector::trace(detector::load_model(path), input, at::kDouble);
  for (const char* stage : {"res5", "memory", "enc0_out", "dec1_out", "outputs_coord", "det_scores"}) {
    EXPECT_EQ(traced.tensors.count(stage), 1u) << stage;
  }
}

TEST_P(EveryArchitecture, ConvertsFromAndToTheNamesOfItsProgram) {
  {
    // As after training: the layers' heads of boxes, where each has its own, are not the same.
    const at::NoGradGuard no_grad;
    for (auto& [name, tensor] : models::state_dict(*model)) {
      if (name.find("bbox_embed.0") != std::string::npos) tensor.add_(0.01);
    }
  }
  const auto path = folder.path() / "original.safetensors";
  auto original =
      models::find_architecture(options.architecture).original(options, models::state_dict(*model));
  io::write_safetensors(path, {original, {}});
  auto weights = weights::load_weights(path);
  weights::ConvertRequest request;
  request.configure = [&](models::DetectorOptions& o, images::PreprocessOptions&) {
    // What no tensor tells.
    o.transformer.heads = options.transformer.heads;
    o.focus.cascade = options.focus.cascade;
    o.sparse = options.sparse;
    if (!o.transformer.learned_queries) o.transformer.queries = options.transformer.queries;
  };
  const auto converted = weights::convert(weights, request);
  const auto& told = converted.loaded.info.model;
  EXPECT_EQ(told.architecture, options.architecture);
  EXPECT_EQ(told.backbone.name, "resnet18");
  EXPECT_EQ(told.backbone.finest_stride, options.backbone.finest_stride);
  EXPECT_EQ(told.classes, 3);
  EXPECT_EQ(told.transformer.feedforward_width, options.transformer.feedforward_width);
  EXPECT_EQ(told.transformer.position_offset, options.transformer.position_offset);
  EXPECT_EQ(told.deformable.box_refinement, options.deformable.box_refinement);
  EXPECT_EQ(told.deformable.two_stage, options.deformable.two_stage);
  EXPECT_TRUE(converted.report.fresh.empty()) << converted.report.fresh.front();
  EXPECT_TRUE(converted.report.unplaced.empty()) << converted.report.unplaced.front();
  const auto again = models::state_dict(*converted.loaded.model);
  for (const auto& [name, tensor] : models::state_dict(*model))
    EXPECT_TRUE(again.at(name).equal(tensor)) << name;
  const auto back = weights::reference_state_dict(converted.loaded);
  ASSERT_EQ(back.size(), original.size());
  for (const auto& [name, tensor] : original) EXPECT_TRUE(back.at(name).equal(tensor)) << name;
}

TEST_P(EveryArchitecture, KeepsTheRowsOfClassesWithTheSameName) {
  const auto path = folder.path() / "from.safetensors";
  detector::save_model(path, *model, info);
  auto wanted = options;
  wanted.classes = 2;
  const auto other = models::make_detector(wanted);
  const auto report = weights::fill_model(*other, {{1, "cow"}, {2, "dog"}}, weights::load_weights(path));
  EXPECT_TRUE(report.fresh.empty());
  const auto from = models::state_dict(*model), to = models::state_dict(*other);
  EXPECT_TRUE(to.at("class_embed.0.weight")[0].equal(from.at("class_embed.0.weight")[2]));
  if (options.architecture == "detr") {
    EXPECT_TRUE(to.at("class_embed.0.weight")[2].equal(from.at("class_embed.0.weight")[3])) << "no object";
  }
}

TEST_P(EveryArchitecture, AFileThatSaysAnotherArchitectureIsRefused) {
  const auto path = folder.path() / "model.safetensors";
  detector::save_model(path, *model, info);
  auto file = io::read_safetensors(path);
  auto description = nlohmann::json::parse(file.metadata.at("focus_detr"));
  const std::string other = options.architecture == "dino" ? "detr" : "dino";
  description["architecture"] = other;
  description["model"]["architecture"] = other;
  file.metadata["focus_detr"] = description.dump();
  io::write_safetensors(path, file);
  EXPECT_THROW(detector::load_model(path), Error);
}

INSTANTIATE_TEST_SUITE_P(
    Family, EveryArchitecture,
    testing::Values(FamilyMember{"focus-detr"}, FamilyMember{"dino"}, FamilyMember{"deformable-detr"},
                    FamilyMember{"deformable-detr", true, false}, FamilyMember{"deformable-detr", true, true},
                    FamilyMember{"sparse-detr"}, FamilyMember{"sparse-dino"}, FamilyMember{"detr"}),
    [](const auto& tested) {
      std::string name = tested.param.architecture;
      std::erase(name, '-');
      return name + (tested.param.box_refinement ? "Refined" : "") +
             (tested.param.two_stage ? "TwoStage" : "");
    });

TEST(Architectures, FilesFromBeforeThereWereSeveralAreFocusDetrs) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "old.safetensors";
  detector::save_model(path, *tiny_model(), info_of(tiny_options()));
  auto file = io::read_safetensors(path);
  auto description = nlohmann::json::parse(file.metadata.at("focus_detr"));
  EXPECT_EQ(description.at("architecture"), "focus_detr");
  description["model"].erase("architecture");
  description["model"].erase("deformable");
  file.metadata["focus_detr"] = description.dump();
  io::write_safetensors(path, file);
  EXPECT_EQ(detector::load_model(path).info.model.architecture, "focus-detr");
}

TEST(Architectures, ADinoBeginsAFocusDetrWhereThatIsAsked) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "dino.safetensors";
  const auto dino = tiny_detector(member_options({"dino"}));
  io::write_safetensors(path, {models::state_dict(*dino), {}});
  weights::ConvertRequest request;
  request.configure = [&](models::DetectorOptions& o, images::PreprocessOptions&) {
    o.architecture = "focus-detr";
    o.transformer.heads = 4;
    o.focus.cascade = {1.0, 0.5};
  };
  const auto converted = weights::convert(weights::load_weights(path), request);
  EXPECT_EQ(converted.loaded.info.model.architecture, "focus-detr");
  EXPECT_TRUE(converted.report.unplaced.empty());
  const auto tensors = models::state_dict(*converted.loaded.model);
  const std::string layer = "transformer.encoder.layers.1.attentions.";
  EXPECT_TRUE(tensors.at(layer + "1.value_proj.weight")
                  .equal(models::state_dict(*dino).at(layer + "0.value_proj.weight")));
  for (const auto& name : converted.report.fresh) {
    EXPECT_TRUE(name == "transformer.alpha" || name.find("enc_mask_predictor") != std::string::npos ||
                name.find(".attentions.0.attn.") != std::string::npos ||
                name.find(".norm2.") != std::string::npos)
        << name;
  }
}

}  // namespace
}  // namespace focus::test
