#include "serve/batcher.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "http/error.h"
#include "serve/memory_short.h"

namespace focus::serve {
namespace {

using std::chrono::nanoseconds;

double seconds_of(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

bool runs_alone(const Job& job) { return job.alone || job.look.explain || job.look.tiles > 1; }

bool share_a_batch(const Job& a, const Job& b) {
  return a.model == b.model && a.look.keep_ratio == b.look.keep_ratio && !runs_alone(a) && !runs_alone(b);
}

int64_t bytes_of(const images::Image& image) { return static_cast<int64_t>(image.bytes()); }

}  // namespace

class Batcher::Impl {
 public:
  Impl(BatcherOptions options, Run run) : options_(options), run_(std::move(run)) {
    try {
      worker_ = std::thread([this] { work(); });
    } catch (const std::system_error& error) {
      fail("cannot start the thread that runs the models: {}; allow this user more threads or memory",
           error.code().message());
    }
  }

  std::optional<Reservation> reserve(Room room, const Patience& patience) {
    const Room taken{places_taken(room.places), room.bytes};
    std::list<Reservation::Held> held;
    held.push_back({taken, patience});
    std::unique_lock lock(mutex_);
    if (!fits(room)) drop_what_nobody_waits_for(lock);
    if (ending_ || cancelled_ || !fits(room)) return std::nullopt;
    reserved_ += taken.places;
    bytes_ += room.bytes;
    reservations_.splice(reservations_.end(), held);
    return Reservation(*this, std::prev(reservations_.end()));
  }

  void give_back(std::list<Reservation::Held>::iterator held) {
    const std::lock_guard lock(mutex_);
    forget_reservation(held);
    changed_.notify_all();
  }

  void submit(Reservation reservation, std::vector<Job> jobs, Done done) {
    if (jobs.empty()) fail("a request without an image was submitted to the queue");
    const auto request = std::make_shared<Request>();
    request->taken = Clock::now();
    request->statistics = jobs.front().model ? jobs.front().model->statistics : nullptr;
    request->results.resize(jobs.size());
    request->open = jobs.size();
    request->done = std::move(done);
    Entries entries;
    Room room;
    for (size_t i = 0; i < jobs.size(); ++i) {
      const Room own{views_of(images::size_of(jobs[i].image), jobs[i].look), bytes_of(jobs[i].image)};
      room.places += own.places;
      room.bytes += own.bytes;
      request->decoding += jobs[i].decoding;
      entries.push_back({request, i, std::move(jobs[i]), own});
    }
    // The first entries take the uncounted places, so that the request holds places until its last entries
    // run.
    int64_t uncounted = room.places - places_taken(room.places);
    for (auto& entry : entries) {
      const int64_t left_out = std::min(uncounted, entry.room.places);
      entry.room.places -= left_out;
      uncounted -= left_out;
    }
    room.places = places_taken(room.places);
    const std::lock_guard lock(mutex_);
    if (cancelled_) http::fail_http(503, "the server is stopping");
    reservation.impl_ = nullptr;
    forget_reservation(reservation.held_);
    places_ += room.places;
    bytes_ += room.bytes;
    entries_.splice(entries_.end(), entries);
    changed_.notify_all();
  }

  int64_t waiting() const {
    const std::lock_guard lock(mutex_);
    return places_ + reserved_;
  }
  int64_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

  void let_others_run() {
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

  void drain() {
    const std::lock_guard lock(mutex_);
    drained_ = true;
    changed_.notify_all();
  }
  void cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      changed_.notify_all();
    }
    const std::lock_guard once(joining_);
    if (worker_.joinable()) worker_.join();
  }

  const BatcherOptions& options() const { return options_; }

 private:
  struct Request {
    Done done;
    Clock::time_point taken, begun, ended;  ///< when it was queued; when its jobs began and ended
    nanoseconds decoding{0};
    std::vector<JobResult> results;
    size_t open = 0;                 ///< jobs without a result
    std::atomic<bool> over = false;  ///< `done` was called; its remaining jobs are not needed
    std::shared_ptr<Statistics> statistics;
  };
  struct Entry {
    std::shared_ptr<Request> request;
    size_t index = 0;  ///< in the request's jobs
    Job job;
    Room room;
  };
  // A list: entries move to another list without allocating memory.
  using Entries = std::list<Entry>;

  /// The places that a request with this many images and tiles takes: a quarter of the queue is left to
  /// others.
  int64_t places_taken(int64_t places) const { return std::min(places, options_.queue - options_.queue / 4); }

  bool fits(Room room) const {
    const int64_t taken = places_ + reserved_;
    return (taken == 0 || taken + room.places <= options_.queue) &&
           (bytes_ == 0 || bytes_ + room.bytes <= options_.max_bytes);
  }

