#include "base/spin_watch.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/threads.h"

namespace focus {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kBetweenLooks{500};

/// The share of their runnable time that threads wait for a core: a thirtieth on an idle machine, and more
/// than half if something else computes on one of two cores; with sleeping threads, still two fifths.
constexpr double kBadShare = 0.3, kGoodShare = 0.15;
constexpr int kGoodLooks = 4;
/// Share of the time between two samples that a thread must have run to count.
constexpr double kBusyShare = 0.1;

bool environment_decides() {
  return std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr;
}

/// More threads than there are processors, since only one other thread may be computing.
int more_than_processors() {
#ifdef _OPENMP
  return omp_get_num_procs() + 1;
#else
  return 1;
#endif
}

}  // namespace

std::map<int, ThreadTimes> thread_times(const std::filesystem::path& tasks) {
  std::map<int, ThreadTimes> times;
  std::error_code error;  // Threads may end meanwhile.
  for (std::filesystem::directory_iterator entry(tasks, error), end; !error && entry != end;
       entry.increment(error)) {
    ThreadTimes read;
    std::ifstream file(entry->path() / "schedstat");
    if (file >> read.ran >> read.waited) times[std::atoi(entry->path().filename().c_str())] = read;
  }
  return times;
}

bool Contention::look(const std::map<int, ThreadTimes>& now, double seconds) {
  double ran = 0, waited = 0;
  for (const auto& [thread, times] : now) {
    const auto before = before_.find(thread);
    if (before == before_.end() || times.ran < before->second.ran) continue;
    const double run = 1e-9 * static_cast<double>(times.ran - before->second.ran);
    if (run < kBusyShare * seconds) continue;
    ran += run;
    waited += 1e-9 * static_cast<double>(times.waited - before->second.waited);
  }
  before_ = now;
  if (ran == 0) return contended_;  // Nothing computes, so there is nothing to learn.
  const double share = waited / (ran + waited);
  if (share > kBadShare) contended_ = true;
  good_looks_ = share < kGoodShare ? good_looks_ + 1 : 0;
  if (good_looks_ >= kGoodLooks) contended_ = false;
  return contended_;
}

SleepingTeam::SleepingTeam(int threads)
    : leader_([this, threads] {
#ifdef _OPENMP
#pragma omp parallel num_threads(threads) if (has_room_for_threads(threads))
        // The team stays with the thread that opened it; a region that does nothing would form none.
        ++arrived_;
#else
        static_cast<void>(threads);
#endif
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ending_; });
      }) {
}

SleepingTeam::~SleepingTeam() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  leader_.join();
}

SpinWatch::SpinWatch() {
  if (environment_decides() || thread_times().empty()) return;
  try {
    watcher_ = std::thread([this] { watch(); });
  } catch (const std::system_error&) {
    // Waiting threads spin then, as they would without this class.
  }
}

SpinWatch::~SpinWatch() {
  if (!watcher_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  watcher_.join();
}

void SpinWatch::watch() {
  Contention contention;
  std::optional<SleepingTeam> team;
  auto looked = Clock::now();
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kBetweenLooks, [this] { return ending_; })) {
    const auto now = Clock::now();
    sleeping_ = contention.look(thread_times(), std::chrono::duration<double>(now - looked).count());
    looked = now;
    if (sleeping_ && !team) team.emplace(more_than_processors());
    if (!sleeping_) team.reset();
  }
}

}  // namespace focus
