#include "export/graph/operators.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace focus::exporter {
namespace {

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

/// Brings both to one type: float32 if they differ.
Value arithmetic(const char* op, Value a, Value b) {
  if (a.type != b.type) a = float_of(a), b = float_of(b);
  return a.graph->node(op, {a, b}, a.type);
}

Value number_like(const Value& x, double number) { return x.graph->scalar(number, x.type); }

Value comparison(const char* op, const Value& a, const Value& b) {
  return a.graph->node(op, {a, b}, Type::kBool);
}

Value reduction(const char* op, const Value& x, int64_t axis, Keep keep) {
  return x.graph->node(op, {x}, x.type,
                       {{"axes", std::vector<int64_t>{axis}}, {"keepdims", int64_t{keep == Keep::kAxis}}});
}

Value shape_of(Graph& graph, const Dims& dims) {
  std::vector<int64_t> known;
  for (const auto& dim : dims) {
    if (dim.known()) known.push_back(dim.number());
  }
  if (known.size() == dims.size()) return graph.integers(known);
  std::vector<Value> parts;
  for (const auto& dim : dims) parts.push_back(dim.in(graph));
  return concat(parts, 0);
}

}  // namespace

Value Dim::in(Graph& graph) const { return known() ? graph.integers({number()}) : std::get<Value>(size_); }

Value operator+(const Value& a, const Value& b) { return arithmetic("Add", a, b); }
Value operator-(const Value& a, const Value& b) { return arithmetic("Sub", a, b); }
Value operator*(const Value& a, const Value& b) { return arithmetic("Mul", a, b); }
Value operator/(const Value& a, const Value& b) { return arithmetic("Div", a, b); }
Value operator+(const Value& a, double b) { return a + number_like(a, b); }
Value operator-(const Value& a, double b) { return a - number_like(a, b); }
Value operator-(double a, const Value& b) { return number_like(b, a) - b; }
Value operator*(const Value& a, double b) { return a * number_like(a, b); }
Value operator/(const Value& a, double b) { return a / number_like(a, b); }
Value minimum(const Value& a, const Value& b) { return arithmetic("Min", a, b); }
Value maximum(const Value& a, const Value& b) { return arithmetic("Max", a, b); }

Value less(const Value& a, const Value& b) { return comparison("Less", a, b); }
Value greater(const Value& a, const Value& b) { return comparison("Greater", a, b); }
Value both(const Value& a, const Value& b) { return comparison("And", a, b); }
Value either(const Value& a, const Value& b) { return comparison("Or", a, b); }
Value negation(const Value& a) { return a.graph->node("Not", {a}, Type::kBool); }

Value where(const Value& condition, const Value& yes, const Value& no) {
  const bool same = yes.type == no.type;
  const auto a = same ? yes : float_of(yes), b = same ? no : float_of(no);
  return a.graph->node("Where", {condition, a, b}, a.type);
}

Value cast(const Value& x, Type type) {
  if (x.type == type) return x;
  return x.graph->node("Cast", {x}, type, {{"to", static_cast<int64_t>(type)}});
}

Value unary(const char* op, const Value& x) { return x.graph->node(op, {x}, x.type); }
Value relu(const Value& x) { return unary("Relu", x); }

Value gelu(const Value& x) {
  const auto y = float_of(x);
  // ONNX Runtime fuses only this form: a division, not a product with the inverse.
  return y * 0.5 * (unary("Erf", y / std::numbers::sqrt2) + 1);
}

Value sigmoid(const Value& x) { return unary("Sigmoid", float_of(x)); }

Value softmax(const Value& x) {
  return x.graph->node("Softmax", {float_of(x)}, Type::kFloat, {{"axis", int64_t{-1}}});
}

Value matmul(const Value& a, const Value& b) {
  const Type compute_type = a.graph->choices().compute_type;
  return a.graph->node("MatMul", {cast(a, compute_type), cast(b, compute_type)}, compute_type);
}

Value reshape(const Value& x, const Dims& dims) {
  return x.graph->node("Reshape", {x, shape_of(*x.graph, dims)}, x.type);
}

Value transpose(const Value& x, const std::vector<int64_t>& order) {
  return x.graph->node("Transpose", {x}, x.type, {{"perm", order}});
}

Value unsqueeze(const Value& x, int64_t axis) {
  return x.graph->node("Unsqueeze", {x, x.graph->integers({axis})}, x.type);
}

