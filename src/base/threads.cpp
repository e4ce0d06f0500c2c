#include "base/threads.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

namespace focus {
namespace {

/// The CPUs the affinity mask allows; empty where there is no such thing.
std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
#ifdef __linux__
  cpu_set_t mask;
  if (::sched_getaffinity(0, sizeof(mask), &mask) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
    }
  }
#endif
  return cpus;
}

}  // namespace

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

std::optional<int> cgroup_cpus(const std::filesystem::path& cpu_max) {
  std::ifstream in(cpu_max);
  // "max 100000" is no quota, and no number.
  double quota = 0, period = 0;
  if (!(in >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  constexpr double kMost = 1 << 20;
  const double cpus = std::min(quota / period, kMost);
  return std::max(1, static_cast<int>(cpus) + (cpus > static_cast<int>(cpus) ? 1 : 0));
}

int physical_cores() {
  const std::vector<int> cpus = allowed_cpus();
  int cores = count_cores("/sys/devices/system/cpu", cpus);
  if (cores == 0) cores = static_cast<int>(cpus.empty() ? std::thread::hardware_concurrency() : cpus.size());
  return std::max(1, std::min(cores, cgroup_cpus("/sys/fs/cgroup/cpu.max").value_or(cores)));
}

}  // namespace focus
