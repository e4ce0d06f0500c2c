// Many small jobs on all cores.
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace focus::data {

/// Calls `work(i)` once for each i below `count`, from as many threads as the machine runs at a time. `work`
/// must not throw.
template <typename Work>
void for_each_index(size_t count, const Work& work) {
  std::atomic<size_t> next = 0;
  std::vector<std::jthread> workers;
  const size_t threads = std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 0; i < std::min(threads, count); ++i) {
    workers.emplace_back([&] {
      for (size_t at = next++; at < count; at = next++) work(at);
    });
  }
}

}  // namespace focus::data
