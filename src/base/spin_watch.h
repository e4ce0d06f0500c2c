// OpenMP's threads spin while they wait for one another. That is fastest if every thread has a core, and
// ruinous if not: a thread spins through its time slice while the one it waits for cannot run.
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

/// Times of the threads in a folder like Linux's /proc/self/task, by thread id; those that cannot be read are
/// left out.
std::map<int, ThreadTimes> thread_times(const std::filesystem::path& tasks = "/proc/self/task");

/// Decides from samples, taken half a second apart, whether other programs compete for the cores.
class Contention {
 public:
  /// @param seconds since the previous sample. Threads that ran little meanwhile do not count: they do not
  ///                compute.
  /// Returns whether waiting threads should sleep. One bad sample makes it true, several good ones in a row
  /// make it false again.
  bool look(const std::map<int, ThreadTimes>& now, double seconds);

 private:
  std::map<int, ThreadTimes> before_;
  bool contended_ = false;
  int good_looks_ = 0;
};

/// While it exists, makes waiting threads sleep as long as other programs compete for the cores. GCC's OpenMP
/// spins far less when it has more threads than there are processors (GOMP_SPINCOUNT in its manual), so this
/// adds threads that only sleep. Does nothing if OMP_WAIT_POLICY or GOMP_SPINCOUNT is set, with another
/// OpenMP, or if the system does not report the times of threads.
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

/// A team of OpenMP threads that sleep while it exists; none if the system allows no more threads.
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
