#include "base/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace {

TEST(Memory, AResetForgetsThePeakOfWhatWasGivenBack) {
  if (::access("/proc/self/clear_refs", W_OK) != 0) {
    GTEST_SKIP() << "skipped: this system does not reset the peak";
  }
  // Pages of our own: an allocator, and a sanitizer's above all, may keep what is freed.
  constexpr size_t kBytes = 64 << 20;
  void* pages = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  std::fill_n(static_cast<char*>(pages), kBytes, 1);
  const uint64_t peak = focus::peak_rss_bytes();
  ASSERT_GE(peak, kBytes);
  ASSERT_EQ(::munmap(pages, kBytes), 0);
  EXPECT_GE(focus::peak_rss_bytes(), peak);
  focus::reset_peak_rss();
  EXPECT_LT(focus::peak_rss_bytes(), peak - kBytes / 2);
}

}  // namespace
