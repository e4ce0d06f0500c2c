#include "models/checkpoints/name_maps.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "models/backbones/backbone_weights.h"
#include "models/support.h"
#include "models/tiny_model.h"
#include "support/shared_data.h"

namespace focus::test {
namespace {

using models::StateDict;

/// The name a table gives, for a detector of six decoder layers.
std::string renamed(const std::string& map, const std::string& name) {
  return models::new_name(models::name_map(map), name, 6).name;
}

StateDict zeros_of(const std::string& golden) {
  StateDict tensors;
  const auto shapes = nlohmann::json::parse(std::ifstream(shared_dir() / "golden" / golden));
  for (const auto& [name, shape] : shapes.items())
    tensors[name] = at::zeros(shape.get<std::vector<int64_t>>());
  return tensors;
}

/// The names that IDEA-Research/DINO gives to the tensors of detrex's DINO, written down apart from the
/// table.
std::string name_in_dino(std::string name) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    const auto at = name.find(from);
    if (at != std::string::npos) name.replace(at, from.size(), to);
  };
  const bool encoder = name.rfind("transformer.encoder.", 0) == 0;
  replace("ffns.0.layers.0.0.", "linear1.");
  replace("ffns.0.layers.1.", "linear2.");
  replace("attentions.0.attn.", "self_attn.");
  replace("attentions.0.", "self_attn.");
  replace("attentions.1.", "cross_attn.");
  if (encoder) {
    replace("norms.0.", "norm1.");
    replace("norms.1.", "norm2.");
  } else {
    replace("norms.0.", "norm2.");
    replace("norms.1.", "norm1.");
    replace("norms.2.", "norm3.");
  }
  replace("level_embeds", "level_embed");
  for (int i = 0; i < 3; ++i) {
    const auto n = std::to_string(i);
    replace("neck.convs." + n + ".conv.", "input_proj." + n + ".0.");
    replace("neck.convs." + n + ".norm.", "input_proj." + n + ".1.");
  }
  replace("neck.extra_convs.0.conv.", "input_proj.3.0.");
  replace("neck.extra_convs.0.norm.", "input_proj.3.1.");
  if (name.rfind("class_embed.6.", 0) == 0) replace("class_embed.6.", "transformer.enc_out_class_embed.");
  if (name.rfind("bbox_embed.6.", 0) == 0) replace("bbox_embed.6.", "transformer.enc_out_bbox_embed.");
  if (name.rfind("backbone.", 0) == 0) {
    replace("backbone.stem.conv1.norm.", "backbone.0.body.bn1.");
    replace("backbone.stem.conv1.", "backbone.0.body.conv1.");
    for (const std::string i : {"2", "3", "4", "5"}) {
      replace("backbone.res" + i + ".", "backbone.0.body.layer" + std::to_string(std::stoi(i) - 1) + ".");
    }
    for (const std::string i : {"1", "2", "3"}) replace("conv" + i + ".norm.", "bn" + i + ".");
    replace("shortcut.norm.", "downsample.1.");
    replace("shortcut.", "downsample.0.");
  }
  return name;
}

TEST(NamePatterns, FitWholeNames) {
  EXPECT_TRUE(models::name_fits("a.#.b", "a.12.b"));
  EXPECT_FALSE(models::name_fits("a.#.b", "a..b"));
  EXPECT_FALSE(models::name_fits("a.#.b", "a.1.bc"));
  EXPECT_FALSE(models::name_fits("a.#.b", "xa.1.b"));
  EXPECT_TRUE(models::name_fits("a.*", "a."));
  EXPECT_TRUE(models::name_fits("*.end", "x.y.end"));
  EXPECT_FALSE(models::name_fits("*.end", "x.end.y"));
  EXPECT_TRUE(models::name_fits("h.%.*", "h.7.weight", 6));
  EXPECT_FALSE(models::name_fits("h.%.*", "h.6.weight", 6));
  EXPECT_FALSE(models::name_fits("a.#.b", "a.123456789012345678901234567890.b")) << "no number of a layer";
  std::string long_name;
  long_name.resize(10'000'000, 'a');
  EXPECT_FALSE(models::name_fits("a.*z", long_name)) << "long names are no danger";
}

