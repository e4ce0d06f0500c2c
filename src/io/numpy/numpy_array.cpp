#include "io/numpy/numpy_array.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/human.h"
#include "base/numbers.h"
#include "io/tensor_view.h"

namespace focus::io {
namespace {

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 9> kNumpyTypes{{{"f8", at::kDouble},
                                                                                  {"f4", at::kFloat},
                                                                                  {"f2", at::kHalf},
                                                                                  {"i8", at::kLong},
                                                                                  {"i4", at::kInt},
                                                                                  {"i2", at::kShort},
                                                                                  {"i1", at::kChar},
                                                                                  {"u1", at::kByte},
                                                                                  {"b1", at::kBool}}};

/// "f4" with the byte order '<' becomes "<f4"; codes that have an order keep it.
std::string with_order(std::string_view code, std::string_view order) {
  if (!code.empty() && std::string_view("<>|=").find(code.front()) != std::string_view::npos) {
    return std::string(code);
  }
  return std::string(order) + std::string(code);
}

/// The code of a pickled numpy.dtype.
std::optional<std::string> pickled_dtype(const Pickle& pickle, PickleRef ref) {
  const PickleValue& object = pickle[ref];
  if (object.kind != PickleKind::kObject || !pickle.is_global(object.items[0], "numpy.dtype")) {
    return std::nullopt;
  }
  const PickleValue& arguments = pickle[object.items[1]];
  if (arguments.kind != PickleKind::kTuple || arguments.items.empty()) return std::nullopt;
  const auto code = pickle.string(arguments.items[0]);
  if (!code) return std::nullopt;
  const PickleValue& state = pickle[object.items[2]];
  const bool has_order = state.kind == PickleKind::kTuple && state.items.size() >= 2;
  return with_order(*code, has_order ? pickle.string(state.items[1]).value_or("=") : "=");
}

std::optional<std::vector<int64_t>> pickled_shape(const Pickle& pickle, PickleRef ref) {
  if (pickle[ref].kind != PickleKind::kTuple || pickle[ref].items.size() > kMaxDimensions)
    return std::nullopt;
  std::vector<int64_t> shape;
  for (const PickleRef item : pickle[ref].items) {
    const auto size = pickle.integer(item);
    if (!size) return std::nullopt;
    shape.push_back(*size);
  }
  return shape;
}

/// A parser of the header of a .npy file.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  bool take(char c) {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void need(char c) {
    if (!take(c)) broken();
  }
  std::string_view string() {
    need('\'');
    const size_t end = rest_.find('\'');
    if (end == std::string_view::npos) broken();
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    take(' ');
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (rest_.substr(0, word.size()) != word) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    broken();
  }
  int64_t number() {
    take(' ');
    const auto value = take_number<int64_t>(rest_);
    if (!value || *value < 0) broken();
    take('L');
    return *value;
  }
  void need_end() const {
    if (rest_.find_first_not_of(" \n") != std::string_view::npos) broken();
  }
  [[noreturn]] void broken() const {
    fail("{}: its header is not a numpy array's, near {}", where_, in_quotes(rest_.substr(0, 40)));
  }

 private:
  std::string_view rest_;
  const std::string& where_;
};

}  // namespace

bool is_numeric_dtype(std::string_view dtype) {
  const size_t kind = dtype.find_first_not_of("<>|=");
  return kind != std::string_view::npos && kind <= 1 &&
         std::string_view("fiubc?").find(dtype[kind]) != std::string_view::npos;
}

std::string unread_numpy_type(std::string_view dtype) {
  const bool has_order = !dtype.empty() && std::string_view("<>|=").find(dtype.front()) != dtype.npos;
  const std::string_view code = dtype.substr(has_order ? 1 : 0);
  const bool is_read = code == "?" || std::any_of(kNumpyTypes.begin(), kNumpyTypes.end(),
                                                  [&](const auto& type) { return type.first == code; });
  return is_read ? "" : "array of " + in_quotes(dtype);
}

at::ScalarType numpy_scalar_type(std::string_view dtype, const std::string& where) {
  const bool has_order = !dtype.empty() && std::string_view("<>|=").find(dtype.front()) != dtype.npos;
  const std::string_view code = dtype.substr(has_order ? 1 : 0);
  if (dtype.front() == '>' && code.size() == 2 && code.back() != '1') {
    fail("{}: its numbers {} are big-endian; convert it on the machine that wrote it", where,
         in_quotes(dtype));
  }
  if (code == "?") return at::kBool;
  for (const auto& [name, type] : kNumpyTypes) {
    if (name == code) return type;
  }
  fail("{}: its type {} is not one of f8 f4 f2 i8 i4 i2 i1 u1 b1", where, in_quotes(dtype));
}

