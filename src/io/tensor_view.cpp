#include "io/tensor_view.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.h"
#include "base/human.h"

namespace focus::io {
namespace {

std::string list_of(const std::vector<int64_t>& numbers) {
  std::string text = "[";
  for (const int64_t number : numbers) text += (text.size() > 1 ? ", " : "") + std::to_string(number);
  return text + "]";
}

}  // namespace

uint64_t checked_bytes(const std::vector<int64_t>& sizes, at::ScalarType dtype, const std::string& where) {
  if (sizes.size() > kMaxDimensions) fail("{}: has more than {} dimensions", where, kMaxDimensions);
  auto extent = static_cast<int64_t>(c10::elementSize(dtype));
  bool empty = false;
  for (const int64_t size : sizes) {
    if (size < 0) fail("{}: shape {} has a negative size", where, list_of(sizes));
    if (__builtin_mul_overflow(extent, std::max<int64_t>(1, size), &extent)) {
      fail("{}: shape {} is too large", where, list_of(sizes));
    }
    empty = empty || size == 0;
  }
  return empty ? 0 : static_cast<uint64_t>(extent);
}

at::Tensor checked_view(const at::Tensor& storage, at::ScalarType dtype, int64_t begin, int64_t limit,
                        int64_t offset, const std::vector<int64_t>& sizes, std::vector<int64_t> strides,
                        const std::string& where) {
  const bool empty = checked_bytes(sizes, dtype, where) == 0;
  if (sizes.size() != strides.size()) {
    fail("{}: has {} sizes but {} strides", where, sizes.size(), strides.size());
  }
  const auto elements = static_cast<int64_t>(storage.nbytes() / c10::elementSize(dtype));
  if (begin < 0 || limit < 0 || begin > elements || limit > elements - begin) {
    fail("{}: its part of the storage, {} elements from {}, goes beyond the storage's {}", where, limit,
         begin, elements);
  }
  if (empty) return at::empty(sizes, at::TensorOptions(dtype));
  int64_t last = offset;
  bool overflow = offset < 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 1) strides[i] = 1;  // never used, but ATen computes with it
    int64_t reach = 0;
    overflow = overflow || strides[i] < 0 || __builtin_mul_overflow(sizes[i] - 1, strides[i], &reach) ||
               __builtin_add_overflow(last, reach, &last);
  }
  if (overflow || last >= limit) {
    fail("{}: offset {}, shape {} and strides {} go beyond its storage of {} elements", where, offset,
         list_of(sizes), list_of(strides), limit);
  }
  return at::empty({0}, at::TensorOptions(dtype)).set_(storage.storage(), begin + offset, sizes, strides);
}

void normalise_bools(void* data, uint64_t bytes) {
  auto* values = static_cast<uint8_t*>(data);
  std::transform(values, values + bytes, values, [](uint8_t value) { return value != 0; });
}

}  // namespace focus::io
