#include "base/threads.h"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#ifdef __linux__
#include <sched.h>
#include <unistd.h>
#endif

namespace focus {

std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
#ifdef __linux__
  cpu_set_t mask;
  if (::sched_getaffinity(::getpid(), sizeof(mask), &mask) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
    }
  }
#endif
  return cpus;
}

bool has_room_for_threads(int threads) {
  std::mutex mutex;
  std::unique_lock together(mutex);  // No probe ends before all have started.
  std::vector<std::thread> probes;
  try {
    for (int i = 0; i < threads; ++i) {
      probes.emplace_back([&mutex] { const std::lock_guard wait(mutex); });
    }
  } catch (const std::system_error&) {
    // Counted below.
  }
  together.unlock();
  for (auto& probe : probes) probe.join();
  return static_cast<int>(probes.size()) == threads;
}

int count_cores(const std::filesystem::path& cpu_dir, const std::vector<int>& cpus) {
  // CPUs of one core name the same siblings; core ids are only unique within a package.
  std::set<std::string> cores;
  for (const int cpu : cpus) {
    std::ifstream in(cpu_dir / ("cpu" + std::to_string(cpu)) / "topology" / "thread_siblings_list");
    std::string siblings;
    if (!std::getline(in, siblings)) return 0;
    cores.insert(siblings);
  }
  return static_cast<int>(cores.size());
}

int usable_cpus() {
  const std::vector<int> cpus = allowed_cpus();
  const int all =
      cpus.empty() ? static_cast<int>(std::thread::hardware_concurrency()) : static_cast<int>(cpus.size());
  return std::max(1, std::min(all, quota_cpus().value_or(all)));
}

int physical_cores() {
  const std::vector<int> cpus = allowed_cpus();
  int cores = count_cores("/sys/devices/system/cpu", cpus);
  if (cores == 0) cores = static_cast<int>(cpus.empty() ? std::thread::hardware_concurrency() : cpus.size());
  return std::max(1, std::min(cores, quota_cpus().value_or(cores)));
}

}  // namespace focus
