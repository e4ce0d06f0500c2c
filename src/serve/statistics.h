// What one model has done since the server started, as Triton's statistics extension counts it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>

namespace focus::serve {

/// How often something was done, and how long it took altogether.
struct Timed {
  uint64_t count = 0, ns = 0;

  void add(std::chrono::nanoseconds time) {
    ++count;
    ns += static_cast<uint64_t>(time.count());
  }
};

/// The stages of a request's way.
struct StageTimes {
  std::chrono::nanoseconds queue{0};   ///< waiting for the model
  std::chrono::nanoseconds input{0};   ///< decoding
  std::chrono::nanoseconds infer{0};   ///< in the model, together with the others of its batches
  std::chrono::nanoseconds output{0};  ///< making the answer
};

/// Executions of the model with so many images.
struct BatchCount {
  Timed input, infer, output;
};

struct StatisticsCounts {
  Timed success, fail;                ///< requests, from the first image's decoding to the answer
  Timed queue, input, infer, output;  ///< stages of those that succeeded
  uint64_t inference_count = 0;       ///< images that ran; a tile is one, too
  uint64_t execution_count = 0;       ///< calls of the model
  uint64_t last_inference_ms = 0;     ///< since 1970; 0: never
  std::map<int64_t, BatchCount> batches;
};

/// Thread-safe. Kept by a model's name: a reload goes on counting.
class Statistics {
 public:
  void count_success(const StageTimes& times);
  void count_failure(std::chrono::nanoseconds time);
  /// The model ran on `images` at once.
  void count_execution(int64_t images, std::chrono::nanoseconds infer);

  StatisticsCounts counts() const;

 private:
  mutable std::mutex mutex_;
  StatisticsCounts counts_;
};

}  // namespace focus::serve
