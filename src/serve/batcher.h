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
  int64_t max_batch = 4;  ///< most images (or tiles) that the model is given together
  int64_t queue = 32;     ///< most images that wait; one in tiles counts as each of them and the whole
  /// Most bytes of decoded images that wait, are being decoded, or run.
  int64_t max_bytes = int64_t{1} << 30;
  /// How long the first image of a batch waits for others.
  std::chrono::microseconds wait{2000};
};

/// Room that a request takes in the queue.
struct Room {
  int64_t places = 0;  ///< images and tiles: views_of
  int64_t bytes = 0;   ///< decoded
};

/// Requests take turns in the order taken: what a batch leaves of one is behind the others that wait, and
/// images without tiles come in between the tiles of another, so that a large request keeps nobody out. What
/// follows each other and has one model, keep ratio and kind shares a batch; what is to be explained or
/// looked at in tiles runs alone. Jobs for whom nobody waits any more are dropped: whenever the queue is
/// looked at, before they run, and between tiles.
class Batcher {
 public:
  /// Results of each job. All jobs of a call have one model and keep ratio; if one is to be explained or has
  /// tiles, it is the only one. Called by one thread alone. May stop early, by an exception, once `stop` says
  /// true.
  using Run =
      std::function<std::vector<JobResult>(const std::vector<Job>&, const std::function<bool()>& stop)>;

  /// Told once what became of a request: all of its results in the order of its jobs, or the first error
  /// (HttpError 503 for what was dropped; others as `run` threw them). Called by the thread that runs the
  /// model, without a lock: it must not wait. What it throws is dropped.
  using Done = std::function<void(std::exception_ptr error, std::vector<JobResult> results)>;

  /// Throws Error if its thread cannot be made.
  Batcher(BatcherOptions options, Run run);
  /// stop().
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  const BatcherOptions& options() const;

  class Impl;

  /// Room in the queue for images that are not ready yet; free again when it is used or goes away. Must not
  /// outlive the batcher.
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

  /// Runs a batch of what waits of others and needs the model but once an image, if there is any. For Run
  /// alone, between the tiles of an image: what it does meanwhile may change the model's keep ratio.
  void let_others_run();

  /// Keeps room, or none if there is not as much or the end has begun. One request takes no more than three
  /// quarters of the queue; what is larger than the whole is admitted when nothing else waits or is reserved,
  /// what has more bytes than all may have when nothing runs either. Once nobody waits any more, places are
  /// free for others, whoever has them; bytes are when they are given back.
  std::optional<Reservation> reserve(Room room, const Patience& patience = {});

  /// Takes a request's jobs, which is at least one, in place of its reservation. Throws HttpError 503 after
  /// cancel(); whenever it throws, `done` is not called.
  void submit(Reservation reservation, std::vector<Job> jobs, Done done);

  /// Places of images that wait, and of those reserved; of one request three quarters of the queue at most.
  int64_t waiting() const;
  /// Bytes of decoded images that wait, are reserved, or run.
  int64_t bytes() const;

  /// From here on no image waits for others to run with. Still admits.
  void drain();
  /// Drops all that waits and all that comes; what runs stops when it is looked at.
  void cancel();
  /// Admits no more, finishes what was taken and, unless cancelled, what has a reservation, and returns then.
  void stop();

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
