// Multi-scale deformable attention on a GPU at the size of the encoder's first layer on a 1333 x 800 image:
// the kernels against a plain one and against the time that moving every tensor once would take, all measured
// in the same run.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cuda/plain_kernels.cuh"
#include "ops/cuda/device_memory.h"
#include "ops/deform_attn/cuda/ms_deform_attn_launch.h"

namespace {

namespace cuda = focus::ops::cuda;
using cuda::DeviceArray;
using cuda::require;

constexpr int kRounds = 50;

/// Median time of a call in milliseconds, by events of the device.
double median_ms(const std::function<void()>& run) {
  cudaEvent_t start, stop;
  require(cudaEventCreate(&start), "creating an event");
  require(cudaEventCreate(&stop), "creating an event");
  std::vector<float> times;
  for (int i = -3; i < kRounds; ++i) {  // The first ones warm up.
    require(cudaEventRecord(start), "recording an event");
    run();
    require(cudaEventRecord(stop), "recording an event");
    require(cudaEventSynchronize(stop), "running kernels");
    float ms = 0;
    require(cudaEventElapsedTime(&ms, start, stop), "reading an event");
    if (i >= 0) times.push_back(ms);
  }
  cudaEventDestroy(start);
  cudaEventDestroy(stop);
  std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
  return times[kRounds / 2];
}

/// Bytes a millisecond that a copy within the device's memory reads and writes.
double copy_rate() {
  constexpr size_t kBytes = size_t{256} << 20;
  DeviceArray<char> from(kBytes), to(kBytes);
  from.fill(1);
  return 2.0 * kBytes / median_ms([&] {
           require(cudaMemcpyAsync(to.data(), from.data(), kBytes, cudaMemcpyDeviceToDevice), "copying");
         });
}

/// Queries: `share` of the tokens, in token order, each sampling a few pixels around itself.
struct Inputs {
  explicit Inputs(double share) {
    const int32_t levels[4][2] = {{100, 167}, {50, 84}, {25, 42}, {13, 21}};
    shape.batch = 1;
    shape.heads = 8;
    shape.channels = 32;
    shape.levels = shape.points = 4;
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform;
    std::normal_distribution<float> normal;
    for (int32_t l = 0; l < 4; ++l) {
      shape.height[l] = levels[l][0];
      shape.width[l] = levels[l][1];
      shape.start[l] = static_cast<int32_t>(shape.tokens);
      shape.tokens += levels[l][0] * levels[l][1];
      for (int32_t i = 0; i < levels[l][0] * levels[l][1]; ++i) {
        if (uniform(random) >= share) continue;
        const float x = (static_cast<float>(i % levels[l][1]) + 0.5f) / static_cast<float>(levels[l][1]);
        const float y = (static_cast<float>(i / levels[l][1]) + 0.5f) / static_cast<float>(levels[l][0]);
        for (int32_t point = 0; point < 8 * 16; ++point) {
          const int32_t* size = levels[point / 4 % 4];
          locations.push_back(x + 2 * normal(random) / static_cast<float>(size[1]));
          locations.push_back(y + 2 * normal(random) / static_cast<float>(size[0]));
          weights.push_back(uniform(random) / 8);
        }
        for (int32_t level = 0; level < 4; ++level) references.insert(references.end(), {x, y});
        ++shape.queries;
      }
    }
    // What the layer's linear would put out: offsets in pixels, then logits.
    for (int64_t row = 0; row < shape.queries; ++row) {
      for (int i = 0; i < 8 * 16 * 2; ++i) raw.push_back(2 * normal(random));
      for (int i = 0; i < 8 * 16; ++i) raw.push_back(normal(random));
    }
  }
  double points() const { return static_cast<double>(shape.queries) * 8 * 16; }