TEST(NameMaps, TorchvisionResNet) {
  const std::string map = "torchvision-resnet";
  EXPECT_EQ(renamed(map, "conv1.weight"), "backbone.stem.conv1.weight");
  EXPECT_EQ(renamed(map, "bn1.running_var"), "backbone.stem.conv1.norm.running_var");
  EXPECT_EQ(renamed(map, "layer4.2.bn3.bias"), "backbone.res5.2.conv3.norm.bias");
  EXPECT_EQ(renamed(map, "layer1.0.downsample.0.weight"), "backbone.res2.0.shortcut.weight");
  EXPECT_EQ(renamed(map, "layer1.0.downsample.1.running_mean"), "backbone.res2.0.shortcut.norm.running_mean");
  EXPECT_EQ(renamed(map, "layer3.22.conv2.bias"), "backbone.res4.22.conv2.norm.bias") << "folded";
  EXPECT_EQ(renamed(map, "layer1.0.downsample.0.bias"), "backbone.res2.0.shortcut.norm.bias");
  EXPECT_EQ(renamed(map, "conv1.bias"), "backbone.stem.conv1.norm.bias");
  EXPECT_EQ(renamed(map, "fc.weight"), "");
  EXPECT_EQ(renamed(map, "layer1.0.bn1.num_batches_tracked"), "");
  EXPECT_EQ(renamed(map, "n_averaged"), "");
}

TEST(NameMaps, TorchvisionMobileNet) {
  const std::string map = "torchvision-mobilenet";
  EXPECT_EQ(renamed(map, "features.0.0.bias"), "backbone.features.0.1.bias");
  EXPECT_EQ(renamed(map, "features.1.conv.0.0.bias"), "backbone.features.1.conv.0.1.bias");
  EXPECT_EQ(renamed(map, "features.1.conv.1.bias"), "backbone.features.1.conv.2.bias");
  EXPECT_EQ(renamed(map, "features.1.conv.2.bias"), "backbone.features.1.conv.2.bias");
  EXPECT_EQ(renamed(map, "features.17.conv.2.bias"), "backbone.features.17.conv.3.bias");
  EXPECT_EQ(renamed(map, "features.17.conv.3.bias"), "backbone.features.17.conv.3.bias");
  EXPECT_EQ(renamed(map, "features.5.conv.1.1.running_var"), "backbone.features.5.conv.1.1.running_var");
  EXPECT_EQ(renamed(map, "classifier.1.bias"), "");
}

TEST(NameMaps, Detectron2) {
  EXPECT_EQ(renamed("detectron2-caffe2", "conv1_w"), "backbone.stem.conv1.weight");
  EXPECT_EQ(renamed("detectron2-caffe2", "res_conv1_bn_s"), "backbone.stem.conv1.norm.weight");
  EXPECT_EQ(renamed("detectron2-caffe2", "res4_22_branch2c_bn_b"), "backbone.res4.22.conv3.norm.bias");
  EXPECT_EQ(renamed("detectron2-caffe2", "res2_0_branch1_w"), "backbone.res2.0.shortcut.weight");
  EXPECT_EQ(renamed("detectron2-caffe2", "fc1000_w"), "");
  EXPECT_EQ(renamed("detectron2", "stem.conv1.norm.bias"), "backbone.stem.conv1.norm.bias");
  EXPECT_EQ(renamed("detectron2", "backbone.bottom_up.res5.2.conv3.weight"), "backbone.res5.2.conv3.weight");
  EXPECT_EQ(renamed("detectron2", "backbone.fpn_lateral2.weight"), "");
}

TEST(NameMaps, BackbonesWithinDetectorsThereAndBack) {
  for (const auto& [theirs, ours] : std::map<std::string, std::string>{
           {"backbone.0.body.layer1.0.bn1.weight", "backbone.res2.0.conv1.norm.weight"},
           {"backbone.0.patch_embed.proj.weight", "backbone.patch_embed.proj.weight"},
           {"backbone.0.layers.1.downsample.norm.bias", "backbone.layers.1.downsample.norm.bias"},
           {"backbone.0.downsample_layers.0.1.bias", "backbone.downsample_layers.0.1.bias"},
           {"backbone.0.stages.2.5.gamma", "backbone.stages.2.5.gamma"},
           {"backbone.0.norm3.weight", "backbone.norm3.weight"}}) {
    for (const char* map : {"dino", "deformable-detr"}) {
      EXPECT_EQ(renamed(map, theirs), ours);
      EXPECT_EQ(models::old_name(models::name_map(map), ours), theirs);
    }
  }
  EXPECT_EQ(renamed("detrex", "backbone.stages.2.5.gamma"), "backbone.stages.2.5.gamma");
  EXPECT_EQ(renamed("detrex", "backbone.layers.0.blocks.0.attn.relative_position_index"), "");
}

