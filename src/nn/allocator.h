// An allocator of tensors' memory, in the form that each release of LibTorch expects.
#pragma once

#include <c10/core/Allocator.h>

#include <cstring>

namespace focus::nn {

/// LibTorch 1 allocates by a function that is const; 2 by one that is not, and has one more for copies. None
/// is marked `override` here: each release uses those that it knows.
// NOLINTBEGIN(modernize-use-override)
class Allocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) { return new_memory(bytes); }
  c10::DataPtr allocate(size_t bytes) const { return new_memory(bytes); }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

 private:
  virtual c10::DataPtr new_memory(size_t bytes) const = 0;
};
// NOLINTEND(modernize-use-override)

}  // namespace focus::nn
