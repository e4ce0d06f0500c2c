#include "serve/batcher.h"

#include <tuple>

namespace focus::serve {
namespace {

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

Batcher::Batcher(BatcherOptions options, Run run)
    : options_(options), run_(std::move(run)), worker_([this] { work(); }) {}

Batcher::~Batcher() { stop(); }

Batcher::Places::~Places() {
  if (batcher_ == nullptr) return;
  const std::lock_guard lock(batcher_->mutex_);
  batcher_->reserved_ -= count_;
  batcher_->changed_.notify_all();
}

std::optional<Batcher::Places> Batcher::reserve(int64_t pictures) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || static_cast<int64_t>(entries_.size()) + reserved_ + pictures > options_.queue) {
    return std::nullopt;
  }
  reserved_ += pictures;
  return Places(*this, pictures);
}

std::vector<std::future<Outcome>> Batcher::submit(Places places, std::vector<Job> jobs) {
  const std::lock_guard lock(mutex_);
  reserved_ -= std::exchange(places.count_, 0);
  std::vector<std::future<Outcome>> futures;
  futures.reserve(jobs.size());
  for (auto& job : jobs) {
    entries_.push_back({std::move(job), {}, Clock::now()});
    futures.push_back(entries_.back().promise.get_future());
  }
  changed_.notify_all();
  return futures;
}

int64_t Batcher::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(entries_.size()) + reserved_;
}

void Batcher::hurry() {
  const std::lock_guard lock(mutex_);
  hurried_ = true;
  changed_.notify_all();
}

void Batcher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (worker_.joinable()) worker_.join();
}

void Batcher::work() {
  for (auto batch = next_batch(); !batch.empty(); batch = next_batch()) run_batch(std::move(batch));
}

std::vector<Batcher::Entry> Batcher::next_batch() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (stopping_ && reserved_ == 0) || !entries_.empty(); });
  if (entries_.empty()) return {};
  const auto full = [this] {
    return stopping_ || hurried_ || static_cast<int64_t>(entries_.size()) >= options_.max_batch;
  };
  changed_.wait_until(lock, entries_.front().taken + options_.wait, full);
  std::vector<Entry> batch;
  const auto kind = [](const Entry& entry) {
    return std::tuple(entry.job.keep_ratio, entry.job.explain, entry.job.tiles);
  };
  const auto first = kind(entries_.front());
  while (!entries_.empty() && static_cast<int64_t>(batch.size()) < options_.max_batch &&
         kind(entries_.front()) == first) {
    batch.push_back(std::move(entries_.front()));
    entries_.pop_front();
  }
  return batch;
}

void Batcher::run_batch(std::vector<Entry> batch) const {
  const auto begin = Clock::now();
  std::vector<Job> jobs;
  jobs.reserve(batch.size());
  for (auto& entry : batch) jobs.push_back(std::move(entry.job));
  try {
    auto found = run_(jobs);
    const double seconds = seconds_between(begin, Clock::now());
    for (size_t i = 0; i < batch.size(); ++i) {
      batch[i].promise.set_value({std::move(found.at(i)), seconds_between(batch[i].taken, begin), seconds,
                                  static_cast<int64_t>(batch.size())});
    }
  } catch (...) {
    for (auto& entry : batch) {
      try {
        entry.promise.set_exception(std::current_exception());
      } catch (const std::future_error&) {
        // It had its answer before the failure.
      }
    }
  }
}

}  // namespace focus::serve