TEST(NameMaps, HeadsThatAreListedTwiceHaveOnePlace) {
  EXPECT_EQ(renamed("sparse-detr", "class_embed.6.weight"), "class_embed.6.weight");
  EXPECT_EQ(renamed("sparse-detr", "class_embed.7.weight"), "class_embed.7.weight");
  EXPECT_EQ(renamed("sparse-detr", "transformer.decoder.class_embed.7.weight"), "class_embed.7.weight");
  EXPECT_EQ(renamed("sparse-detr", "transformer.encoder.bbox_embed.0.layers.0.weight"), "");
  EXPECT_EQ(renamed("sparse-detr", "transformer.enc_mask_predictor.layer1.0.weight"),
            "transformer.enc_mask_predictor.layer1.0.weight");
  EXPECT_EQ(renamed("deformable-detr", "query_embed.weight"), "query_embed.weight");
  EXPECT_EQ(renamed("detr", "class_embed.bias"), "class_embed.0.bias");
  EXPECT_EQ(renamed("detr", "transformer.decoder.layers.2.multihead_attn.in_proj_bias"),
            "transformer.decoder.layers.2.attentions.1.attn.in_proj_bias");
}

TEST(NameMaps, WhatOnlyRelativesHaveIsNamed) {
  const StateDict tensors{{"class_embed.0.bias", at::zeros({3})},
                          {"class_embed.9.bias", at::zeros({3})},
                          {"query_embed.weight", at::zeros({1})},
                          {"transformer.decoder.layers.5.norms.0.bias", at::zeros({1})},
                          {"transformer.reference_points.bias", at::zeros({2})}};
  const auto fitted = models::fit_names(models::DetectorOptions{}, tensors, "x");
  EXPECT_EQ(fitted.tensors.size(), 2u);
  EXPECT_EQ(fitted.dropped.size(), 3u);
  EXPECT_NE(fitted.dropped.at("query_embed.weight").find("proposals"), std::string::npos);
}

TEST(NameMaps, AnUnknownTableIsWrongUsage) {
  try {
    models::name_map("dion");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'dino'"), std::string::npos) << error.what();
  }
}

TEST(NameMaps, EveryTableIsRecognisedByItsOwnNames) {
  const auto recognised = [](std::initializer_list<const char*> names) -> std::string {
    StateDict tensors;
    for (const auto* name : names) tensors[name] = at::zeros({1});
    const auto* map = models::recognise_names(tensors);
    return map ? map->name : "";
  };
  const char *proj = "input_proj.0.0.weight",
             *layer = "transformer.encoder.layers.0.self_attn.value_proj.weight";
  EXPECT_EQ(recognised({proj, layer}), "deformable-detr");
  EXPECT_EQ(recognised({proj, layer, "transformer.decoder.ref_point_head.layers.0.weight"}), "dino");
  EXPECT_EQ(recognised({proj, layer, "transformer.enc_mask_predictor.layer1.0.weight"}), "sparse-detr");
  EXPECT_EQ(recognised({"input_proj.weight", "query_embed.weight",
                        "transformer.encoder.layers.0.self_attn.in_proj_weight"}),
            "detr");
  EXPECT_EQ(recognised({"neck.convs.0.conv.weight", "transformer.encoder.layers.0.ffns.0.layers.1.weight"}),
            "detrex");
  EXPECT_EQ(recognised({"conv1_w", "res2_0_branch2a_w"}), "detectron2-caffe2");
  EXPECT_EQ(recognised({"backbone.bottom_up.res2.0.conv1.weight"}), "detectron2");
  EXPECT_EQ(recognised({"res2.0.conv1.weight"}), "detectron2");
  EXPECT_EQ(recognised({"_of_whom.backbone.res2.0.conv1.weight"}), "") << "it would have no place";
  EXPECT_EQ(recognised({"layer1.0.conv1.weight"}), "torchvision-resnet");
  EXPECT_EQ(recognised({"layers_0.blocks.0.attn.relative_position_bias_table"}), "timm-swin");
  EXPECT_EQ(
      recognised({"layers.3.downsample.norm.weight", "layers.0.blocks.0.attn.relative_position_bias_table"}),
      "timm-swin");
  EXPECT_EQ(recognised({"features.0.0.weight", "features.1.conv.0.0.weight"}), "torchvision-mobilenet");
  EXPECT_EQ(recognised({"weight"}), "");
}

TEST(NameMaps, TensorsThatAreOneHereMustBeEqual) {
  StateDict tensors{{"class_embed.0.bias", at::zeros({3})},
                    {"transformer.decoder.class_embed.0.bias", at::zeros({3})}};
  const auto renamed = [&] { return models::rename_tensors(models::name_map("detrex"), tensors, "x"); };
  EXPECT_EQ(renamed().tensors.size(), 1u);
  tensors["class_embed.0.bias"] = at::full({3}, NAN);
  tensors["transformer.decoder.class_embed.0.bias"] = at::full({3}, NAN);
  EXPECT_EQ(renamed().tensors.size(), 1u);
  tensors["transformer.decoder.class_embed.0.bias"] = at::ones({3});
  EXPECT_THROW(renamed(), Error);
}

