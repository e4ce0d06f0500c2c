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

/// The stages of a request's way to its answer.
struct StageTimes {
  std::chrono::nanoseconds queue{0};  ///< waiting for the model
  std::chrono::nanoseconds input{0};  ///< decoding
  std::chrono::nanoseconds infer{0};  ///< in the model, together with the others of its batches
};

struct StatisticsCounts {
  Timed success, fail;                ///< requests, from decoding to the answer
  Timed queue, input, infer, output;  ///< stages of those that succeeded
  uint64_t inference_count = 0;       ///< images that ran; a tile is one, too
  uint64_t execution_count = 0;       ///< calls of the model
  uint64_t last_inference_ms = 0;     ///< since 1970; 0: never
  std::map<int64_t, Timed> batches;   ///< calls of the model by the number of images
};

/// Thread-safe. Kept by a model's name: a reload goes on counting.
class Statistics {
 public:
  /// A request's results are there; its answer is not made yet.
  void count_success(const StageTimes& times);
  /// The answer of a request that was counted is made.
  void add_output(std::chrono::nanoseconds time);
  void count_failure(std::chrono::nanoseconds time);
  /// The model ran on `images` at once.
  void count_execution(int64_t images, std::chrono::nanoseconds infer);

  StatisticsCounts counts() const;

 private:
  mutable std::mutex mutex_;
  StatisticsCounts counts_;
};

}  // namespace focus::serve
