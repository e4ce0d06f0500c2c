// How many threads are worth having.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace focus {

/// Physical cores this process may use, at least 1: hyperthreads of a core count once, CPUs outside the
/// affinity mask not at all, and no more than the container's CPU quota. Dense arithmetic gains nothing from
/// a second thread on a core.
int physical_cores();

/// Distinct cores among `cpus`, from Linux's topology files below `cpu_dir` (/sys/devices/system/cpu); 0 if
/// those are missing.
int count_cores(const std::filesystem::path& cpu_dir, const std::vector<int>& cpus);

/// CPUs that a cgroup v2 quota file (cpu.max) allows, rounded up; nothing if there is no quota.
std::optional<int> cgroup_cpus(const std::filesystem::path& cpu_max);

}  // namespace focus
