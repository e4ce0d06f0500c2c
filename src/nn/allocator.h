// An allocator of tensors' memory, with the interface that each release of LibTorch expects.
#pragma once

#include <c10/core/Allocator.h>

#include <cstring>

namespace focus::nn {

/// LibTorch 1 allocates with a const function; LibTorch 2 with a non-const one, and has one more for copies.
/// None is marked `override`, because each release declares only some of them.
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
