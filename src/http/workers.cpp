#include "http/workers.h"

#include <system_error>
#include <utility>

#include "base/error.h"

namespace focus::http {

void Workers::start(int count) {
  threads_.reserve(static_cast<size_t>(count));
  try {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    const size_t made = threads_.size();
    stop();
    fail(
        "cannot start thread {} of {} for requests: {}; allow more (ulimit -u, the control group's "
        "pids.max), or ask for fewer",
        made + 1, count, error.code().message());
  }
}

void Workers::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void Workers::close() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  changed_.notify_all();
}

void Workers::stop() {
  close();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Workers::work() {
  while (true) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace focus::http
