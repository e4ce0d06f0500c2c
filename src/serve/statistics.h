// Statistics of one model since the server started, as in Triton's statistics extension.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>

namespace focus::serve {

/// How often something happened, and its total time.
struct Timed {
  uint64_t count = 0, ns = 0;

  void add(std::chrono::nanoseconds time) {
    ++count;
    ns += static_cast<uint64_t>(time.count());
  }
};

/// The times of a request's stages.
struct StageTimes {
  std::chrono::nanoseconds queue{0};  ///< waiting for the model
  std::chrono::nanoseconds input{0};  ///< decoding
  std::chrono::nanoseconds infer{0};  ///< in the model, with the whole batches it was in
};

struct StatisticsCounts {
  Timed success, fail;                ///< requests, from decoding to the answer
  Timed queue, input, infer, output;  ///< stages of successful requests
  uint64_t inference_count = 0;       ///< images that the model ran on; a tile counts as one
  uint64_t execution_count = 0;       ///< calls of the model
  uint64_t last_inference_ms = 0;     ///< since 1970; 0: never
  std::map<int64_t, Timed> batches;   ///< calls of the model by the number of images
};

/// Thread-safe. Belongs to the name of a model: counting continues when the model is reloaded.
class Statistics {
 public:
  /// Counts a request whose results are complete; its answer is not written yet.
  void count_success(const StageTimes& times);
  /// Adds the time to write the answer of a counted request.
  void add_output(std::chrono::nanoseconds time);
  void count_failure(std::chrono::nanoseconds time);
  /// Counts a call of the model with a batch of `images`.
  void count_execution(int64_t images, std::chrono::nanoseconds infer);

  StatisticsCounts counts() const;

 private:
  mutable std::mutex mutex_;
  StatisticsCounts counts_;
};

}  // namespace focus::serve
