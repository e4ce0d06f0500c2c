// How fast a model runs, where its time goes, and how much arithmetic that is.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/profile.h"
#include "benchmark/engines.h"
#include "images/preprocess.h"
#include "models/detector.h"

namespace focus::benchmark {

/// What is measured.
struct BenchmarkCase {
  nn::ImageSize size{800, 1333};  ///< of the images as the model sees them
  int64_t batch = 1;
  int threads = 1;
  std::string engine = "prepared";
  double keep_ratio = 0.5;          ///< models::Detector::set_keep_ratio
  nn::Quantisation quantisation{};  ///< The model file's; without ranges, int8 records some on noise.
};

/// How often it is run.
struct BenchmarkEffort {
  int64_t repeat = 10;
  int64_t warmup = 2;  ///< runs before those that are measured
  /// No run starts later than this after the first; at least one run is measured.
  double max_seconds = std::numeric_limits<double>::infinity();
};

/// Wall times of some runs, in seconds.
struct Timing {
  double median = 0;
  double least = 0;
  double p90 = 0;    ///< nine tenths of the runs took at most this long
  size_t index = 0;  ///< the run with the median time, or the last below it
};

/// Throws std::invalid_argument if there are no times.
Timing summarise(const std::vector<double>& seconds);

/// The parts a detection's time is split into, in order.
const std::vector<std::string>& benchmark_stages();

struct BenchmarkRow {
  std::string model;
  BenchmarkCase what;
  int64_t runs = 0;                ///< runs measured
  Timing latency;                  ///< from a batch of normalised images to detections
  double device_seconds = 0;       ///< the same by the device's own clock (DeviceClock), median of the runs
  double preprocess_seconds = 0;   ///< from 8-bit images of that size to normalised ones, median of the runs
  std::vector<ProfileSpan> spans;  ///< of the run with the median time, without preprocessing
  int64_t macs = 0;                ///< multiply-accumulates of a run
  uint64_t peak_rss_bytes = 0;     ///< see reset_peak_rss
  std::string replay_failure;      ///< Forward::failure
  double device_peak_gflops = 0;   ///< matrix_gflops of the device, if it is not the CPU

  double frames_per_second() const { return static_cast<double>(what.batch) / latency.median; }
  /// 10^9 floating-point operations per second; a multiply-accumulate counts as two.
  double gflops() const { return 2e-9 * static_cast<double>(macs) / latency.median; }
  /// Seconds of one of benchmark_stages().
  double stage_seconds(const std::string& stage) const;
};

/// Runs a fresh model on noise, always the same for a size and batch, and measures it. Sets LibTorch's number
/// of threads. Throws UsageError for an unknown engine and a keep ratio out of range.
BenchmarkRow measure(models::Detector& model, const images::Preprocess& preprocess, const BenchmarkCase& what,
                     const BenchmarkEffort& effort);

/// The same at several sizes, one row each; `what.size` is ignored.
std::vector<BenchmarkRow> measure_sizes(models::Detector& model, const images::Preprocess& preprocess,
                                        const BenchmarkCase& what, const std::vector<nn::ImageSize>& sizes,
                                        const BenchmarkEffort& effort);

/// The speed of a float32 product of two 2048 x 2048 matrices on that many threads, best of several, in 10^9
/// operations per second: as fast as LibTorch gets here.
double peak_gflops(int threads);

}  // namespace focus::benchmark
