#include "serve/statistics.h"

namespace focus::serve {

void Statistics::count_success(const StageTimes& times) {
  const std::lock_guard lock(mutex_);
  counts_.success.add(times.queue + times.input + times.infer);
  counts_.queue.add(times.queue);
  counts_.input.add(times.input);
  counts_.infer.add(times.infer);
  counts_.output.add(std::chrono::nanoseconds(0));
}

void Statistics::add_output(std::chrono::nanoseconds time) {
  const std::lock_guard lock(mutex_);
  counts_.success.ns += static_cast<uint64_t>(time.count());
  counts_.output.ns += static_cast<uint64_t>(time.count());
}

void Statistics::count_failure(std::chrono::nanoseconds time) {
  const std::lock_guard lock(mutex_);
  counts_.fail.add(time);
}

void Statistics::count_execution(int64_t images, std::chrono::nanoseconds infer) {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const std::lock_guard lock(mutex_);
  counts_.inference_count += static_cast<uint64_t>(images);
  ++counts_.execution_count;
  counts_.last_inference_ms = static_cast<uint64_t>(now);
  counts_.batches[images].add(infer);
}

StatisticsCounts Statistics::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace focus::serve
