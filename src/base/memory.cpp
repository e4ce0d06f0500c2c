#include "base/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <fstream>

#include "base/threads.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace focus {

void tune_allocator() {
#ifdef __GLIBC__
  // Older versions refuse thresholds above half a heap.
  if (mallopt(M_MMAP_THRESHOLD, 1 << 30) == 0) mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
  // The default is up to eight heaps per core, and a server's many threads would grow each until it has held
  // the largest image.
  mallopt(M_ARENA_MAX, std::max(2, usable_cpus()));
#endif
}

UnwrittenMemoryShows::UnwrittenMemoryShows() {
#ifdef __GLIBC__
  mallopt(M_PERTURB, 0xA5);  // Negative and tiny as a float, out of range as an index.
#endif
}

UnwrittenMemoryShows::~UnwrittenMemoryShows() {
#ifdef __GLIBC__
  mallopt(M_PERTURB, 0);
#endif
}

void reset_peak_rss() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
#ifdef __linux__
  std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): resets the high water mark.
#endif
}

uint64_t peak_rss_bytes() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
  constexpr uint64_t kUnit = 1;
#else
  constexpr uint64_t kUnit = 1024;
#endif
  return static_cast<uint64_t>(usage.ru_maxrss) * kUnit;
}

}  // namespace focus
