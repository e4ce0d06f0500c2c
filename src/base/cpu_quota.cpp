// The CPU time that control groups (cgroups) allow a process.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/threads.h"

namespace focus {
namespace {

namespace fs = std::filesystem;

/// CPUs, rounded up; none if there is no quota.
std::optional<int> cpus_of(double quota, double period) {
  if (quota <= 0 || period <= 0) return std::nullopt;
  constexpr double kMost = 1 << 20;
  const double cpus = std::min(quota / period, kMost);
  return std::max(1, static_cast<int>(cpus) + (cpus > static_cast<int>(cpus) ? 1 : 0));
}

std::optional<double> number_in(const fs::path& file) {
  std::ifstream in(file);
  double value = 0;
  return in >> value ? std::optional(value) : std::nullopt;
}

/// The quota of a cgroup v1; -1 means none.
std::optional<int> old_quota(const fs::path& group) {
  const auto quota = number_in(group / "cpu.cfs_quota_us"), period = number_in(group / "cpu.cfs_period_us");
  return quota && period ? cpus_of(*quota, *period) : std::nullopt;
}

std::optional<int> lesser(std::optional<int> a, std::optional<int> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

bool has_word(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

/// A mounted hierarchy of groups.
struct Mount {
  fs::path root;  ///< the group that is mounted at `point`
  fs::path point;
  bool is_new = false;  ///< version 2
};

std::vector<Mount> mounts_of(const fs::path& system) {
  std::ifstream in(system / "proc/self/mountinfo");
  std::vector<Mount> mounts;
  for (std::string line; std::getline(in, line);) {
    // proc(5): id, parent, device, root, mount point, options, any number of fields, "-", type, source,
    // options.
    std::istringstream words(line);
    std::string id, parent, device, root, point, word, type, source, options;
    words >> id >> parent >> device >> root >> point;
    while (words >> word && word != "-") {
    }
    words >> type >> source >> options;
    if (type == "cgroup2") mounts.push_back({root, point, true});
    if (type == "cgroup" && has_word(options, "cpu")) mounts.push_back({root, point, false});
  }
  return mounts;
}

/// The path of this process's group; version 1's is that of the controller `cpu`.
std::optional<fs::path> group_of(const fs::path& system, bool is_new) {
  std::ifstream in(system / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (is_new ? controllers.empty() : has_word(controllers, "cpu")) return fs::path(line.substr(second + 1));
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> cgroup_cpus(const fs::path& cpu_max) {
  std::ifstream in(cpu_max);
  // "max 100000" means no quota; "max" does not parse as a number.
  double quota = 0, period = 0;
  return in >> quota >> period ? cpus_of(quota, period) : std::nullopt;
}

std::optional<int> quota_cpus(const fs::path& root) {
  std::optional<int> least;
  for (const auto& mount : mounts_of(root)) {
    const auto group = group_of(root, mount.is_new);
    const fs::path top = root / mount.point.relative_path();
    fs::path below = group ? group->lexically_relative(mount.root) : fs::path(".");
    // Within a container the path may be the host's, of which only the container's own group is visible.
    if (below.empty() || *below.begin() == "..") below = ".";
    for (fs::path at = below;; at = at.parent_path()) {
      const fs::path folder = (top / at).lexically_normal();
      least = lesser(least, mount.is_new ? cgroup_cpus(folder / "cpu.max") : old_quota(folder));
      if (at.empty() || at == ".") break;
    }
  }
  return least;
}

}  // namespace focus
