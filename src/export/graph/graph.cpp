#include "export/graph/graph.h"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include "base/error.h"

namespace focus::exporter {
namespace {

/// The version of the format that ONNX 1.12 writes, the first with operator set 17.
constexpr int64_t kIrVersion = 8;

int32_t wire_type(Type type) { return static_cast<int32_t>(type); }

Type type_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return Type::kFloat;
    case at::kByte:
      return Type::kUint8;
    case at::kLong:
      return Type::kInt64;
    case at::kBool:
      return Type::kBool;
    case at::kHalf:
      return Type::kHalf;
    case at::kBFloat16:
      return Type::kBFloat16;
    default:
      fail("ONNX export: constants of type {} are not supported", toString(tensor.scalar_type()));
  }
}

at::ScalarType scalar_type(Type type) {
  switch (type) {
    case Type::kFloat:
      return at::kFloat;
    case Type::kUint8:
      return at::kByte;
    case Type::kInt64:
      return at::kLong;
    case Type::kBool:
      return at::kBool;
    case Type::kHalf:
      return at::kHalf;
    case Type::kBFloat16:
      return at::kBFloat16;
  }
  return at::kFloat;
}

std::string bytes_of(const at::Tensor& tensor) {
  const auto plain = tensor.contiguous();
  return {static_cast<const char*>(plain.data_ptr()), plain.nbytes()};
}

void set_attribute(onnx::AttributeProto& proto, const Attribute& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(*number);
  } else if (const auto* real = std::get_if<float>(&value)) {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(*real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(*text);
  } else {
    proto.set_type(onnx::AttributeProto::INTS);
    for (const int64_t number : std::get<std::vector<int64_t>>(value)) proto.add_ints(number);
  }
}

void set_type(onnx::ValueInfoProto& info, const std::string& name, Type type,
              const std::vector<NamedDim>& dims) {
  info.set_name(name);
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(wire_type(type));
  auto* shape = tensor->mutable_shape();
  for (const auto& dim : dims) {
    auto* added = shape->add_dim();
    if (const auto* size = std::get_if<int64_t>(&dim)) {
      added->set_dim_value(*size);
    } else {
      added->set_dim_param(std::get<std::string>(dim));
    }
  }
}

/// The first line of a message of the ONNX library.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

struct Graph::Model {
  onnx::GraphProto graph;
  std::map<std::string, Type> weights;
  std::map<std::string, std::string> constants;  ///< Type, shape and bytes to name.
  int64_t nodes = 0;
  bool own_operators = false;

  void add_initialiser(const std::string& name, const at::Tensor& tensor) {
    auto* proto = graph.add_initializer();
    proto->set_name(name);
    proto->set_data_type(wire_type(type_of(tensor)));
    for (const int64_t size : tensor.sizes()) proto->add_dims(size);
    proto->set_raw_data(bytes_of(tensor));
  }
};

Graph::Graph(GraphChoices choices) : choices_(choices), model_(std::make_unique<Model>()) {
  model_->graph.set_name("focus_detr");
}

Graph::~Graph() = default;

Value Graph::input(const std::string& name, Type type, const std::vector<NamedDim>& dims) {
  set_type(*model_->graph.add_input(), name, type, dims);
  return {this, name, type};
}

void Graph::output(const std::string& name, const Value& value, const std::vector<NamedDim>& dims) {
  auto* proto = model_->graph.add_node();
  proto->set_op_type("Identity");
  proto->set_name(name);
  proto->add_input(value.name);
  proto->add_output(name);
  set_type(*model_->graph.add_output(), name, value.type, dims);
}

Value Graph::weight(const std::string& name, const at::Tensor& tensor) {
  const auto type = type_of(tensor);
  const auto [entry, added] = model_->weights.try_emplace(name, type);
  if (added) model_->add_initialiser(name, tensor);
  return {this, name, entry->second};
}

Value Graph::constant(const at::Tensor& tensor) {
  const auto type = type_of(tensor);
  const auto key = fmt::format("{} {} ", wire_type(type), fmt::join(tensor.sizes(), "x")) + bytes_of(tensor);
  const auto [entry, added] =
      model_->constants.try_emplace(key, fmt::format("constant_{}", model_->constants.size()));
  if (added) model_->add_initialiser(entry->second, tensor);
  return {this, entry->second, type};
}

Value Graph::scalar(double number, Type type) {
  return constant(at::scalar_tensor(number, at::kDouble).to(scalar_type(type)));
}

Value Graph::integers(const std::vector<int64_t>& numbers) {
  return constant(at::tensor(numbers, at::kLong));
}

Value Graph::node(const std::string& op, const std::vector<Value>& inputs, Type type,
                  const Attributes& attributes, const std::string& domain) {
  return nodes(op, inputs, {type}, attributes, domain).front();
}

std::vector<Value> Graph::nodes(const std::string& op, const std::vector<Value>& inputs,
                                const std::vector<Type>& types, const Attributes& attributes,
                                const std::string& domain) {
  auto* proto = model_->graph.add_node();
  const auto name = fmt::format("{}{}{}_{}", scope_, scope_.empty() ? "" : "/", op, model_->nodes++);
  proto->set_op_type(op);
  proto->set_name(name);
  if (!domain.empty()) {
    proto->set_domain(domain);
    model_->own_operators = true;
  }
  for (const auto& input : inputs) proto->add_input(input.name);
  for (const auto& [key, value] : attributes) {
    auto* attribute = proto->add_attribute();
    attribute->set_name(key);
    set_attribute(*attribute, value);
  }
  std::vector<Value> outputs;
  for (size_t i = 0; i < types.size(); ++i) {
    outputs.push_back({this, types.size() == 1 ? name : fmt::format("{}.{}", name, i), types[i]});
    proto->add_output(outputs.back().name);
  }
  return outputs;
}

std::string Graph::serialise(const Origin& origin, const std::map<std::string, std::string>& metadata) const {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("focus-detr");
  model.set_producer_version(origin.version);
  model.set_doc_string(origin.description);
  auto* standard = model.add_opset_import();
  standard->set_domain("");
  standard->set_version(kOperatorSet);
  if (model_->own_operators) {
    auto* own = model.add_opset_import();
    own->set_domain(kOwnDomain);
    own->set_version(1);
  }
  for (const auto& [key, value] : metadata) {
    auto* entry = model.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
  *model.mutable_graph() = model_->graph;
  constexpr size_t kMostBytes = (size_t{1} << 31) - 1;
  if (model.ByteSizeLong() > kMostBytes) {
    fail("ONNX export: the model has {} bytes; an ONNX file holds at most {}", model.ByteSizeLong(),
         kMostBytes);
  }
  auto bytes = model.SerializeAsString();
  try {
    onnx::checker::check_model(model);
    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(),
                                       {/*check_type=*/true, /*strict_mode=*/1, /*data_prop=*/false});
  } catch (const std::exception& error) {
    fail("ONNX export: ONNX's checker refuses the graph: {}; please report this", first_line(error.what()));
  }
  return bytes;
}

}  // namespace focus::exporter
