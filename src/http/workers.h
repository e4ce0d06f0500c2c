// A fixed set of threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace focus::http {

class Workers {
 public:
  Workers() = default;
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() { stop(); }

  /// Throws Error if the threads cannot be created; none is left running then.
  void start(int count);
  /// @param job must not throw
  void submit(std::function<void()> job);
  /// Drops the jobs that were not started, and accepts no more.
  void close();
  /// The same, and waits for running jobs.
  void stop();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace focus::http
