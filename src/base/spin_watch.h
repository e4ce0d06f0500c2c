// Threads of OpenMP that wait for one another spin. That is fastest where every thread has a core, and
// ruinous where it has not: a thread spins its share of time away while the one it waits for is not let run.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace focus {

/// Nanoseconds since a thread began.
struct ThreadTimes {
  uint64_t ran = 0;     ///< on a core
  uint64_t waited = 0;  ///< able to run, without a core
};

/// Times of the threads below a folder as Linux's /proc/self/task, by number; those that cannot be read are
/// left out.
std::map<int, ThreadTimes> thread_times(const std::filesystem::path& tasks = "/proc/self/task");

/// Decides from looks, half a second apart, whether others want the cores as well.
class Contention {
 public:
  /// @param seconds since the look before. Threads that ran little meanwhile do not count: they are none that
  ///                compute.
  /// Returns whether threads that wait should sleep. It takes one bad look to say so, and some good ones in a
  /// row to take it back.
  bool look(const std::map<int, ThreadTimes>& now, double seconds);

 private:
  std::map<int, ThreadTimes> before_;
  bool contended_ = false;
  int good_looks_ = 0;
};

/// While it lives, sees to it that waiting threads sleep as long as others want the cores. GCC's OpenMP spins
/// far less when there are more of its threads than processors (GOMP_SPINCOUNT in its manual),
/// so there are some more meanwhile, which sleep. Does nothing where the environment has decided:
/// OMP_WAIT_POLICY or GOMP_SPINCOUNT; nor with another OpenMP, or where the system does not tell threads'
/// times.
class SpinWatch {
 public:
  SpinWatch();
  ~SpinWatch();
  SpinWatch(const SpinWatch&) = delete;
  SpinWatch& operator=(const SpinWatch&) = delete;

  /// Whether waiting threads sleep now.
  bool sleeping() const { return sleeping_; }

 private:
  void watch();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::atomic<bool> sleeping_ = false;
  std::thread watcher_;
};

/// A team of OpenMP threads that sleep for as long as it lives; none where the system allows no more threads.
class SleepingTeam {
 public:
  explicit SleepingTeam(int threads);
  ~SleepingTeam();
  SleepingTeam(const SleepingTeam&) = delete;
  SleepingTeam& operator=(const SleepingTeam&) = delete;

  /// Threads that have joined it so far.
  int arrived() const { return arrived_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::atomic<int> arrived_ = 0;
  std::thread leader_;
};

}  // namespace focus
