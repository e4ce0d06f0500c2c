// A little ONNX runtime of the operators that the exported preprocessing has, computing as other runtimes do.
#pragma once

#include <ATen/ATen.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>

namespace focus::test {

enum class Arithmetic {
  kExact,   ///< As ONNX says.
  kNarrow,  ///< int64 is computed in 32 bits and divided as float32, as OpenVINO 2026.4 does.
};

namespace detail {

inline at::Tensor constant_tensor(const onnx::TensorProto& proto) {
  const std::vector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  const auto type = proto.data_type() == onnx::TensorProto::FLOAT   ? at::kFloat
                    : proto.data_type() == onnx::TensorProto::INT64 ? at::kLong
                                                                    : at::kBool;
  auto tensor = at::empty(dims, type);
  if (proto.raw_data().size() != tensor.nbytes()) throw std::runtime_error(proto.name());
  std::memcpy(tensor.data_ptr(), proto.raw_data().data(), tensor.nbytes());
  return tensor;
}

inline at::Tensor in_32_bits(const at::Tensor& x) { return x.to(at::kInt).to(at::kLong); }

inline at::Tensor divided(const at::Tensor& a, const at::Tensor& b, Arithmetic arithmetic) {
  if (!at::isIntegralType(a.scalar_type(), false)) return a / b;
  if (arithmetic == Arithmetic::kExact) return at::div(a, b, "trunc");
  return (a.to(at::kFloat) / b.to(at::kFloat)).trunc().to(at::kLong);
}

inline const onnx::AttributeProto* attribute(const onnx::NodeProto& node, const char* name) {
  for (const auto& entry : node.attribute()) {
    if (entry.name() == name) return &entry;
  }
  return nullptr;
}

inline at::Tensor result(const onnx::NodeProto& node, const std::vector<at::Tensor>& x,
                         Arithmetic arithmetic) {
  const auto& op = node.op_type();
  if (op == "Add") return x[0] + x[1];
  if (op == "Sub") return x[0] - x[1];
  if (op == "Mul") return x[0] * x[1];
  if (op == "Div") return divided(x[0], x[1], arithmetic);
  if (op == "Min") return at::minimum(x[0], x[1]);
  if (op == "Max") return at::maximum(x[0], x[1]);
  if (op == "Abs") return x[0].abs();
  if (op == "Floor") return x[0].floor();
  if (op == "Less") return x[0].lt(x[1]);
  if (op == "Greater") return x[0].gt(x[1]);
  if (op == "Not") return x[0].logical_not();
  if (op == "Where") return at::where(x[0], x[1], x[2]);
  if (op == "MatMul") return at::matmul(x[0], x[1]);
  if (op == "Unsqueeze") return x[0].unsqueeze(x[1].item<int64_t>());
  if (op == "Squeeze") return x[0].squeeze(x[1].item<int64_t>());
  if (op == "Identity") return x[0];
  if (op == "Range") return at::arange(x[0].item<int64_t>(), x[1].item<int64_t>(), x[2].item<int64_t>());
  if (op == "ReduceSum") return x[0].sum(x[1].item<int64_t>(), attribute(node, "keepdims")->i() != 0);
  if (op == "Cast") {
    return x[0].to(attribute(node, "to")->i() == onnx::TensorProto::FLOAT ? at::kFloat : at::kLong);
  }
  if (op == "Transpose") {
    const auto& order = attribute(node, "perm")->ints();
    return x[0].permute(std::vector<int64_t>(order.begin(), order.end()));
  }
  if (op == "Shape") {
    const auto sizes = at::tensor(x[0].sizes().vec());
    return sizes.slice(0, attribute(node, "start")->i(), attribute(node, "end")->i());
  }
  throw std::runtime_error("the tests' runtime has no " + op);
}

}  // namespace detail

/// The outputs by name. Nodes come in an order that computes what each needs before it.
inline std::map<std::string, at::Tensor> run_graph(const onnx::GraphProto& graph,
                                                   std::map<std::string, at::Tensor> values,
                                                   Arithmetic arithmetic) {
  for (const auto& constant : graph.initializer())
    values[constant.name()] = detail::constant_tensor(constant);
  for (const auto& node : graph.node()) {
    std::vector<at::Tensor> inputs;
    for (const auto& name : node.input()) inputs.push_back(values.at(name));
    auto made = detail::result(node, inputs, arithmetic);
    if (arithmetic == Arithmetic::kNarrow && made.scalar_type() == at::kLong) made = detail::in_32_bits(made);
    values[node.output(0)] = made;
  }
  std::map<std::string, at::Tensor> outputs;
  for (const auto& output : graph.output()) outputs[output.name()] = values.at(output.name());
  return outputs;
}

}  // namespace focus::test
