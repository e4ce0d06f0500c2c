// A bounded queue whose jobs run in batches, one batch at a time.
#pragma once

#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "serve/job.h"

namespace focus::serve {

struct BatcherOptions {
  int64_t max_batch = 4;  ///< most images (or tiles) per batch
  int64_t queue = 32;     ///< most images that wait; one with tiles counts as its tiles plus the whole
  /// Most bytes of decoded images: waiting, being decoded, and running.
  int64_t max_bytes = int64_t{1} << 30;
  /// How long the first image of a batch waits for others.
  std::chrono::microseconds wait{2000};
};

/// The room of a request in the queue.
struct Room {
  int64_t places = 0;  ///< images and tiles: views_of
  int64_t bytes = 0;   ///< decoded
};

/// Requests take turns: the jobs that a batch leaves of a request go behind those of the others, and images
/// without tiles run between the tiles of another image, so that a large request does not block small ones.
/// Consecutive jobs with the same model and keep ratio share a batch; images to be explained or with tiles
/// run alone. Jobs that nobody waits for any more are dropped: when room is short, before they run, and
/// between tiles.
class Batcher {
 public:
  /// Returns one result per job. All jobs of a call have the same model and keep ratio; a job to be explained
  /// or with tiles is the only one. Always called on the same thread. May throw to stop early once `stop`
  /// returns true.
  using Run =
      std::function<std::vector<JobResult>(const std::vector<Job>&, const std::function<bool()>& stop)>;

  /// Called once per request with all of its results in the order of its jobs, or with the first error
  /// (HttpError 503 if it was dropped; else what `run` threw). Called on the thread that runs the model,
  /// without a lock: it must not block. Its exceptions are ignored.
  using Done = std::function<void(std::exception_ptr error, std::vector<JobResult> results)>;

  /// Throws Error if its thread cannot be created.
  Batcher(BatcherOptions options, Run run);
  /// Calls stop().
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  const BatcherOptions& options() const;

  class Impl;

  /// Room reserved in the queue for images that are not decoded yet. Submitting or destroying it frees the
  /// room. Must not outlive the batcher.
  class Reservation {
   public:
    Reservation(Reservation&& other) noexcept
        : impl_(std::exchange(other.impl_, nullptr)), held_(other.held_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation();

   private:
    friend class Batcher;
    struct Held {
      Room room;
      Patience patience;
    };
    Reservation(Impl& impl, std::list<Held>::iterator held) : impl_(&impl), held_(held) {}
    Impl* impl_;
    std::list<Held>::iterator held_;
  };

  /// Runs one waiting batch of other requests, of images without tiles, if there is one. Only to be called by
  /// Run, between the tiles of an image. The batch may change the model's keep ratio.
  void let_others_run();

  /// Reserves room; none if there is too little or the queue is stopping. A request counts as at most three
  /// quarters of the queue. One with more images than the whole queue is admitted if nothing else waits or is
  /// reserved, one with more than max_bytes if nothing runs either. Places that nobody waits for any more can
  /// be taken by others; bytes only once they are freed.
  std::optional<Reservation> reserve(Room room, const Patience& patience = {});

  /// Queues the jobs of a request, at least one, in place of its reservation. Throws HttpError 503 after
  /// cancel(). If it throws, `done` is not called.
  void submit(Reservation reservation, std::vector<Job> jobs, Done done);

  /// Places waiting or reserved; a request counts as at most three quarters of the queue.
  int64_t waiting() const;
  /// Bytes of decoded images: waiting, reserved, and running.
  int64_t bytes() const;

  /// From now on no image waits for others to share a batch. Requests are still admitted.
  void drain();
  /// Drops all waiting and future requests. A running batch stops at its next check.
  void cancel();
  /// Admits no more requests, and returns when those queued and, unless cancelled, those reserved are
  /// finished.
  void stop();

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
