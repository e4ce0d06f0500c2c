// The process's memory: how it is taken, and how much it was.
#pragma once

#include <cstdint>

namespace focus {

/// Makes the C library keep freed blocks instead of giving them back to the system, so that the next
/// image's tensors do not pay for fresh pages again. Call first thing in main. Does nothing with C
/// libraries other than glibc.
void tune_allocator();

/// While one lives, memory that the C library gives out holds other bytes than zero, so that what reads it
/// before it is written is wrong every time. Only glibc can.
class UnwrittenMemoryShows {
 public:
  UnwrittenMemoryShows();
  ~UnwrittenMemoryShows();
  UnwrittenMemoryShows(const UnwrittenMemoryShows&) = delete;
  UnwrittenMemoryShows& operator=(const UnwrittenMemoryShows&) = delete;
};

/// The most physical memory the process has had since reset_peak_rss, or since its start, in bytes; 0 if the
/// system does not tell.
uint64_t peak_rss_bytes();

/// Gives free memory back and makes peak_rss_bytes count from what is left. Where the system cannot do that
/// (outside Linux, and in some containers), the peak stays that of the whole process.
void reset_peak_rss();

}  // namespace focus
