// The state of a Batcher, shared by its queue (batcher.cpp) and its worker (batcher_worker.cpp).
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "serve/batcher.h"

namespace focus::serve {

class Batcher::Impl {
 public:
  Impl(BatcherOptions options, Run run);
  std::optional<Reservation> reserve(Room room, const Patience& patience);
  void give_back(std::list<Reservation::Held>::iterator held);
  void submit(Reservation reservation, std::vector<Job> jobs, Done done);
  int64_t waiting() const;
  int64_t bytes() const;
  void let_others_run();
  void drain();
  void cancel();
  void stop();
  const BatcherOptions& options() const { return options_; }

 private:
  struct Request {
    Done done;
    Clock::time_point taken, begun, ended;  ///< when it was queued; when its jobs began and ended
    std::chrono::nanoseconds decoding{0};
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

  bool fits(Room room) const;
  void forget_reservation(std::list<Reservation::Held>::iterator held);

  /// Frees the room of reservations and entries that nobody waits for. The worker then tells their requests.
  void drop_what_nobody_waits_for(std::unique_lock<std::mutex>& lock);

  // The rest runs on the worker thread.
  void work();

  /// Waits for a batch to run or for dropped entries; false at the end.
  bool next(Entries& batch, Entries& dropped);
  bool is_at_end() const;

  /// Whether another image may still join the batch at the front.
  bool can_grow() const;

  /// Takes an entry, and those directly after it that can share its batch.
  void take_batch(Entries& batch, Entries::iterator at);

  /// Moves the remaining entries of the requests in `batch` behind all others that wait.
  void end_turn(const Entries& batch);
  void run_batch(Entries& batch);

  /// Runs a batch and stores its results. Returns the error if it failed.
  std::exception_ptr run_together(Entries& batch);

  /// Frees the images, then tells the requests that failed or have all their results.
  void finish(Entries& batch, const std::exception_ptr& error);
  void tell_dropped(Entry& entry);

  /// Calls `done`, once per request.
  static void tell(Request& request, const std::exception_ptr& error);

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

}  // namespace focus::serve
