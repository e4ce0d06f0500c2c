#include "export/parts/layers.h"

#include "nn/conv_norm.h"
#include "nn/convolution.h"
#include "nn/layers.h"

namespace focus::exporter {
namespace {

at::ScalarType torch_type(Type type) {
  return type == Type::kHalf ? at::kHalf : type == Type::kBFloat16 ? at::kBFloat16 : at::kFloat;
}

Value affine(const Part& part, const Value& x, const std::string& weight, const std::string& bias,
             const at::Tensor& matrix, const at::Tensor& shift) {
  const Graph::Scope scope(part.graph(), part.name());
  const auto y = matmul(x, heavy_weight(part, weight, matrix.t().contiguous()));
  return shift.defined() ? y + heavy_weight(part, bias, shift) : y;
}

Value activated(const Value& x, nn::Activation activation) {
  switch (activation) {
    case nn::Activation::kNone:
      return x;
    case nn::Activation::kRelu:
      return relu(x);
    case nn::Activation::kRelu6:
      return x.graph->node("Clip", {x, x.graph->scalar(0, x.type), x.graph->scalar(6, x.type)}, x.type);
    case nn::Activation::kGelu:
      return gelu(x);
  }
  return x;
}

}  // namespace

Value heavy_weight(const Part& part, const std::string& name, const at::Tensor& tensor) {
  return part.graph().weight(part.full_name(name),
                             tensor.to(torch_type(part.graph().choices().compute_type)));
}

Value linear(const Part& part, const Value& x) {
  return affine(part, x, "weight", "bias", part.tensor("weight"),
                part.has_tensor("bias") ? part.tensor("bias") : at::Tensor());
}

Value linear_rows(const Part& part, const std::string& weight, const std::string& bias, int64_t begin,
                  int64_t end, const Value& x) {
  const auto suffix = fmt::format("[{}:{}]", begin, end);
  return affine(part, x, weight + suffix, bias + suffix, part.tensor(weight).slice(0, begin, end),
                part.tensor(bias).slice(0, begin, end));
}

Value layer_norm(const Part& part, const Value& x) {
  const Graph::Scope scope(part.graph(), part.name());
  const auto eps = static_cast<float>(part.as<nn::LayerNorm>().eps());
  return part.graph().node("LayerNormalization", {float_of(x), part.weight("weight"), part.weight("bias")},
                           Type::kFloat, {{"axis", int64_t{-1}}, {"epsilon", eps}});
}

Value group_norm(const Part& part, const Value& x) {
  // Operator set 17 has no group normalisation. Use instance normalisation, with each group as one long
  // channel.
  auto& graph = part.graph();
  const Graph::Scope scope(graph, part.name());
  const int64_t groups = part.as<nn::GroupNorm>().groups();
  const auto y = float_of(x);
  const auto instances = graph.node(
      "InstanceNormalization",
      {reshape(y, {0, groups, -1}), graph.constant(at::ones({groups})), graph.constant(at::zeros({groups}))},
      Type::kFloat, {{"epsilon", static_cast<float>(nn::kNormEps)}});
  const auto shape = graph.node("Shape", {x}, Type::kInt64);
  const auto back = graph.node("Reshape", {instances, shape}, Type::kFloat);
  const auto by_channel = [&](const char* name) {
    return graph.weight(part.full_name(name), part.tensor(name).view({-1, 1, 1}));
  };
  return back * by_channel("weight") + by_channel("bias");
}

Value convolve(const Value& x, const Value& weight, const Value& bias, const ConvolutionShape& shape) {
  auto& graph = *x.graph;
  // Operator set 17 has no bfloat16 convolution: the weights are stored in bfloat16, the convolution is
  // float32.
  const Type compute_type =
      graph.choices().compute_type == Type::kBFloat16 ? Type::kFloat : graph.choices().compute_type;
  const std::vector<int64_t> pads(4, shape.padding), strides(2, shape.stride), dilations(2, shape.dilation);
  return graph.node(
      "Conv", {cast(x, compute_type), cast(weight, compute_type), cast(bias, compute_type)}, compute_type,
      {{"pads", pads}, {"strides", strides}, {"dilations", dilations}, {"group", shape.groups}});
}

Value convolution(const Part& part, const Value& x) {
  const Graph::Scope scope(part.graph(), part.name());
  const auto weight = part.tensor("weight");
  const auto& module = part.as<nn::Convolution>();
  return convolve(
      x, heavy_weight(part, "weight", weight), heavy_weight(part, "bias", part.tensor("bias")),
      {.stride = module.stride(), .padding = (weight.size(2) - 1) / 2, .groups = module.groups()});
}

Value conv_norm(const Part& part, const Value& x, const Value& addend, int64_t dilation) {
  const Graph::Scope scope(part.graph(), part.name());
  const auto& module = part.as<nn::ConvNorm>();
  const auto norm = module.norm().constant_affine();
  if (!norm) fail("ONNX export: '{}' is in training mode", part.name());
  const auto& shape = module.shape();
  const auto weight = module.weight.detach() * norm->scale.detach().view({-1, 1, 1, 1});
  const auto y =
      convolve(x, heavy_weight(part, "weight", weight), heavy_weight(part, "bias", norm->shift.detach()),
               {.stride = shape.stride,
                .padding = dilation * (shape.kernel - 1) / 2,
                .dilation = dilation,
                .groups = shape.groups});
  return activated(addend.defined() ? y + addend : y, module.activation());
}

Value mlp(const Part& part, const Value& x) {
  const auto layers = part["layers"];
  auto y = x;
  for (int64_t i = 0; i < layers.size(); ++i) {
    y = linear(layers[i], y);
    if (i + 1 < layers.size()) y = relu(y);
  }
  return y;
}

Value feed_forward(const Part& part, const Value& x) {
  const auto layers = part["layers"];
  return float_of(linear(layers[1], relu(linear(layers[0][0], x)))) + x;
}

}  // namespace focus::exporter
