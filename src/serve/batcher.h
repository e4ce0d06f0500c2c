// A bounded queue whose jobs run in batches, one batch at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "detector/explanation.h"

namespace focus::serve {

struct BatcherOptions {
  int64_t max_batch = 4;  ///< most pictures that run together
  int64_t queue = 32;     ///< most pictures that wait
  /// How long the first picture of a batch waits for others.
  std::chrono::microseconds wait{2000};
};

/// One picture to detect in.
struct Job {
  data::Image picture;  ///< 8-bit BGR
  detector::DetectOptions options;
  std::optional<double> keep_ratio;  ///< none: the model's own
  bool explain = false;              ///< whether to tell where the model looked, too
  int64_t tiles = 1;  ///< parts to look at as well, so many along the longer side (detector/tiles.h)
};

/// What the model says to a job.
struct Finding {
  std::vector<detector::Detection> detections;
  std::optional<detector::Explanation> explanation;  ///< if the job asked for it
};

/// What became of it.
struct Outcome {
  Finding finding;
  double queue_seconds = 0, run_seconds = 0;  ///< waiting; the whole batch it was in
  int64_t batch = 0;                          ///< pictures of that batch
};

class Batcher {
 public:
  /// Findings of each job. All jobs of a call have the same keep ratio and as many tiles, and all or none are
  /// to be explained. Called by one thread alone.
  using Run = std::function<std::vector<Finding>(const std::vector<Job>&)>;

  Batcher(BatcherOptions options, Run run);
  /// Finishes what was taken.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  /// Places in the queue for pictures that are not ready yet; free again when they are used or go away. Must
  /// not outlive the batcher.
  class Places {
   public:
    Places(Places&& other) noexcept
        : batcher_(std::exchange(other.batcher_, nullptr)), count_(other.count_) {}
    Places& operator=(Places&&) = delete;
    ~Places();

   private:
    friend class Batcher;
    Places(Batcher& batcher, int64_t count) : batcher_(&batcher), count_(count) {}
    Batcher* batcher_;
    int64_t count_;
  };

  /// Keeps places for so many pictures, or none if there is no room for all of them or the end has begun.
  std::optional<Places> reserve(int64_t pictures);

  /// Takes the jobs, no more than there are places. What `run` throws comes out of the futures of its batch.
  std::vector<std::future<Outcome>> submit(Places places, std::vector<Job> jobs);

  /// Pictures that wait, and places kept for others.
  int64_t waiting() const;

  /// From here on no picture waits for others to run with.
  void hurry();

  /// Keeps no more places, finishes what was taken and what has places, and returns then.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    Job job;
    std::promise<Outcome> promise;
    Clock::time_point taken;
  };

  void work();
  /// The next batch; empty at the end.
  std::vector<Entry> next_batch();
  void run_batch(std::vector<Entry> batch) const;

  BatcherOptions options_;
  Run run_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  int64_t reserved_ = 0;
  bool stopping_ = false, hurried_ = false;
  std::thread worker_;
};

}  // namespace focus::serve