Value squeeze(const Value& x, int64_t axis) {
  return x.graph->node("Squeeze", {x, x.graph->integers({axis})}, x.type);
}

Value concat(const std::vector<Value>& parts, int64_t axis) {
  if (parts.size() == 1) return parts.front();
  return parts.front().graph->node("Concat", parts, parts.front().type, {{"axis", axis}});
}

Value stack(const std::vector<Value>& parts, int64_t axis) {
  std::vector<Value> raised;
  for (const auto& part : parts) raised.push_back(unsqueeze(part, axis));
  return concat(raised, axis);
}

Value expand(const Value& x, const Dims& dims) {
  return x.graph->node("Expand", {x, shape_of(*x.graph, dims)}, x.type);
}

Value slice(const Value& x, int64_t axis, const Dim& begin, const Dim& end, int64_t step) {
  auto& graph = *x.graph;
  return graph.node(
      "Slice", {x, begin.in(graph), end.in(graph), graph.integers({axis}), graph.integers({step})}, x.type);
}

Value slice_from(const Value& x, int64_t axis, const Dim& begin, int64_t step) {
  return slice(x, axis, begin, kEnd, step);
}

Value select(const Value& x, int64_t axis, int64_t index) {
  return x.graph->node("Gather", {x, x.graph->scalar(static_cast<double>(index), Type::kInt64)}, x.type,
                       {{"axis", axis}});
}

Value take(const Value& x, int64_t axis, const Value& indices) {
  return x.graph->node("Gather", {x, indices}, x.type, {{"axis", axis}});
}

Value pad_end(const Value& x, int64_t rank, const std::vector<std::pair<int64_t, Dim>>& behind) {
  Dims pads(static_cast<size_t>(2 * rank), Dim(0));
  for (const auto& [axis, count] : behind) pads[static_cast<size_t>(rank + axis)] = count;
  return x.graph->node("Pad", {x, shape_of(*x.graph, pads)}, x.type);
}

Value size(const Value& x, int64_t axis) {
  return x.graph->node("Shape", {x}, Type::kInt64, {{"start", axis}, {"end", axis + 1}});
}

Value range(const Value& count) {
  auto& graph = *count.graph;
  return graph.node("Range",
                    {graph.scalar(0, Type::kInt64), squeeze(count, 0), graph.scalar(1, Type::kInt64)},
                    Type::kInt64);
}

Value reduce_sum(const Value& x, int64_t axis, Keep keep) {
  return x.graph->node("ReduceSum", {x, x.graph->integers({axis})}, x.type,
                       {{"keepdims", int64_t{keep == Keep::kAxis}}});
}
Value reduce_max(const Value& x, int64_t axis, Keep keep) { return reduction("ReduceMax", x, axis, keep); }
Value reduce_mean(const Value& x, int64_t axis, Keep keep) { return reduction("ReduceMean", x, axis, keep); }
Value least(const Value& x) { return x.graph->node("ReduceMin", {x}, x.type, {{"keepdims", int64_t{0}}}); }
Value most(const Value& x) { return x.graph->node("ReduceMax", {x}, x.type, {{"keepdims", int64_t{0}}}); }

Value argmax(const Value& x, int64_t axis) {
  return x.graph->node("ArgMax", {x}, Type::kInt64, {{"axis", axis}, {"keepdims", int64_t{0}}});
}

Best top(const Value& x, const Value& count) {
  const auto both = x.graph->nodes("TopK", {float_of(x), count}, {Type::kFloat, Type::kInt64},
                                   {{"axis", int64_t{1}}, {"largest", int64_t{1}}, {"sorted", int64_t{1}}});
  return {both[0], both[1]};
}

Value gather_rows(const Value& x, const Value& indices) {
  return x.graph->node("GatherND", {x, unsqueeze(indices, 2)}, x.type, {{"batch_dims", int64_t{1}}});
}

Value gather_entries(const Value& x, const Value& indices) {
  return x.graph->node("GatherElements", {x, indices}, x.type, {{"axis", int64_t{1}}});
}

Value replace_rows(const Value& x, const Value& indices, const Value& rows) {
  const auto batch = size(x, 0);
  const auto image = expand(reshape(range(batch), {-1, 1}), {batch, size(indices, 1)});
  return x.graph->node("ScatterND", {x, stack({image, indices}, 2), cast(rows, x.type)}, x.type);
}

}  // namespace focus::exporter
