#include "nn/threads.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace focus::nn {
namespace {

TEST(Threads, AreOfTheCallingThreadAlone) {
  const int before = at::get_num_threads();
  use_threads_here(3);
  EXPECT_EQ(at::get_num_threads(), 3);
  int other = 0, own = 0;
  std::thread([&] {
    other = at::get_num_threads();
    use_threads_here(2);
    own = at::get_num_threads();
  }).join();
  EXPECT_EQ(other, before);
  EXPECT_EQ(own, 2);
  EXPECT_EQ(at::get_num_threads(), 3);
  use_threads_here(before);
}

#ifdef __linux__
TEST(Threads, NoneIsMadeAnew) {
  // Threads made anew have numbers of their own.
  const auto newest = [] {
    int number = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      number = std::max(number, std::stoi(task.path().filename()));
    }
    return number;
  };
  const int before = at::get_num_threads();
  use_threads_here(before);
  const int thread = newest();
  for (int i = 0; i < 20; ++i) use_threads_here(1 + i % 2);
  EXPECT_EQ(newest(), thread);
  use_threads_here(before);
}
#endif

}  // namespace
}  // namespace focus::nn
