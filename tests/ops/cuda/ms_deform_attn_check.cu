// The CUDA kernels on a GPU against the scalar kernel in float64, without LibTorch. Prints the largest
// relative errors; exits with 1 if one is above its limit, with 77 where there is no GPU.
#include <cstdio>
#include <string>
#include <vector>

#include "ops/cuda/device_memory.h"
#include "ops/cuda/judge.h"
#include "ops/cuda/random_call.h"
#include "ops/deform_attn/cuda/ms_deform_attn_launch.h"

namespace {

namespace cuda = focus::ops::cuda;
using cuda::DeviceArray;
using cuda::require;
using focus::test::CallResults;
using focus::test::CallSizes;
using focus::test::RandomCall;
using focus::test::relative_error;

focus::test::Judge judge;

template <typename T>
struct DeviceCall {
  using R = cuda::Real<T>;
  explicit DeviceCall(const RandomCall<T>& call)
      : value(call.value), upstream(call.upstream), locations(call.locations), weights(call.weights) {}
  cuda::GivenPoints<R> points() const { return {locations.data(), weights.data()}; }

  DeviceArray<T> value, upstream;
  DeviceArray<R> locations, weights;
};

template <typename T>
CallResults run(const RandomCall<T>& call, const DeviceCall<T>& on_device, bool deterministic) {
  using R = cuda::Real<T>;
  DeviceArray<T> output(call.upstream.size());
  DeviceArray<R> grad_value(call.value.size()), grad_locations(call.locations.size()),
      grad_weights(call.weights.size());
  output.fill(0xFF);  // NaN until it is written.
  grad_locations.fill(0xFF);
  grad_weights.fill(0xFF);
  grad_value.fill(deterministic ? 0xFF : 0);
  require(cuda::forward(call.shape, on_device.points(), on_device.value.data(), output.data(), nullptr),
          "forward");
  const cuda::Gradients<T> grad{on_device.upstream.data(), grad_value.data(), grad_locations.data(),
                                grad_weights.data()};
  if (deterministic) {
    DeviceArray<int64_t> sums(call.value.size());
    DeviceArray<uint64_t> bounds(static_cast<size_t>(call.shape.batch * call.shape.heads));
    sums.fill(0);
    bounds.fill(0);
    require(cuda::backward_deterministic(call.shape, on_device.points(), on_device.value.data(), grad,
                                         sums.data(), bounds.data(), nullptr),
            "deterministic backward");
    require(cudaDeviceSynchronize(), "deterministic backward");
  } else {
    require(cuda::backward(call.shape, on_device.points(), on_device.value.data(), grad, nullptr),
            "backward");
  }
  return {focus::test::as_double(output.read()), focus::test::as_double(grad_value.read()),
          focus::test::as_double(grad_locations.read()), focus::test::as_double(grad_weights.read())};
}

template <typename T>
void check_raw(RandomCall<T> call, const DeviceCall<T>& on_device, double output_limit) {
  for (const bool boxes : {false, true}) {
    call.keep_raw_between_pixels(boxes);
    const DeviceArray<float> raw(call.raw), references(call.references);
    const cuda::RawPoints points{raw.data(), references.data(), boxes};
    DeviceArray<T> output(call.upstream.size());
    DeviceArray<float> grad_value(call.value.size()), grad_raw(call.raw.size());
    output.fill(0xFF);
    grad_value.fill(0);
    grad_raw.fill(0xFF);
    require(cuda::forward_raw(call.shape, points, on_device.value.data(), output.data(), nullptr),
            "raw forward");
    const cuda::RawGradients<T> grad{on_device.upstream.data(), grad_value.data(), grad_raw.data()};
    require(cuda::backward_raw(call.shape, points, on_device.value.data(), grad, nullptr), "raw backward");
    const auto expected = focus::test::exact_raw_results(call, boxes);
    const std::string of = boxes ? " of raw boxes" : " of raw points";
    const auto judged = [&](const char* what, const auto& found, const std::vector<double>& right,
                            double limit) {
      judge.error(what + of, relative_error(focus::test::as_double(found.read()), right), limit);
    };
    judged("output", output, expected.output, output_limit);
    judged("gradient of value", grad_value, expected.grad_value, 1e-5);
    judged("gradient", grad_raw, expected.grad_raw, 1e-5);
  }
}

template <typename T>
void check(const char* type, const CallSizes& sizes, double output_limit) {
  const double limit = sizeof(T) == sizeof(double) ? 1e-12 : 1e-5;
  const RandomCall<T> call(sizes);
  const DeviceCall<T> on_device(call);
  const CallResults expected = focus::test::exact_results(call);
  std::printf("%s, B %ld, Q %ld, H %d, D %d, L %d, P %d\n", type, static_cast<long>(sizes.batch),
              static_cast<long>(sizes.queries), sizes.heads, sizes.channels, call.shape.levels, sizes.points);
  for (const bool deterministic : {false, true}) {
    const CallResults found = run(call, on_device, deterministic);
    const std::string how = deterministic ? " (det.)" : "";
    if (!deterministic) judge.error("output", relative_error(found.output, expected.output), output_limit);
    judge.error("gradient of value" + how, relative_error(found.grad_value, expected.grad_value), limit);
    judge.error("gradient of locations" + how, relative_error(found.grad_locations, expected.grad_locations),
                limit);
    judge.error("gradient of weights" + how, relative_error(found.grad_weights, expected.grad_weights),
                limit);
    if (deterministic) {
      judge.require(found.grad_value == run(call, on_device, true).grad_value,
                    "  two deterministic runs agree");
    }
  }
  if constexpr (sizeof(T) != sizeof(double)) check_raw(call, on_device, output_limit);
}

}  // namespace

int main() {
  if (!cuda::has_device()) return cuda::kExitSkipped;
  const std::vector<CallSizes> all{
      {},
      {.batch = 2, .queries = 2000, .heads = 8, .levels = {{50, 84}, {25, 42}, {13, 21}, {7, 11}}},
      {.batch = 3, .queries = 9, .heads = 3, .channels = 13, .points = 5, .levels = {{5, 3}}},
      {.batch = 1, .queries = 7, .heads = 1, .channels = 67, .points = 9, .levels = {{1, 9}, {9, 1}, {4, 4}}},
      {.batch = 2, .queries = 130, .heads = 2, .channels = 1, .points = 3, .levels = {{6, 7}, {3, 4}}},
      {.batch = 1, .queries = 33, .heads = 2, .channels = 264, .points = 2, .levels = {{6, 7}, {3, 4}}},
      {.batch = 1, .queries = 200, .heads = 2, .channels = 8, .points = 40, .levels = {{6, 7}, {1, 1}}},
  };
  for (const CallSizes& sizes : all) {
    check<float>("float32", sizes, 1e-5);
    check<cuda::Bf16>("bf16", sizes, 1e-2);
    check<cuda::Fp16>("fp16", sizes, 1e-3);
    check<double>("float64", sizes, 1e-12);
  }
  return judge.verdict();
}
