// The process's memory: how it is allocated, and its peak.
#pragma once

#include <cstdint>

namespace focus {

/// Makes the C library keep freed blocks instead of returning them to the system, so that the next image's
/// tensors do not need fresh pages again. Call it first in main. Does nothing with C libraries other than
/// glibc.
void tune_allocator();

/// While one exists, the C library fills allocated memory with non-zero bytes, so that code that reads it
/// before writing gives wrong results every time. Does nothing with C libraries other than glibc.
class UnwrittenMemoryShows {
 public:
  UnwrittenMemoryShows();
  ~UnwrittenMemoryShows();
  UnwrittenMemoryShows(const UnwrittenMemoryShows&) = delete;
  UnwrittenMemoryShows& operator=(const UnwrittenMemoryShows&) = delete;
};

/// The most physical memory the process has had since reset_peak_rss, or since its start, in bytes; 0 if the
/// system does not report it.
uint64_t peak_rss_bytes();

/// Returns free memory to the system and makes peak_rss_bytes count from what is left. Where the system
/// cannot do that (outside Linux, and in some containers), the peak stays that of the whole process.
void reset_peak_rss();

}  // namespace focus
