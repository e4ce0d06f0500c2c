// Many small jobs on all cores.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/threads.h"

namespace focus {

/// Calls `work(i)` once for each i below `count`, from as many threads as this process has CPUs. If a
/// call throws, no further calls start, and the first exception is rethrown here once all threads have
/// ended.
template <typename Work>
void for_each_index(size_t count, const Work& work) {
  std::atomic<size_t> next = 0;
  std::exception_ptr fault;
  std::once_flag first;
  {
    std::vector<std::jthread> workers;
    const auto threads = static_cast<size_t>(usable_cpus());
    for (size_t i = 0; i < std::min(threads, count); ++i) {
      workers.emplace_back([&] {
        try {
          for (size_t at = next++; at < count; at = next++) work(at);
        } catch (...) {
          next = count;
          std::call_once(first, [&] { fault = std::current_exception(); });
        }
      });
    }
  }
  if (fault) std::rethrow_exception(fault);
}

}  // namespace focus
