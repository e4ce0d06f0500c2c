// numpy's arrays: in pickles and in .npy files.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/pytorch/pickle.h"

namespace focus::io {

/// The type and layout of an array, without its numbers.
struct ArrayLayout {
  std::string dtype;           ///< numpy's code with the byte order: "<f4", "|u1".
  std::vector<int64_t> shape;  ///< With `axes`, the shape in memory.
  bool fortran = false;        ///< The first index changes fastest.
  /// If not empty, the axis of the memory for each of the array's axes, as numpy.transpose takes it.
  std::vector<int64_t> axes = {};
};

/// Whether the code stands for numbers rather than text, dates or Python objects.
bool is_numeric_dtype(std::string_view dtype);

/// "array of '<u4'" if LibTorch has no type for such numbers in any byte order, empty otherwise.
std::string unread_numpy_type(std::string_view dtype);

/// The tensor's type. Throws Error beginning with `where` if LibTorch lacks it or the numbers are big-endian.
at::ScalarType numpy_scalar_type(std::string_view dtype, const std::string& where);

/// An uninitialised contiguous tensor for the array's numbers in the order in which they are stored;
/// array_of_memory then gives it the array's shape. Throws Error beginning with `where` for axes that are not
/// a permutation.
at::Tensor array_memory(const ArrayLayout& layout, const std::string& where);
at::Tensor array_of_memory(const at::Tensor& memory, const ArrayLayout& layout);

/// Parses the header of a .npy file: a Python dictionary with descr, fortran_order and shape, and nothing
/// else.
ArrayLayout parse_npy_header(std::string_view text, const std::string& where);

/// An array in a pickle; none if the value is not an array of numbers.
struct PickledArray {
  ArrayLayout layout;
  PickleRef data = 0;  ///< Its bytes.
};
std::optional<PickledArray> parse_pickled_array(const Pickle& pickle, PickleRef ref);

}  // namespace focus::io
