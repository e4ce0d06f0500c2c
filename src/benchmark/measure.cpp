#include "benchmark/measure.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <stdexcept>

#include "base/memory.h"
#include "benchmark/device_clock.h"
#include "benchmark/device_rates.h"
#include "detector/detector.h"
#include "nn/tensor_arena.h"

namespace focus::benchmark {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<images::Image> noise_images(nn::ImageSize size, int64_t count) {
  std::vector<images::Image> images;
  images.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    images.push_back(images::noise_image(size, static_cast<uint64_t>(i) + 1));
  return images;
}

at::Tensor normalised_batch(const images::Preprocess& preprocess, const std::vector<images::Image>& images) {
  std::vector<at::Tensor> inputs;
  inputs.reserve(images.size());
  for (const auto& image : images) inputs.push_back(preprocess.normalise(image));
  return at::stack(inputs);
}

double time_preprocessing(const images::Preprocess& preprocess, const std::vector<images::Image>& images) {
  const auto start = Clock::now();
  for (const auto& image : images) preprocess(image);
  return seconds_since(start);
}

BenchmarkRow measure_size(models::Detector& model, const images::Preprocess& preprocess,
                          const BenchmarkCase& what, const BenchmarkEffort& effort) {
  BenchmarkRow row;
  row.what = what;
  const auto images = noise_images(what.size, what.batch);
  const auto inputs = normalised_batch(preprocess, images);
  const std::vector<nn::ImageSize> originals(images.size(), what.size);
  const detector::Forward forward(model);

  const auto clock = device_clock(model.device());

  std::vector<double> latencies, on_device, preparations;
  std::vector<Profile> profiles;
  const auto begin = Clock::now();
  for (int64_t run = 0; run < effort.warmup + effort.repeat; ++run) {
    const bool late = seconds_since(begin) > effort.max_seconds;
    if (late && !latencies.empty()) break;
    if (late && run < effort.warmup) continue;
    const double preparation = time_preprocessing(preprocess, images);
    Profile profile;
    clock->start();
    const auto start = Clock::now();
    {
      const ProfileRecording recording(profile);
      detector::run_model(forward, inputs, originals, {});
    }
    const double latency = seconds_since(start), device_seconds = clock->seconds();
    // A replayed run counts nothing: its work is that of the recorded run.
    row.macs = std::max(row.macs, profile.macs());
    if (run < effort.warmup) continue;
    latencies.push_back(latency);
    on_device.push_back(device_seconds);
    preparations.push_back(preparation);
    profiles.push_back(std::move(profile));
  }
  row.runs = static_cast<int64_t>(latencies.size());
  row.latency = summarise(latencies);
  row.device_seconds = summarise(on_device).median;
  row.preprocess_seconds = summarise(preparations).median;
  row.spans = profiles[row.latency.index].spans();
  row.peak_rss_bytes = peak_rss_bytes();
  row.replay_failure = forward.failure();
  return row;
}

}  // namespace

Timing summarise(const std::vector<double>& seconds) {
  if (seconds.empty()) throw std::invalid_argument("no run was measured");
  std::vector<size_t> order(seconds.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return seconds[a] < seconds[b]; });
  const size_t count = order.size(), lower = (count - 1) / 2;
  Timing timing;
  timing.index = order[lower];
  timing.median = (seconds[order[lower]] + seconds[order[count / 2]]) / 2;
  timing.least = seconds[order.front()];
  timing.p90 = seconds[order[(9 * count + 9) / 10 - 1]];
  return timing;
}

const std::vector<std::string>& benchmark_stages() {
  static const std::vector<std::string> stages{"preprocess", "backbone", "neck",  "scorer",     "encoder",
                                               "proposals",  "decoder",  "heads", "postprocess"};
  return stages;
}

double BenchmarkRow::stage_seconds(const std::string& stage) const {
  if (stage == "preprocess") return preprocess_seconds;
  for (const auto& span : spans) {
    if (span.path == stage) return span.seconds;
  }
  return 0;
}

BenchmarkRow measure(models::Detector& model, const images::Preprocess& preprocess, const BenchmarkCase& what,
                     const BenchmarkEffort& effort) {
  return measure_sizes(model, preprocess, what, {what.size}, effort).front();
}

std::vector<BenchmarkRow> measure_sizes(models::Detector& model, const images::Preprocess& preprocess,
                                        const BenchmarkCase& what, const std::vector<nn::ImageSize>& sizes,
                                        const BenchmarkEffort& effort) {
  const Engine& engine = find_engine(what.engine);
  at::set_num_threads(what.threads);
  model.eval();
  model.set_keep_ratio(what.keep_ratio);
  nn::release_free_memory();
  const auto running = engine.set_up(model, what.quantisation);
  const auto device = model.device();
  const double device_peak = device.is_cpu() ? 0 : matrix_gflops(device, engine.multiplies);
  std::vector<BenchmarkRow> rows;
  for (const auto& size : sizes) {
    auto at_size = what;
    at_size.size = size;
    rows.push_back(measure_size(model, preprocess, at_size, effort));
    rows.back().device_peak_gflops = device_peak;
  }
  return rows;
}

double peak_gflops(int threads) {
  at::set_num_threads(threads);
  return matrix_gflops(c10::DeviceType::CPU, at::kFloat);
}

}  // namespace focus::benchmark