TEST(NameMaps, BgrWeightsGiveTheSameOnOurImages) {
  const auto weight = at::randn({4, 3, 7, 7}, at::kDouble);
  const auto renamed =
      models::rename_tensors(models::name_map("detectron2-caffe2"), {{"conv1_w", weight}}, "x");
  const auto pixels = at::rand({1, 3, 20, 20}, at::kDouble) * 255;  // RGB
  const auto mean = at::tensor({123.675, 116.28, 103.53}, at::kDouble).view({1, 3, 1, 1});
  const auto deviation = at::tensor({58.395, 57.12, 57.375}, at::kDouble).view({1, 3, 1, 1});
  const auto theirs = at::conv2d((pixels - mean).flip(1), weight);
  const auto ours = at::conv2d((pixels - mean) / deviation, renamed.tensors.at("backbone.stem.conv1.weight"));
  EXPECT_LT((theirs - ours).abs().max().item<double>(), 1e-9);
}

TEST(NameMaps, AllNamesOfTheReferenceHaveAPlace) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto begin = std::chrono::steady_clock::now();
  const auto tensors = zeros_of("state_dict_focus_r50.json");
  ASSERT_EQ(tensors.size(), 705u);
  ASSERT_NE(models::recognise_names(tensors), nullptr);
  EXPECT_EQ(models::recognise_names(tensors)->name, "detrex");
  const auto renamed = models::rename_tensors(models::name_map("detrex"), tensors, "golden");
  EXPECT_TRUE(renamed.dropped.empty());
  models::FocusDetr model(models::DetectorOptions{});
  const auto report = models::load_state_dict(model, renamed.tensors, "golden");
  EXPECT_TRUE(report.missing.empty()) << report.missing.front();
  EXPECT_TRUE(report.unexpected.empty()) << report.unexpected.front();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("705 names renamed and loaded into a new model in %.2f s\n", seconds.count());

  const auto again = models::with_reference_aliases(models::state_dict(model), 6, 6);
  ASSERT_EQ(again.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    ASSERT_EQ(again.count(name), 1u) << name;
    EXPECT_EQ(again.at(name).sizes(), tensor.sizes()) << name;
  }
}

TEST(NameMaps, DinosNamesLeadToTheSamePlacesAsDetrexs) {
  FOCUS_NEEDS_SHARED_DATA();
  const auto detrex = zeros_of("state_dict_dino_r50.json");
  const auto expected = models::rename_tensors(models::name_map("detrex"), detrex, "golden").tensors;
  StateDict original;
  for (const auto& [name, tensor] : detrex) {
    if (name.rfind("transformer.decoder.class_embed.6.", 0) == 0 ||
        name.rfind("transformer.decoder.bbox_embed.6.", 0) == 0) {
      continue;  // The original has its two-stage heads beside the decoder.
    }
    original[name_in_dino(name)] = tensor;
  }
  ASSERT_NE(models::recognise_names(original), nullptr);
  EXPECT_EQ(models::recognise_names(original)->name, "dino");
  const auto found = models::rename_tensors(models::name_map("dino"), original, "golden");
  EXPECT_TRUE(found.dropped.empty());
  ASSERT_EQ(found.tensors.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_EQ(found.tensors.count(name), 1u) << name;
    EXPECT_EQ(found.tensors.at(name).sizes(), tensor.sizes()) << name;
  }

  EXPECT_EQ(models::architecture_of(found.tensors), "dino");
  models::DetectorOptions options;
  options.architecture = "dino";
  const auto dino = models::make_detector(options);
  const auto whole = models::load_state_dict(*dino, found.tensors, "golden");
  EXPECT_TRUE(whole.missing.empty()) << whole.missing.front();
  EXPECT_TRUE(whole.unexpected.empty()) << whole.unexpected.front();

  models::FocusDetr model(models::DetectorOptions{});
  const auto fitted = models::fit_names(models::DetectorOptions{}, found.tensors, "golden").tensors;
  const auto report = models::load_state_dict(model, fitted, "golden");
  EXPECT_TRUE(report.unexpected.empty()) << report.unexpected.front();
  for (const auto& name : report.missing) {
    const bool of_focus = name == "transformer.alpha" ||
                          name.rfind("transformer.enc_mask_predictor.", 0) == 0 ||
                          models::name_fits("transformer.encoder.layers.#.attentions.0.*", name) ||
                          models::name_fits("transformer.encoder.layers.#.norm2.*", name);
    EXPECT_TRUE(of_focus) << name << " is a part both have";
  }
}

}  // namespace
}  // namespace focus::test
