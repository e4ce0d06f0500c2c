// What a graph must not hold, or compute, for runtimes that are narrower than ONNX Runtime.
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "export/narrow_runtime.h"
#include "export/onnx_export.h"
#include "export/parts/image.h"
#include "export/tiny_models.h"

namespace focus::test {
namespace {

using exporter::Graph;
using exporter::GraphChoices;
using exporter::InputKind;
using exporter::OnnxOptions;
using exporter::Type;

/// A parsed graph, and which node yields a value.
class ParsedGraph {
 public:
  explicit ParsedGraph(const std::string& bytes) {
    if (!model_.ParseFromString(bytes)) throw std::runtime_error("no ONNX");
    for (const auto& node : model_.graph().node()) {
      for (const auto& output : node.output()) makers_[output] = &node;
    }
    for (const auto& weight : model_.graph().initializer()) weights_[weight.name()] = &weight;
  }

  const onnx::GraphProto& graph() const { return model_.graph(); }
  /// Null for inputs and constants.
  const onnx::NodeProto* maker(const std::string& value) const {
    const auto found = makers_.find(value);
    return found == makers_.end() ? nullptr : found->second;
  }
  /// Null where it is computed.
  const onnx::TensorProto* constant(const std::string& value) const {
    const auto found = weights_.find(value);
    return found == weights_.end() ? nullptr : found->second;
  }

 private:
  onnx::ModelProto model_;
  std::map<std::string, const onnx::NodeProto*> makers_;
  std::map<std::string, const onnx::TensorProto*> weights_;
};

/// Whether a shape, constant or put together of parts, has a 0 that keeps a size.
bool keeps_a_size(const ParsedGraph& parsed, const std::string& shape) {
  if (const auto* constant = parsed.constant(shape)) {
    const auto* sizes = reinterpret_cast<const int64_t*>(constant->raw_data().data());
    return std::find(sizes, sizes + constant->raw_data().size() / sizeof(int64_t), 0) !=
           sizes + constant->raw_data().size() / sizeof(int64_t);
  }
  const auto* maker = parsed.maker(shape);
  if (maker == nullptr || maker->op_type() != "Concat") return false;
  return std::any_of(maker->input().begin(), maker->input().end(),
                     [&](const std::string& part) { return keeps_a_size(parsed, part); });
}

class PortableFamily : public testing::TestWithParam<TinyModel> {};

INSTANTIATE_TEST_SUITE_P(Architectures, PortableFamily, testing::ValuesIn(tiny_family()),
                         [](const auto& info) {
                           auto name = info.param.name;
                           for (auto& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

TEST_P(PortableFamily, NoReshapeBehindAnotherKeepsASize) {
  const auto loaded = tiny_model(GetParam().options);
  for (const auto deformable : {GraphChoices::Deformable::kGridSample, GraphChoices::Deformable::kGather}) {
    for (const auto input : {InputKind::kPixels, InputKind::kImage}) {
      OnnxOptions options;
      options.graph.deformable = deformable;
      options.input = input;
      const ParsedGraph parsed(exporter::onnx_model(loaded, options));
      int reshapes = 0;
      for (const auto& node : parsed.graph().node()) {
        if (node.op_type() != "Reshape") continue;
        ++reshapes;
        const auto* maker = parsed.maker(node.input(0));
        const bool second = maker != nullptr && maker->op_type() == "Reshape";
        EXPECT_FALSE(second && keeps_a_size(parsed, node.input(1))) << node.name();
      }
      EXPECT_GT(reshapes, 5);
    }
  }
}

TEST(PortableGraph, DividesInGeluAsOnnxRuntimeLooksForIt) {
  const ParsedGraph parsed(exporter::onnx_model(tiny_model(tiny_options("focus-detr")), {}));
  int found = 0;
  for (const auto& node : parsed.graph().node()) {
    if (node.op_type() != "Erf") continue;
    ++found;
    const auto* maker = parsed.maker(node.input(0));
    ASSERT_NE(maker, nullptr);
    EXPECT_EQ(maker->op_type(), "Div");
    const auto* divisor = parsed.constant(maker->input(1));
    ASSERT_NE(divisor, nullptr);
    float number = 0;
    std::memcpy(&number, divisor->raw_data().data(), sizeof(number));
    EXPECT_FLOAT_EQ(number, std::sqrt(2.0F));
  }
  EXPECT_GT(found, 0);
}

TEST(PortableGraph, TakesNoAbsOfWholeNumbers) {
  OnnxOptions options;
  options.input = InputKind::kImage;
  const ParsedGraph parsed(exporter::onnx_model(tiny_model(tiny_options("focus-detr")), options));
  for (const auto& node : parsed.graph().node()) EXPECT_NE(node.op_type(), "Abs") << node.name();
}

/// Sides of photographs, and of what a model sees.
struct Photograph {
  nn::ImageSize size;
  int64_t short_side, max_side;
};

TEST(PortablePreprocessing, IsTheSameInThirtyTwoBits) {
  // A phone's, a panorama, enlarged, tiny; rows alone are drawn, so that the largest stays small in memory.
  const std::vector<Photograph> photographs{
      {{3, 4032}, 96, 160}, {{3, 12000}, 320, 416}, {{40, 60}, 96, 160}, {{1, 1}, 64, 64},
      {{97, 301}, 96, 160}, {{400, 120}, 96, 160},  {{3024, 4}, 96, 160}};
  for (const auto& photograph : photographs) {
    images::PreprocessOptions options;
    options.short_side = photograph.short_side;
    options.max_side = photograph.max_side;
    Graph graph;
    const auto input = graph.input("image", Type::kUint8, {"H", "W", 3});
    graph.output("pixels", exporter::preprocessed(input, options), {1, 3, "h", "w"});
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(graph.serialise({}, {})));
    const auto image =
        at::randint(0, 256, {photograph.size.height, photograph.size.width, 3}, at::kLong).to(at::kByte);
    const auto exact = run_graph(model.graph(), {{"image", image}}, Arithmetic::kExact).at("pixels");
    const auto narrow = run_graph(model.graph(), {{"image", image}}, Arithmetic::kNarrow).at("pixels");
    ASSERT_EQ(narrow.sizes(), exact.sizes());
    // A weight may differ in its last of 22 bits, which turns a pixel's rounding once in a million.
    const auto differing = (narrow - exact).abs().gt(1e-6).sum().item<int64_t>();
    EXPECT_LE(differing, 1 + exact.numel() / 100000)
        << photograph.size.height << " x " << photograph.size.width;
  }
}

}  // namespace
}  // namespace focus::test
