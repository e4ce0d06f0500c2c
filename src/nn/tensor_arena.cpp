#include "nn/tensor_arena.h"

#include <c10/core/CPUAllocator.h>

#include <atomic>

#include "base/arena.h"
#include "base/memory.h"
#include "nn/allocator.h"

namespace focus::nn {
namespace {

/// Reserves only address space: more than any machine's tensors need.
constexpr size_t kReserved = size_t{1} << 38;
constexpr size_t kLeast = size_t{64} << 10;

/// Never destroyed, because tensors with static storage may outlive it.
Arena& arena() {
  static Arena& instance = *new Arena(kReserved);
  return instance;
}

void free_block(void* block) {
  if (arena().owns(block)) {
    arena().deallocate(block);
  } else {
    c10::GetDefaultCPUAllocator()->raw_deallocate(block);
  }
}

class TensorAllocator final : public Allocator {
 public:
  c10::DeleterFnPtr raw_deleter() const override { return &free_block; }

 private:
  c10::DataPtr new_memory(size_t bytes) const override {
    void* block = bytes >= kLeast ? arena().allocate(bytes) : nullptr;
    if (block == nullptr) return c10::GetDefaultCPUAllocator()->allocate(bytes);
    return {block, block, &free_block, c10::Device(c10::DeviceType::CPU)};
  }
};

std::atomic<bool> in_use{false};

}  // namespace

void use_tensor_arena() {
#ifndef __SANITIZE_ADDRESS__
  static TensorAllocator allocator;
  if (!in_use.exchange(true)) c10::SetCPUAllocator(&allocator);
#endif
}

void release_free_memory() {
  if (in_use) arena().release();
  reset_peak_rss();
}

void poison_free_memory() {
  constexpr size_t kAhead = size_t{8} << 20;  // More than the tensors of a check take.
  if (in_use) arena().poison(kAhead);
}

}  // namespace focus::nn
