// Builds a graph of ONNX operators. Only this file and its .cpp depend on ONNX's protobuf.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace focus::exporter {

/// The operator set of all graphs, and the domain of our own operators.
constexpr int64_t kOperatorSet = 17;
constexpr const char* kOwnDomain = "focus_detr";

/// Element types, with the numbers of ONNX's TensorProto.DataType.
enum class Type { kFloat = 1, kUint8 = 2, kInt64 = 7, kBool = 9, kHalf = 10, kBFloat16 = 16 };

class Graph;

/// An output of a node, an input of the graph, or a constant: a name in its graph.
struct Value {
  Graph* graph = nullptr;
  std::string name;
  Type type = Type::kFloat;

  bool defined() const { return graph != nullptr; }
};

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>>;
using Attributes = std::vector<std::pair<std::string, Attribute>>;

/// A known size, or the name of a variable one.
using NamedDim = std::variant<int64_t, std::string>;

/// The compute type of a graph's large operators, and the form of deformable attention in it.
struct GraphChoices {
  /// Type of convolutions and matrix products. Sums, normalisations and positions are always float32.
  Type compute_type = Type::kFloat;
  enum class Deformable { kGridSample, kGather, kCustom } deformable = Deformable::kGridSample;
};

/// The origin of a file, stored in it.
struct Origin {
  std::string description;  ///< What the graph computes, for readers.
  std::string version;      ///< Of the program that writes it.
};

class Graph {
 public:
  explicit Graph(GraphChoices choices = {});
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  const GraphChoices& choices() const { return choices_; }

  Value input(const std::string& name, Type type, const std::vector<NamedDim>& dims);
  /// Makes `value` an output of the graph with this name.
  void output(const std::string& name, const Value& value, const std::vector<NamedDim>& dims);

  /// A named constant. A second call with the same name returns the first constant.
  Value weight(const std::string& name, const at::Tensor& tensor);
  /// A constant; equal ones are stored once.
  Value constant(const at::Tensor& tensor);
  /// A scalar of the given type.
  Value scalar(double number, Type type = Type::kFloat);
  /// (n) int64.
  Value integers(const std::vector<int64_t>& numbers);

  /// A node with one output. Undefined inputs are left out.
  Value node(const std::string& op, const std::vector<Value>& inputs, Type type,
             const Attributes& attributes = {}, const std::string& domain = "");
  /// A node with one output per type.
  std::vector<Value> nodes(const std::string& op, const std::vector<Value>& inputs,
                           const std::vector<Type>& types, const Attributes& attributes = {},
                           const std::string& domain = "");

  /// While a Scope exists, new nodes get its name as a prefix: that of a part of the model.
  class Scope {
   public:
    Scope(Graph& graph, std::string name) : graph_(graph), outer_(std::move(name)) {
      std::swap(graph_.scope_, outer_);
    }
    ~Scope() { std::swap(graph_.scope_, outer_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Graph& graph_;
    std::string outer_;
  };

  /// The finished model as ONNX's protobuf. Throws Error if it is larger than the limit of protobuf (2 GiB),
  /// or if ONNX's checker or shape inference finds an error.
  std::string serialise(const Origin& origin, const std::map<std::string, std::string>& metadata) const;

 private:
  struct Model;

  GraphChoices choices_;
  std::unique_ptr<Model> model_;
  std::string scope_;
};

}  // namespace focus::exporter
