#include "export/parts/detector_graph.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "export/onnx_export.h"
#include "export/parts/backbone.h"
#include "export/tiny_models.h"
#include "models/backbones/backbone_family.h"

namespace focus::test {
namespace {

TEST(DetectorGraph, KnowsEveryArchitectureAndBackbone) {
  for (const auto& architecture : models::architectures()) {
    EXPECT_TRUE(exporter::exports_architecture(architecture.name)) << architecture.name;
  }
  for (const auto& family : models::backbone_families()) {
    EXPECT_TRUE(exporter::exports_backbone(family.name)) << family.name;
  }
  EXPECT_FALSE(exporter::exports_architecture("conditional-detr"));
  EXPECT_FALSE(exporter::exports_backbone("VGG"));
}

/// What is said of a model whose options are changed after it was built.
template <typename Change>
std::string refused(Change change) {
  const auto loaded = tiny_model(tiny_options("dino"));
  auto options = loaded.model->options();
  change(options);
  exporter::Graph graph;
  const auto pixels = graph.input("pixels", exporter::Type::kFloat, {"N", 3, "H", "W"});
  const auto mask = graph.input("padding_mask", exporter::Type::kBool, {"N", "H", "W"});
  try {
    exporter::detector_graph(exporter::Part(graph, loaded.model), options, pixels, mask);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(DetectorGraph, AnUnknownArchitectureIsNamedAndNotTakenForAnother) {
  EXPECT_EQ(
      refused([](auto& options) { options.architecture = "conditional-detr"; }),
      "ONNX export does not support architecture 'conditional-detr'; it supports deformable-detr, detr, "
      "dino, focus-detr, sparse-detr, sparse-dino");
  EXPECT_NE(refused([](auto& options) { options.backbone.name = "vgg16"; }).find("backbone 'vgg16'"),
            std::string::npos);
  EXPECT_EQ(refused([](auto&) {}), "");
}

}  // namespace
}  // namespace focus::test
