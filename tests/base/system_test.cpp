// base/threads.h and base/memory.h: what the system tells about itself.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/memory.h"
#include "base/threads.h"
#include "data/temporary_folder.h"

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

TEST(Threads, ThisMachine) {
  EXPECT_GE(focus::physical_cores(), 1);
  EXPECT_LE(focus::physical_cores(), static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
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