  cuda::Shape shape{};
  std::vector<float> locations, weights, raw, references;
};

struct Row {
  const char* what;
  double bytes;  ///< Of all tensors, each moved once.
  std::function<cudaError_t()> run;
};

void print(const std::vector<Row>& rows, double rate) {
  double baseline = 0;
  for (const Row& row : rows) {
    const double ms = median_ms([&] { require(row.run(), row.what); }), floor = row.bytes / rate;
    if (baseline == 0) baseline = ms;
    std::printf("  %-26s %8.4f ms  %7.1f GB/s  floor %8.4f ms  %6.2f x floor  %5.2f x as fast as plain\n",
                row.what, ms, row.bytes / ms / 1e6, floor, ms / floor, baseline / ms);
  }
}

template <typename T>
void measure(const char* type, const Inputs& in, double rate) {
  const auto& shape = in.shape;
  const auto values = static_cast<size_t>(shape.tokens * shape.stride());
  const auto outputs = static_cast<size_t>(shape.queries * shape.stride());
  DeviceArray<T> value(values), output(outputs), upstream(outputs);
  DeviceArray<float> locations(in.locations), weights(in.weights), raw(in.raw), references(in.references);
  DeviceArray<float> grad_value(values), grad_locations(in.locations.size()), grad_weights(in.weights.size()),
      grad_raw(in.raw.size());
  DeviceArray<int64_t> sums(values);
  DeviceArray<uint64_t> bounds(8);
  value.fill(0x3C);  // Small numbers of every type.
  upstream.fill(0x3C);
  const cuda::GivenPoints<float> points{locations.data(), weights.data()};
  const cuda::RawPoints raw_points{raw.data(), references.data(), false};
  const cuda::Gradients<T> grad{upstream.data(), grad_value.data(), grad_locations.data(),
                                grad_weights.data()};
  const double of_value = static_cast<double>(values * sizeof(T)),
               of_output = static_cast<double>(outputs * sizeof(T));
  const double forward_bytes = of_value + of_output + 12 * in.points();

  std::printf("%s, %ld queries, %ld tokens\n", type, static_cast<long>(shape.queries),
              static_cast<long>(shape.tokens));
  print({{"forward, plain", forward_bytes,
          [&] { return focus::bench::plain_forward(shape, points, value.data(), output.data()); }},
         {"forward", forward_bytes,
          [&] { return cuda::forward(shape, points, value.data(), output.data(), nullptr); }},
         {"forward of raw points", forward_bytes + 32 * static_cast<double>(shape.queries),
          [&] { return cuda::forward_raw(shape, raw_points, value.data(), output.data(), nullptr); }}},
        rate);
  // Zeros are written, then sums added to: the gradient of values moves twice and once more.
  const double backward_bytes = forward_bytes + 12 * static_cast<double>(values) + 12 * in.points();
  print({{"backward, plain", backward_bytes,
          [&] {
            grad_value.fill(0);
            grad_locations.fill(0);
            grad_weights.fill(0);
            return focus::bench::plain_backward(shape, points, value.data(), grad);
          }},
         {"backward", backward_bytes,
          [&] {
            grad_value.fill(0);
            return cuda::backward(shape, points, value.data(), grad, nullptr);
          }},
         {"backward of raw points", backward_bytes + 32 * static_cast<double>(shape.queries),
          [&] {
            grad_value.fill(0);
            return cuda::backward_raw(
                shape, raw_points, value.data(),
                cuda::RawGradients<T>{upstream.data(), grad_value.data(), grad_raw.data()}, nullptr);
          }},
         {"backward, deterministic", backward_bytes,
          [&] {
            sums.fill(0);
            bounds.fill(0);
            return cuda::backward_deterministic(shape, points, value.data(), grad, sums.data(), bounds.data(),
                                                nullptr);
          }}},
        rate);
}

}  // namespace

int main() {
  if (!cuda::has_device()) return cuda::kExitSkipped;
  cudaDeviceProp device{};
  require(cudaGetDeviceProperties(&device, 0), "asking for the device");
  const double rate = copy_rate();
  std::printf("%s, sm_%d%d; a copy moves %.0f GB/s; medians of %d\n", device.name, device.major, device.minor,
              rate / 1e6, kRounds);
  for (const double share : {1.0, 0.3}) {
    const Inputs in(share);
    measure<float>("float32", in, rate);
    measure<cuda::Bf16>("bf16", in, rate);
    measure<cuda::Fp16>("fp16", in, rate);
  }
  return 0;
}
