// base/threads.h and base/memory.h: what the system tells about itself.
#include <gtest/gtest.h>
#include <sched.h>

#include <fstream>
#include <thread>

#include "base/memory.h"
#include "base/threads.h"
#include "support/temporary_folder.h"

namespace {

void put_below_folder(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(Threads, HyperthreadsCountOnce) {
  const focus::test::TemporaryFolder folder;
  for (int cpu = 0; cpu < 8; ++cpu) {
    const int core = cpu % 4;
    put_below_folder(folder.path() / ("cpu" + std::to_string(cpu)) / "topology" / "thread_siblings_list",
                     std::to_string(core) + "," + std::to_string(core + 4) + "\n");
  }
  EXPECT_EQ(focus::count_cores(folder.path(), {0, 1, 2, 3, 4, 5, 6, 7}), 4);
  EXPECT_EQ(focus::count_cores(folder.path(), {0, 4}), 1) << "only CPUs of the affinity mask count";
  EXPECT_EQ(focus::count_cores(folder.path(), {0, 99}), 0) << "unknown topology";
}

TEST(Threads, ContainerQuota) {
  const focus::test::TemporaryFolder folder;
  const auto file = folder.path() / "cpu.max";
  const auto quota = [&](const std::string& text) {
    put_below_folder(file, text);
    return focus::cgroup_cpus(file);
  };
  EXPECT_EQ(quota("200000 100000\n"), 2);
  EXPECT_EQ(quota("150000 100000\n"), 2);
  EXPECT_EQ(quota("5000 100000\n"), 1);
  EXPECT_EQ(quota("max 100000\n"), std::nullopt);
  EXPECT_EQ(quota("100000 0\n"), std::nullopt);
  EXPECT_EQ(quota(""), std::nullopt);
  EXPECT_EQ(focus::cgroup_cpus(folder.path() / "none"), std::nullopt);
}

/// What proc(5) tells in /proc/self/mountinfo of a mounted hierarchy.
std::string mount_line(const std::string& root, const std::string& point, const std::string& type,
                       const std::string& options) {
  return "30 24 0:26 " + root + " " + point + " rw,nosuid shared:4 - " + type + " cgroup " + options + "\n";
}

TEST(Threads, QuotasOfAllGroupsAboveCount) {
  const focus::test::TemporaryFolder folder;
  const auto put = [&](const std::string& path, const std::string& text) {
    put_below_folder(folder.path() / path, text);
  };
  EXPECT_EQ(focus::quota_cpus(folder.path()), std::nullopt) << "no control groups";
  put("proc/self/mountinfo", mount_line("/", "/sys/fs/cgroup", "cgroup2", "rw"));
  put("proc/self/cgroup", "0::/user.slice/job.scope\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), std::nullopt) << "no quota";
  put("sys/fs/cgroup/user.slice/job.scope/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/user.slice/cpu.max", "400000 100000\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), 4) << "of the group above";
  put("sys/fs/cgroup/user.slice/job.scope/cpu.max", "250000 100000\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), 3);
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), 2) << "as a container sees its own group";
}

TEST(Threads, QuotasOfTheFirstVersionCount) {
  const focus::test::TemporaryFolder folder;
  const auto put = [&](const std::string& path, const std::string& text) {
    put_below_folder(folder.path() / path, text);
  };
  put("proc/self/mountinfo", mount_line("/", "/sys/fs/cgroup/unified", "cgroup2", "rw") +
                                 mount_line("/", "/sys/fs/cgroup/cpuset", "cgroup", "rw,cpuset") +
                                 mount_line("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct"));
  put("proc/self/cgroup", "5:cpuset:/\n4:cpu,cpuacct:/jobs/7\n0::/\n");
  const std::string group = "sys/fs/cgroup/cpu,cpuacct/jobs/7/";
  put(group + "cpu.cfs_period_us", "100000\n");
  put(group + "cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), std::nullopt);
  put(group + "cpu.cfs_quota_us", "300000\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), 3);
  put("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "50000\n");
  put("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "100000\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), 2) << "of the group above";
  // A container that sees its own group alone, and the host's path to it.
  put("proc/self/mountinfo", mount_line("/docker/1a", "/sys/fs/cgroup/cpu", "cgroup", "rw,cpu"));
  put("proc/self/cgroup", "4:cpu:/docker/1a\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), 1);
  put("proc/self/cgroup", "4:cpu:/other\n");
  EXPECT_EQ(focus::quota_cpus(folder.path()), 1);
}

TEST(Threads, RoomIsWhatTheSystemGives) {
  EXPECT_TRUE(focus::has_room_for_threads(0));
  EXPECT_TRUE(focus::has_room_for_threads(3));
}

TEST(Threads, ThisMachine) {
  EXPECT_GE(focus::usable_cpus(), 1);
  EXPECT_LE(focus::usable_cpus(), static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  EXPECT_GE(focus::usable_cpus(), focus::physical_cores());
  EXPECT_GE(focus::physical_cores(), 1);
  EXPECT_LE(focus::physical_cores(), static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
}

TEST(Threads, AMaskCounts) {
  const auto before = focus::allowed_cpus();
  if (before.size() < 2) GTEST_SKIP() << "one CPU only";
  cpu_set_t one, all;
  CPU_ZERO(&one);
  CPU_ZERO(&all);
  CPU_SET(static_cast<size_t>(before.back()), &one);
  for (const int cpu : before) CPU_SET(static_cast<size_t>(cpu), &all);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(focus::allowed_cpus(), std::vector<int>{before.back()});
  EXPECT_EQ(focus::usable_cpus(), 1);
  EXPECT_EQ(focus::physical_cores(), 1);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(all), &all), 0);
}

TEST(Memory, PeakGrowsWithUse) {
  focus::tune_allocator();
  const uint64_t before = focus::peak_rss_bytes();
  EXPECT_GT(before, 1u << 20);
  constexpr size_t kBytes = 256u << 20;
  std::vector<char> block(kBytes, 1);
  EXPECT_EQ(block[kBytes / 2], 1);
  EXPECT_GE(focus::peak_rss_bytes(), before + kBytes / 2);
}

}  // namespace
