// One memory range for large blocks that are freed together, such as the tensors of a forward pass.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <unordered_map>

namespace focus {

/// Allocates blocks from a reserved range of addresses, each in the smallest free place that fits. A freed
/// block is merged with its free neighbours, so that the range is whole again once all blocks are freed:
/// memory does not grow, however sizes change from one image to the next. The C library's heap fragments
/// instead, because small objects that stay lie between the large ones. Physical memory is taken at the first
/// write, in huge pages where the system has them, and kept. Thread-safe.
class Arena {
 public:
  static constexpr size_t kAlignment = 64;

  /// Reserves the addresses. If that fails, or for 0 bytes, every allocation fails.
  explicit Arena(size_t bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// A block of at least `bytes`, or null if no free place is large enough.
  void* allocate(size_t bytes);
  /// Whether a block belongs to this arena.
  bool owns(const void* block) const;
  /// Frees a block of this arena.
  void deallocate(void* block);

  /// Returns the physical memory of all free places to the system.
  void release();

  /// Fills free places with non-zero bytes, up to `ahead` bytes beyond the last one ever allocated, so that
  /// code that reads memory before writing it gives wrong results every time.
  void poison(size_t ahead);

  size_t used_bytes() const;
  /// Bytes from the first address to the last one ever allocated: all that is or was physical memory.
  size_t extent() const;

 private:
  char* begin_ = nullptr;
  size_t bytes_ = 0;
  mutable std::mutex mutex_;
  std::map<size_t, size_t> free_;  ///< offset -> bytes; no two are adjacent
  std::unordered_map<size_t, size_t> used_;
  size_t used_bytes_ = 0, extent_ = 0;
};

}  // namespace focus
