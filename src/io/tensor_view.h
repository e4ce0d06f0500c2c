// Shapes and strides from an untrusted file, checked before a tensor gets them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace focus::io {

constexpr size_t kMaxDimensions = 64;  ///< What ATen's iterators support.

/// Bytes of a contiguous tensor. Throws Error beginning with `where` for negative sizes, more than 64
/// dimensions, and sizes whose product (zeros counting as ones, as in ATen's strides) does not fit 63 bits.
uint64_t checked_bytes(const std::vector<int64_t>& sizes, at::ScalarType dtype, const std::string& where);

/// A view of `storage`, a one-dimensional tensor of bytes, in elements of `dtype`. Throws Error beginning
/// with `where` if it is not within the `limit` elements after `begin`. Strides of zero make tensors larger
/// than their memory: callers that copy them must limit that.
at::Tensor checked_view(const at::Tensor& storage, at::ScalarType dtype, int64_t begin, int64_t limit,
                        int64_t offset, const std::vector<int64_t>& sizes, std::vector<int64_t> strides,
                        const std::string& where);

/// Makes every byte other than 0 a 1: using a bool of another value is undefined behaviour.
void normalise_bools(void* data, uint64_t bytes);

}  // namespace focus::io