  void forget_reservation(std::list<Reservation::Held>::iterator held) {
    reserved_ -= held->room.places;
    bytes_ -= held->room.bytes;
    reservations_.erase(held);
  }

  /// Frees the room of reservations and entries that nobody waits for. The worker then tells their requests.
  void drop_what_nobody_waits_for(std::unique_lock<std::mutex>& lock) {
    Entries gone;
    const auto now = Clock::now();
    for (auto& held : reservations_) {
      if (held.patience.is_over(now)) reserved_ -= std::exchange(held.room.places, 0);
    }
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      const auto next = std::next(entry);
      if (cancelled_ || entry->request->over || entry->job.patience.is_over(now)) {
        places_ -= entry->room.places;
        gone.splice(gone.end(), entries_, entry);
      }
      entry = next;
    }
    if (gone.empty()) return;
    // Freeing large images takes a while, so do it without the lock.
    lock.unlock();
    int64_t bytes = 0;
    for (auto& entry : gone) {
      bytes += entry.room.bytes;
      entry.job.image = {};
    }
    lock.lock();
    bytes_ -= bytes;
    dropped_.splice(dropped_.end(), gone);
    changed_.notify_all();
  }

  void work() {
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

  /// Waits for a batch to run or for dropped entries; false at the end.
  bool next(Entries& batch, Entries& dropped) {
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

  bool is_at_end() const {
    return ending_ && entries_.empty() && dropped_.empty() && (cancelled_ || reservations_.empty());
  }

  /// Whether another image may still join the batch at the front.
  bool can_grow() const {
    if (drained_ || ending_ || cancelled_ || entries_.empty() || runs_alone(entries_.front().job))
      return false;
    int64_t together = 0;
    for (const auto& entry : entries_) {
      if (!share_a_batch(entries_.front().job, entry.job) || ++together >= options_.max_batch) return false;
    }
    return true;
  }

  /// Takes an entry, and those directly after it that can share its batch.
  void take_batch(Entries& batch, Entries::iterator at) {
    do {
      const auto next = std::next(at);
      places_ -= at->room.places;
      batch.splice(batch.end(), entries_, at);
      at = next;
    } while (at != entries_.end() && static_cast<int64_t>(batch.size()) < options_.max_batch &&
             share_a_batch(batch.front().job, at->job));
  }

  /// Moves the remaining entries of the requests in `batch` behind all others that wait.
  void end_turn(const Entries& batch) {
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

  void run_batch(Entries& batch) {
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

  /// Runs a batch and stores its results. Returns the error if it failed.
  std::exception_ptr run_together(Entries& batch) {
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

  /// Frees the images, then tells the requests that failed or have all their results.
  void finish(Entries& batch, const std::exception_ptr& error) {
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

  void tell_dropped(Entry& entry) {
    if (entry.request->over) return;
    std::exception_ptr error;
    try {
      http::fail_http(503, "{}", cancelled_ ? "the server is stopping" : "no answer in time");
    } catch (...) {
      error = std::current_exception();
    }
    tell(*entry.request, error);
  }

  /// Calls `done`, once per request.
  static void tell(Request& request, const std::exception_ptr& error) {
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

  BatcherOptions options_;
  Run run_;
  mutable std::mutex mutex_;
  std::mutex joining_;
  std::condition_variable changed_;
  Entries entries_;                   ///< waiting, in the order of their turns
  Entries dropped_;                   ///< their images are freed; their requests are not told yet
  const Request* running_ = nullptr;  ///< the request whose tiles are running, if any; owned by the worker
  std::list<Reservation::Held> reservations_;
  int64_t places_ = 0, reserved_ = 0, bytes_ = 0;
  bool drained_ = false, ending_ = false;
  std::atomic<bool> cancelled_ = false;
  std::thread worker_;
};

Batcher::Batcher(BatcherOptions options, Run run) : impl_(std::make_unique<Impl>(options, std::move(run))) {}

Batcher::~Batcher() { stop(); }

Batcher::Reservation::~Reservation() {
  if (impl_ != nullptr) impl_->give_back(held_);
}

std::optional<Batcher::Reservation> Batcher::reserve(Room room, const Patience& patience) {
  return impl_->reserve(room, patience);
}

void Batcher::submit(Reservation reservation, std::vector<Job> jobs, Done done) {
  impl_->submit(std::move(reservation), std::move(jobs), std::move(done));
}

const BatcherOptions& Batcher::options() const { return impl_->options(); }
void Batcher::let_others_run() { impl_->let_others_run(); }
int64_t Batcher::waiting() const { return impl_->waiting(); }
int64_t Batcher::bytes() const { return impl_->bytes(); }
void Batcher::drain() { impl_->drain(); }
void Batcher::cancel() { impl_->cancel(); }
void Batcher::stop() { impl_->stop(); }

}  // namespace focus::serve
