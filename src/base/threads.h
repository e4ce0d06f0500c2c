// How many threads are worth having.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace focus {

/// CPUs in the affinity mask of this process; empty on systems without one.
std::vector<int> allowed_cpus();

/// CPUs this process may use, at least 1: those of its affinity mask, and no more than its control groups'
/// quota. The default number of threads for work in which threads of one core do not slow each other down.
int usable_cpus();

/// Physical cores this process may use, at least 1: hyperthreads of a core count once, CPUs outside the
/// affinity mask not at all, and no more than the control groups' quota. Dense arithmetic gains nothing from
/// a second thread on a core.
int physical_cores();

/// Distinct cores among `cpus`, from Linux's topology files below `cpu_dir` (/sys/devices/system/cpu); 0 if
/// those are missing.
int count_cores(const std::filesystem::path& cpu_dir, const std::vector<int>& cpus);

/// CPUs that the quotas of a process's control groups allow, rounded up: the least of its own groups and all
/// above them, of version 1 (cpu.cfs_quota_us) and 2 (cpu.max). Nothing if there is no quota.
/// @param root of the file system in which proc/self/cgroup, proc/self/mountinfo and the groups are
std::optional<int> quota_cpus(const std::filesystem::path& root = "/");

/// Whether the system lets this process have this many more threads at once (ulimit -u, the control group's
/// pids.max). If it does not, some libraries end the process or wait forever.
bool has_room_for_threads(int threads);

/// CPUs that a cgroup v2 quota file (cpu.max) allows, rounded up; nothing if there is no quota.
std::optional<int> cgroup_cpus(const std::filesystem::path& cpu_max);

}  // namespace focus
