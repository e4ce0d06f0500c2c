// A graph of ONNX operators being built: the only file of this floor, with its .cpp, that knows ONNX's
// protobuf.
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

/// The operator set the graphs are of, and the domain of operators that are none of ONNX's.
constexpr int64_t kOperatorSet = 17;
constexpr const char* kOwnDomain = "focus_detr";

/// Types of elements, with the numbers of ONNX's TensorProto.DataType.
enum class Type { kFloat = 1, kUint8 = 2, kInt64 = 7, kBool = 9, kHalf = 10, kBFloat16 = 16 };

class Graph;

/// What a node yields, an input, or a constant: a name in its graph.
struct Value {
  Graph* graph = nullptr;
  std::string name;
  Type type = Type::kFloat;

  bool defined() const { return graph != nullptr; }
};

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>>;
using Attributes = std::vector<std::pair<std::string, Attribute>>;

/// A size known now, or the name of one that is not.
using NamedDim = std::variant<int64_t, std::string>;

/// How the large operators of a graph are computed and what becomes of deformable attention.
struct GraphChoices {
  /// Of convolutions and matrix products. Whatever sums, normalises or places things is float32.
  Type compute_type = Type::kFloat;
  enum class Deformable { kGridSample, kGather, kCustom } deformable = Deformable::kGridSample;
};

/// What a file says about where it came from.
struct Origin {
  std::string description;  ///< What the graph computes, for people.
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
  /// Gives `value` the name it leaves the graph under.
  void output(const std::string& name, const Value& value, const std::vector<NamedDim>& dims);

  /// A constant under a name of its own. Of one name there is one: later calls yield the first.
  Value weight(const std::string& name, const at::Tensor& tensor);
  /// A constant; equal ones are one.
  Value constant(const at::Tensor& tensor);
  /// A scalar of the given type.
  Value scalar(double number, Type type = Type::kFloat);
  /// (n) int64.
  Value integers(const std::vector<int64_t>& numbers);

  /// A node of one output. Inputs that are undefined are left out.
  Value node(const std::string& op, const std::vector<Value>& inputs, Type type,
             const Attributes& attributes = {}, const std::string& domain = "");
  /// A node of as many outputs as there are types.
  std::vector<Value> nodes(const std::string& op, const std::vector<Value>& inputs,
                           const std::vector<Type>& types, const Attributes& attributes = {},
                           const std::string& domain = "");

  /// While one lives, nodes are named after a part of the model.
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

  /// The finished model as ONNX's protobuf. Throws Error when it is larger than protobuf can be (2 GiB), and
  /// when ONNX's own checker or its inference of shapes finds something wrong.
  std::string serialise(const Origin& origin, const std::map<std::string, std::string>& metadata) const;

 private:
  struct Model;

  GraphChoices choices_;
  std::unique_ptr<Model> model_;
  std::string scope_;
};

}  // namespace focus::exporter
