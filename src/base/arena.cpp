#include "base/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace focus {

Arena::Arena(size_t bytes) {
  if (bytes == 0) return;
  void* place =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) return;
#ifdef MADV_HUGEPAGE
  ::madvise(place, bytes, MADV_HUGEPAGE);  // Only a hint: without huge pages it is just slower.
#endif
  begin_ = static_cast<char*>(place);
  bytes_ = bytes;
  free_[0] = bytes;
}

Arena::~Arena() {
  if (begin_ != nullptr) ::munmap(begin_, bytes_);
}

void* Arena::allocate(size_t bytes) {
  if (bytes > bytes_) return nullptr;
  bytes = std::max((bytes + kAlignment - 1) / kAlignment * kAlignment, kAlignment);
  const std::lock_guard lock(mutex_);
  auto best = free_.end();
  for (auto place = free_.begin(); place != free_.end(); ++place) {
    if (place->second >= bytes && (best == free_.end() || place->second < best->second)) best = place;
  }
  if (best == free_.end()) return nullptr;
  const auto [offset, room] = *best;
  free_.erase(best);
  if (room > bytes) free_[offset + bytes] = room - bytes;
  used_[offset] = bytes;
  used_bytes_ += bytes;
  extent_ = std::max(extent_, offset + bytes);
  return begin_ + offset;
}

bool Arena::owns(const void* block) const {
  const auto* place = static_cast<const char*>(block);
  return begin_ != nullptr && place >= begin_ && place < begin_ + bytes_;
}

void Arena::deallocate(void* block) {
  const auto begin = static_cast<size_t>(static_cast<char*>(block) - begin_);
  const std::lock_guard lock(mutex_);
  const auto used = used_.find(begin);
  size_t offset = begin, bytes = used->second;
  used_.erase(used);
  used_bytes_ -= bytes;
  auto after = free_.lower_bound(offset);
  if (after != free_.end() && after->first == offset + bytes) {
    bytes += after->second;
    after = free_.erase(after);
  }
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  }
  free_[offset] = bytes;
}

void Arena::release() {
  static const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));  // 64 KiB on some ARM machines.
  const std::lock_guard lock(mutex_);
  for (const auto& [offset, bytes] : free_) {
    const size_t first = (offset + page - 1) / page * page;
    const size_t end = std::min(offset + bytes, extent_) / page * page;
    if (end > first) ::madvise(begin_ + first, end - first, MADV_DONTNEED);
  }
}

void Arena::poison(size_t ahead) {
  const std::lock_guard lock(mutex_);
  for (const auto& [offset, bytes] : free_) {
    const size_t end = std::min(offset + bytes, extent_ + ahead);
    if (end > offset) std::memset(begin_ + offset, 0xA5, end - offset);
  }
}

size_t Arena::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_bytes_;
}

size_t Arena::extent() const {
  const std::lock_guard lock(mutex_);
  return extent_;
}

}  // namespace focus
