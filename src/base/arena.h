// One stretch of memory for large blocks that come and go together, such as the tensors of a forward pass.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <unordered_map>

namespace focus {

/// Gives out blocks of a reserved range of addresses, each the smallest free place that fits. What is freed
/// grows together with its free neighbours, so that a range whose blocks are all freed is whole again:
/// however sizes change from one image to the next, memory does not grow. The C library's heap cannot do
/// that, because small objects that stay lie between the large ones that go. Physical memory is taken when
/// first written to, in huge pages where the system has them, and kept. Thread-safe.
class Arena {
 public:
  static constexpr size_t kAlignment = 64;

  /// Reserves addresses; without success, or with 0 bytes, every allocation fails.
  explicit Arena(size_t bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// A block of at least `bytes`, or null if there is no place for it.
  void* allocate(size_t bytes);
  /// Whether a block is of this arena.
  bool owns(const void* block) const;
  /// Frees a block of this arena.
  void deallocate(void* block);

  /// Gives the physical memory of all free places back to the system.
  void release();

  /// Fills free places with bytes that are no zeros, up to `ahead` bytes behind the last that was ever given
  /// out, so that what reads memory before it is written is wrong every time.
  void poison(size_t ahead);

  size_t used_bytes() const;
  /// Bytes from the first address to the last one that was ever given out: what is or was physical memory.
  size_t extent() const;

 private:
  char* begin_ = nullptr;
  size_t bytes_ = 0;
  mutable std::mutex mutex_;
  std::map<size_t, size_t> free_;  ///< offset -> bytes; no two touch
  std::unordered_map<size_t, size_t> used_;
  size_t used_bytes_ = 0, extent_ = 0;
};

}  // namespace focus