at::Tensor array_memory(const ArrayLayout& layout, const std::string& where) {
  const at::ScalarType dtype = numpy_scalar_type(layout.dtype, where);
  checked_bytes(layout.shape, dtype, where);
  if (!layout.axes.empty()) {
    std::vector<int64_t> in_order = layout.axes;
    std::sort(in_order.begin(), in_order.end());
    bool is_permutation = in_order.size() == layout.shape.size();
    for (size_t i = 0; i < in_order.size(); ++i) {
      is_permutation = is_permutation && in_order[i] == static_cast<int64_t>(i);
    }
    if (!is_permutation) {
      fail("{}: its axes [{}] are not a permutation of {} dimensions", where, fmt::join(layout.axes, ", "),
           layout.shape.size());
    }
  }
  std::vector<int64_t> sizes = layout.shape;
  if (layout.fortran) std::reverse(sizes.begin(), sizes.end());
  return at::empty(sizes, at::TensorOptions(dtype));
}

at::Tensor array_of_memory(const at::Tensor& memory, const ArrayLayout& layout) {
  if (memory.scalar_type() == at::kBool) normalise_bools(memory.data_ptr(), memory.nbytes());
  if (!layout.axes.empty()) return memory.permute(layout.axes);
  if (!layout.fortran) return memory;
  std::vector<int64_t> order(layout.shape.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(order.size() - 1 - i);
  return memory.permute(order);
}

ArrayLayout parse_npy_header(std::string_view text, const std::string& where) {
  ArrayLayout layout;
  HeaderParser parser(text, where);
  std::array<bool, 3> seen{};
  const auto once = [&](size_t field) {
    if (std::exchange(seen[field], true)) parser.broken();
  };
  parser.need('{');
  while (!parser.take('}')) {
    const std::string_view key = parser.string();
    parser.need(':');
    if (key == "descr") {
      once(0);
      // A list here describes records instead of numbers.
      if (parser.take('[')) fail("{}: is an array of records, not of numbers", where);
      layout.dtype = parser.string();
    } else if (key == "fortran_order") {
      once(1);
      layout.fortran = parser.boolean();
    } else if (key == "shape") {
      once(2);
      parser.need('(');
      while (!parser.take(')')) {
        layout.shape.push_back(parser.number());
        if (!parser.take(',')) {
          parser.need(')');
          break;
        }
      }
    } else {
      parser.broken();
    }
    if (!parser.take(',')) {
      parser.need('}');
      break;
    }
  }
  parser.need_end();
  if (!seen[0] || !seen[1] || !seen[2]) {
    fail("{}: its header lacks one of descr, fortran_order and shape", where);
  }
  return layout;
}

std::optional<PickledArray> parse_pickled_array(const Pickle& pickle, PickleRef ref) {
  const PickleValue& object = pickle[ref];
  if (object.kind != PickleKind::kObject || pickle[object.items[0]].kind != PickleKind::kGlobal) {
    return std::nullopt;
  }
  const std::string_view function = pickle[object.items[0]].text;
  PickledArray array;
  std::optional<std::string> dtype;
  std::optional<std::vector<int64_t>> shape;
  if (function == "numpy.core.multiarray._reconstruct" || function == "numpy._core.multiarray._reconstruct") {
    const PickleValue& state = pickle[object.items[2]];  // version, shape, dtype, is_fortran, bytes
    if (state.kind != PickleKind::kTuple || state.items.size() != 5) return std::nullopt;
    shape = pickled_shape(pickle, state.items[1]);
    dtype = pickled_dtype(pickle, state.items[2]);
    array.layout.fortran = pickle.integer(state.items[3]).value_or(0) != 0;
    array.data = state.items[4];
  } else if (function == "numpy.core.numeric._frombuffer" || function == "numpy._core.numeric._frombuffer") {
    // bytes, dtype, shape in memory, order; since numpy 2.3 also the axis of the memory for each axis
    const PickleValue& arguments = pickle[object.items[1]];
    constexpr size_t kAxes = 4;
    if (arguments.kind != PickleKind::kTuple || arguments.items.size() < kAxes ||
        arguments.items.size() > kAxes + 1) {
      return std::nullopt;
    }
    array.data = arguments.items[0];
    dtype = pickled_dtype(pickle, arguments.items[1]);
    shape = pickled_shape(pickle, arguments.items[2]);
    const auto order = pickle.string(arguments.items[3]);
    const bool has_axes =
        arguments.items.size() > kAxes && pickle[arguments.items[kAxes]].kind != PickleKind::kNone;
    if (order == "K" && has_axes) {
      auto axes = pickled_shape(pickle, arguments.items[kAxes]);
      if (!axes) return std::nullopt;
      array.layout.axes = std::move(*axes);
    } else if (order != "C" && order != "F") {
      return std::nullopt;
    }
    array.layout.fortran = order == "F";
  }
  if (!dtype || !shape || !is_numeric_dtype(*dtype)) return std::nullopt;
  array.layout.dtype = std::move(*dtype);
  array.layout.shape = std::move(*shape);
  return array;
}

}  // namespace focus::io
