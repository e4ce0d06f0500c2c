#include "models/backbones/backbone_family.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "nn/initialise.h"

namespace focus::test {
namespace {

using models::BackboneOptions;
using models::StateDict;

/// The tensors of a detector's file that are of its backbone.
StateDict tensors_of(const BackboneOptions& options) {
  const nn::WithoutInitialisation only_shapes_count;
  StateDict tensors;
  for (const auto& [name, tensor] : models::state_dict(*models::make_backbone(options))) {
    tensors["backbone." + name] = tensor;
  }
  return tensors;
}

BackboneOptions told(const StateDict& tensors, BackboneOptions options = {}) {
  const std::string path = "some.pth";
  const std::map<std::string, std::string> unread;
  models::tell_backbone({tensors, path, models::name_map("detrex"), unread}, options);
  return options;
}

std::string refusal(const StateDict& tensors) {
  try {
    return "taken for " + told(tensors).name;
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(BackboneFamilies, HaveNamesOfTheirOwn) {
  std::set<std::string> names, families, tables;
  for (const auto& family : models::backbone_families()) {
    EXPECT_TRUE(families.insert(family.name).second) << family.name;
    EXPECT_FALSE(family.variants.empty());
    for (const auto& variant : family.variants) {
      EXPECT_TRUE(names.insert(variant.name).second) << variant.name;
      EXPECT_EQ(models::family_of(variant.name).name, family.name);
      EXPECT_EQ(models::find_backbone(variant.name).name, variant.name);
    }
    for (const auto& source : family.sources) EXPECT_TRUE(tables.insert(source.name).second) << source.name;
    EXPECT_EQ(tables.count(family.usual_source), 1u) << family.name;
  }
  EXPECT_THROW(models::family_of("resnet51"), UsageError);
  EXPECT_THROW(models::make_backbone({.name = "resnet51"}), UsageError);
}

TEST(BackboneFamilies, SayWhoReadsAnOption) {
  EXPECT_EQ(models::readers_of("dilated"), "resnet50, resnet101");
  EXPECT_EQ(models::readers_of("width"), "ResNet");
  EXPECT_EQ(models::readers_of("norm"), "ResNet, MobileNetV2");
  EXPECT_EQ(models::readers_of("drop_path"), "Swin Transformer, ConvNeXt");
}

TEST(BackboneFamilies, TensorsTellEachBackbone) {
  for (const auto& name : models::backbone_names()) {
    // Whatever is the default: a Swin Transformer was once taken for a ResNet.
    for (const char* otherwise : {"resnet50", "swin_t"}) {
      EXPECT_EQ(told(tensors_of({.name = name}), {.name = otherwise}).name, name)
          << "instead of " << otherwise;
    }
  }
  EXPECT_EQ(told(tensors_of({.name = "resnet34", .width = 24})).width, 24);
  EXPECT_EQ(told({}, {.name = "swin_s"}).name, "swin_s") << "nothing is told";
}

TEST(BackboneFamilies, AnUnknownSizeIsNamed) {
  auto tensors = tensors_of({.name = "swin_t"});
  tensors["backbone.layers.2.blocks.6.norm1.weight"] = at::ones({384});
  EXPECT_EQ(
      refusal(tensors),
      "some.pth: the backbone is a Swin Transformer of width 96 with stages of 2, 2, 7, 2 blocks and windows "
      "of 7 tokens, which is none of swin_t, swin_s, swin_b, swin_l, swin_b_w12, swin_l_w12");
  tensors = tensors_of({.name = "swin_t"});
  tensors["backbone.layers.0.blocks.0.attn.relative_position_bias_table"] = at::ones({15 * 15, 3});
  EXPECT_NE(refusal(tensors).find("windows of 8 tokens"), std::string::npos);
  tensors = tensors_of({.name = "convnext_tiny"});
  tensors["backbone.downsample_layers.0.0.weight"] = at::ones({40, 3, 4, 4});
  EXPECT_EQ(
      refusal(tensors),
      "some.pth: the backbone is a ConvNeXt of width 40 with stages of 3, 3, 9, 3 blocks, which is none of "
      "convnext_tiny, convnext_small, convnext_base, convnext_large, convnext_xlarge");
  tensors = tensors_of({.name = "resnet50"});
  tensors["backbone.res3.4.conv1.weight"] = at::ones({1});
  EXPECT_NE(refusal(tensors).find("3, 5, 6, 3 bottleneck blocks"), std::string::npos);
}

}  // namespace
}  // namespace focus::test
