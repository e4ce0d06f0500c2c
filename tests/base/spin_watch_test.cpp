#include "base/spin_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "support/wait_until.h"

namespace focus {
namespace {

namespace fs = std::filesystem;
using test::wait_until;

constexpr double kLook = 0.5;

/// Two threads that compute, of which each look says how many tenths of their time they had to wait.
class Looks {
 public:
  bool after(int tenths_waited) {
    const auto tenth = static_cast<uint64_t>(1e8 * kLook);
    for (int thread : {7, 8}) {
      times_[thread].ran += tenth * static_cast<uint64_t>(10 - tenths_waited);
      times_[thread].waited += tenth * static_cast<uint64_t>(tenths_waited);
    }
    return contention.look(times_, kLook);
  }
  std::map<int, ThreadTimes>& times() { return times_; }
  Contention contention;

 private:
  std::map<int, ThreadTimes> times_{{7, {}}, {8, {}}};
};

TEST(Contention, AnIdleMachineIsLeftAlone) {
  Looks looks;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(looks.after(1));
}

TEST(Contention, OneBadLookIsEnoughAndSomeGoodOnesTakeItBack) {
  Looks looks;
  looks.after(0);
  EXPECT_TRUE(looks.after(5));
  EXPECT_TRUE(looks.after(2)) << "neither good nor bad";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(looks.after(1));
  EXPECT_TRUE(looks.after(2)) << "not in a row";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(looks.after(1));
  EXPECT_FALSE(looks.after(1));
}

TEST(Contention, ThreadsThatDoLittleDoNotCount) {
  Looks looks;
  looks.after(0);
  // Many that wait for their turn to do next to nothing: a server's connections.
  for (int thread = 100; thread < 150; ++thread) looks.times()[thread] = {};
  EXPECT_FALSE(looks.after(0));
  for (int thread = 100; thread < 150; ++thread) looks.times()[thread] = {1'000'000, 400'000'000};
  EXPECT_FALSE(looks.after(0));
}

TEST(Contention, ThreadsComeAndGo) {
  Looks looks;
  looks.after(0);
  EXPECT_TRUE(looks.after(6));
  looks.times().erase(8);
  looks.times()[9] = {5'000'000'000, 0};  // New: what it did before is not known.
  EXPECT_TRUE(looks.contention.look(looks.times(), kLook)) << "nothing computed";
  looks.times()[7] = {1, 1};  // A number given to another thread.
  EXPECT_TRUE(looks.contention.look(looks.times(), kLook));
}

TEST(ThreadTimes, AreReadFromTheSystemsFiles) {
  const fs::path folder = fs::temp_directory_path() / "focus_thread_times";
  fs::remove_all(folder);
  for (const char* thread : {"12", "345", "6"}) fs::create_directories(folder / thread);
  std::ofstream(folder / "12/schedstat") << "1000 20 3\n";
  std::ofstream(folder / "345/schedstat") << "nonsense\n";
  const auto times = thread_times(folder);
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times.at(12).ran, 1000U);
  EXPECT_EQ(times.at(12).waited, 20U);
  fs::remove_all(folder);
  EXPECT_TRUE(thread_times(folder).empty());
}

#ifdef __linux__
size_t threads_now() {
  return static_cast<size_t>(std::distance(fs::directory_iterator("/proc/self/task"), {}));
}

/// Whether there are so many threads within some seconds. Only where their number moves one way: on the way to
/// another it may be this one for a moment.
bool comes_to(size_t threads) {
  return wait_until([threads] { return threads_now() == threads; });
}

TEST(SleepingTeam, ComesAndGoes) {
  const size_t before = threads_now();
  for (int i = 0; i < 3; ++i) {
    const SleepingTeam team(3);
    ASSERT_TRUE(wait_until([&team] { return team.arrived() == 3; })) << team.arrived();
    EXPECT_EQ(threads_now(), before + 3) << "those that probed for room have gone";
  }
  EXPECT_TRUE(comes_to(before)) << threads_now();
}

TEST(SpinWatch, WatchesUnlessTheEnvironmentHasDecided) {
  ::unsetenv("OMP_WAIT_POLICY");
  ::unsetenv("GOMP_SPINCOUNT");
  const size_t before = threads_now();
  {
    const SpinWatch watch;
    EXPECT_FALSE(watch.sleeping());
    EXPECT_TRUE(comes_to(before + (thread_times().empty() ? 0 : 1)));
  }
  EXPECT_TRUE(comes_to(before));
  ::setenv("GOMP_SPINCOUNT", "1000", 1);
  const SpinWatch none;
  EXPECT_EQ(threads_now(), before);
  ::unsetenv("GOMP_SPINCOUNT");
}
#endif

}  // namespace
}  // namespace focus
