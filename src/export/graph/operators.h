// ONNX's operators as functions of values, so that an exporting function reads like the model it exports.
#pragma once

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "export/graph/graph.h"

namespace focus::exporter {

/// A size in a shape: a number, or a value (1) int64 computed in the graph. In reshape, 0 keeps the input's
/// size and -1 is the rest. Do not use 0 directly after another reshape: optimisers that drop the first of
/// the two (those of OpenCV 5, onnxslim) then give the 0 another size.
class Dim {
 public:
  Dim(int64_t size) : size_(size) {}                    // NOLINT(google-explicit-constructor)
  Dim(int size) : size_(static_cast<int64_t>(size)) {}  // NOLINT(google-explicit-constructor)
  Dim(Value value) : size_(std::move(value)) {}         // NOLINT(google-explicit-constructor)

  bool known() const { return std::holds_alternative<int64_t>(size_); }
  int64_t number() const { return std::get<int64_t>(size_); }
  /// (1) int64 in `graph`.
  Value in(Graph& graph) const;

 private:
  std::variant<int64_t, Value> size_;
};
using Dims = std::vector<Dim>;

// Arithmetic broadcasts. Operands of different types are converted to float32.
Value operator+(const Value& a, const Value& b);
Value operator-(const Value& a, const Value& b);
Value operator*(const Value& a, const Value& b);
Value operator/(const Value& a, const Value& b);  ///< Integers are rounded towards zero.
Value operator+(const Value& a, double b);
Value operator-(const Value& a, double b);
Value operator-(double a, const Value& b);
Value operator*(const Value& a, double b);
Value operator/(const Value& a, double b);
Value minimum(const Value& a, const Value& b);
Value maximum(const Value& a, const Value& b);

Value less(const Value& a, const Value& b);     ///< Bool.
Value greater(const Value& a, const Value& b);  ///< Bool.
Value both(const Value& a, const Value& b);
Value either(const Value& a, const Value& b);
Value negation(const Value& a);  ///< `a` is bool.
Value where(const Value& condition, const Value& yes, const Value& no);

/// Returns `x` itself if it has that type.
Value cast(const Value& x, Type type);
/// Converts to float32, for what must be computed in it.
inline Value float_of(const Value& x) { return cast(x, Type::kFloat); }

/// An operator with one input whose type it keeps: Sqrt, Log, Sin, Cos, Floor, Abs, Relu, ...
Value unary(const char* op, const Value& x);
Value relu(const Value& x);
Value gelu(const Value& x);     ///< The exact GELU, computed with Erf; float32.
Value sigmoid(const Value& x);  ///< float32
Value softmax(const Value& x);  ///< Over the last dimension; float32.

/// Matrix product, in the graph's compute type.
Value matmul(const Value& a, const Value& b);

Value reshape(const Value& x, const Dims& dims);
Value transpose(const Value& x, const std::vector<int64_t>& order);
Value unsqueeze(const Value& x, int64_t axis);
Value squeeze(const Value& x, int64_t axis);
Value concat(const std::vector<Value>& parts, int64_t axis);
/// Joins the parts along a new axis, one entry per part.
Value stack(const std::vector<Value>& parts, int64_t axis);
Value expand(const Value& x, const Dims& dims);
Value slice(const Value& x, int64_t axis, const Dim& begin, const Dim& end, int64_t step = 1);
/// Slices to the end of the axis.
Value slice_from(const Value& x, int64_t axis, const Dim& begin, int64_t step = 1);
/// One entry of an axis; removes the axis.
Value select(const Value& x, int64_t axis, int64_t index);
/// Entries of an axis at `indices` (n) int64.
Value take(const Value& x, int64_t axis, const Value& indices);
/// Pads the end of some axes with zeros (or false).
Value pad_end(const Value& x, int64_t rank, const std::vector<std::pair<int64_t, Dim>>& behind);

/// (1) int64: the size of an axis, counted from 0.
Value size(const Value& x, int64_t axis);
/// 0, 1, ... up to `count` - 1, a (1) int64: (count) int64.
Value range(const Value& count);

enum class Keep { kAxis, kNothing };
Value reduce_sum(const Value& x, int64_t axis, Keep keep = Keep::kNothing);
Value reduce_max(const Value& x, int64_t axis, Keep keep = Keep::kNothing);
Value reduce_mean(const Value& x, int64_t axis, Keep keep = Keep::kNothing);
/// Least and largest of all elements, as a scalar.
Value least(const Value& x);
Value most(const Value& x);
Value argmax(const Value& x, int64_t axis);

struct Best {
  Value values, indices;
};
/// The `count` (1) int64 largest entries of axis 1, in descending order.
Best top(const Value& x, const Value& count);

/// Rows of x (B, S, C) at indices (B, n) int64: (B, n, C).
Value gather_rows(const Value& x, const Value& indices);
/// Entries of x (B, S) at indices (B, n): (B, n).
Value gather_entries(const Value& x, const Value& indices);
/// x (B, S, C) with its rows at distinct indices (B, n) replaced by rows (B, n, C).
Value replace_rows(const Value& x, const Value& indices, const Value& rows);

}  // namespace focus::exporter
