// The worker of a batcher: runs batches and tells requests their results.
#include <algorithm>

#include "http/error.h"
#include "serve/batcher_impl.h"
#include "serve/memory_short.h"

namespace focus::serve {
namespace {

double seconds_of(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

bool runs_alone(const Job& job) { return job.alone || job.look.explain || job.look.tiles > 1; }

bool share_a_batch(const Job& a, const Job& b) {
  return a.model == b.model && a.look.keep_ratio == b.look.keep_ratio && !runs_alone(a) && !runs_alone(b);
}

}  // namespace

void Batcher::Impl::let_others_run() {
  // Called only on the worker thread, which owns `running_`.
  if (running_ == nullptr) return;
  Entries batch;
  {
    const std::lock_guard lock(mutex_);
    const auto other = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.request.get() != running_ && entry.job.look.tiles <= 1 && !entry.job.alone;
    });
    if (other == entries_.end()) return;
    take_batch(batch, other);
  }
  const auto* const paused = std::exchange(running_, nullptr);
  run_batch(batch);
  running_ = paused;
}

void Batcher::Impl::work() {
  for (;;) {
    Entries batch, dropped;
    if (!next(batch, dropped)) return;
    for (auto& entry : dropped) tell_dropped(entry);
    if (batch.empty()) continue;
    running_ = batch.front().job.look.tiles > 1 ? batch.front().request.get() : nullptr;
    run_batch(batch);
    running_ = nullptr;
  }
}

bool Batcher::Impl::next(Entries& batch, Entries& dropped) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !dropped_.empty() || !entries_.empty() || is_at_end(); });
    if (!entries_.empty() && dropped_.empty()) {
      const auto until = entries_.front().request->taken + options_.wait;
      changed_.wait_until(lock, until, [this] { return !dropped_.empty() || !can_grow(); });
      drop_what_nobody_waits_for(lock);
    }
    if (!dropped_.empty()) {
      dropped.swap(dropped_);
      return true;
    }
    if (!entries_.empty()) {
      take_batch(batch, entries_.begin());
      return true;
    }
    if (is_at_end()) return false;
  }
}

bool Batcher::Impl::is_at_end() const {
  return ending_ && entries_.empty() && dropped_.empty() && (cancelled_ || reservations_.empty());
}

bool Batcher::Impl::can_grow() const {
  if (drained_ || ending_ || cancelled_ || entries_.empty() || runs_alone(entries_.front().job)) return false;
  int64_t together = 0;
  for (const auto& entry : entries_) {
    if (!share_a_batch(entries_.front().job, entry.job) || ++together >= options_.max_batch) return false;
  }
  return true;
}

void Batcher::Impl::take_batch(Entries& batch, Entries::iterator at) {
  do {
    const auto next = std::next(at);
    places_ -= at->room.places;
    batch.splice(batch.end(), entries_, at);
    at = next;
  } while (at != entries_.end() && static_cast<int64_t>(batch.size()) < options_.max_batch &&
           share_a_batch(batch.front().job, at->job));
}

void Batcher::Impl::end_turn(const Entries& batch) {
  Entries later;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    const bool had_its_turn = std::any_of(
        batch.begin(), batch.end(), [&](const Entry& taken) { return taken.request == entry->request; });
    if (had_its_turn) later.splice(later.end(), entries_, entry);
    entry = next;
  }
  entries_.splice(entries_.end(), later);
}

void Batcher::Impl::run_batch(Entries& batch) {
  const auto begin = Clock::now();
  for (auto& entry : batch) {
    if (entry.request->begun == Clock::time_point()) entry.request->begun = begin;
  }
  auto error = run_together(batch);
  if (!error || batch.size() == 1) return finish(batch, error);
  // One image may have failed, or memory was too short for all at once: run each alone.
  while (!batch.empty()) {
    Entries alone;
    alone.splice(alone.end(), batch, batch.begin());
    error = run_together(alone);
    finish(alone, error);
  }
}

std::exception_ptr Batcher::Impl::run_together(Entries& batch) {
  const auto begin = Clock::now();
  const auto nobody_waits = [&] {
    const auto now = Clock::now();
    return cancelled_ || std::all_of(batch.begin(), batch.end(), [&](const Entry& entry) {
             return entry.request->over || entry.job.patience.is_over(now);
           });
  };
  try {
    if (nobody_waits()) http::fail_http(503, "no answer in time");
    std::vector<Job> jobs;
    jobs.reserve(batch.size());
    for (const auto& entry : batch) jobs.push_back(entry.job);
    auto results = run_(jobs, nobody_waits);
    if (results.size() != batch.size())
      fail("the model returned {} results for {} images", results.size(), batch.size());
    const auto end = Clock::now();
    size_t i = 0;
    for (auto& entry : batch) {
      auto& request = *entry.request;
      auto& result = request.results[entry.index] = std::move(results[i++]);
      result.queue_seconds = seconds_of(begin - request.taken);
      result.run_seconds = seconds_of(end - begin);
      result.batch = static_cast<int64_t>(batch.size());
      request.ended = end;
      --request.open;
    }
  } catch (...) {
    return told(std::current_exception());
  }
  return nullptr;
}

void Batcher::Impl::finish(Entries& batch, const std::exception_ptr& error) {
  int64_t bytes = 0;
  for (auto& entry : batch) {
    bytes += entry.room.bytes;
    entry.job.image = {};
  }
  {
    const std::lock_guard lock(mutex_);
    bytes_ -= bytes;
    end_turn(batch);
  }
  for (auto& entry : batch) {
    if (error || entry.request->open == 0) tell(*entry.request, error);
  }
  batch.clear();
}

void Batcher::Impl::tell_dropped(Entry& entry) {
  if (entry.request->over) return;
  std::exception_ptr error;
  try {
    http::fail_http(503, "{}", cancelled_ ? "the server is stopping" : "no answer in time");
  } catch (...) {
    error = std::current_exception();
  }
  tell(*entry.request, error);
}

void Batcher::Impl::tell(Request& request, const std::exception_ptr& error) {
  if (request.over.exchange(true)) return;
  const auto told_at = Clock::now();
  if (request.statistics) {
    if (error) {
      request.statistics->count_failure(told_at - request.taken + request.decoding);
    } else {
      request.statistics->count_success(
          {request.begun - request.taken, request.decoding, request.ended - request.begun});
    }
  }
  try {
    request.done(error, error ? std::vector<JobResult>() : std::move(request.results));
    if (request.statistics && !error) request.statistics->add_output(Clock::now() - told_at);
  } catch (...) {
    // An error of the callback must not end the worker.
  }
  request.done = nullptr;
}

}  // namespace focus::serve
