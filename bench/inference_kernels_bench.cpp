// The kernels of a prepared model against what LibTorch does for the same layer, at the sizes of the paper's
// model on a 1333 x 800 image. Pairs of the same name run one after the other: compare them, not runs of
// different days.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <cmath>
#include <functional>
#include <string>

#include "base/memory.h"
#include "base/threads.h"
#include "ops/attention/attention.h"
#include "ops/deform_attn/ms_deform_attn.h"
#include "ops/deform_attn/ms_deform_attn_raw.h"
#include "ops/packed/group_norm.h"
#include "ops/packed/packed_convolution.h"
#include "ops/rows/rows.h"

namespace {

using focus::ops::Activation;
using focus::ops::PackedConvolution;
using Work = std::function<at::Tensor()>;

constexpr int64_t kWidth = 256, kHeads = 8, kTokens = 22223, kKept = 11112;

void compare(const std::string& name, const Work& libtorch, const Work& ours) {
  for (const auto& [who, work] : {std::pair{"libtorch", libtorch}, std::pair{"ours", ours}}) {
    ::benchmark::RegisterBenchmark((name + "/" + who).c_str(),
                                   [work = work](::benchmark::State& state) {
                                     const at::NoGradGuard no_grad;
                                     for (auto _ : state) ::benchmark::DoNotOptimize(work());
                                   })
        ->Unit(::benchmark::kMillisecond)
        ->UseRealTime();
  }
}

void convolution(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t height,
                 int64_t width) {
  const auto x = at::randn({1, in, height, width}), weight = at::randn({out, in, kernel, kernel}),
             bias = at::randn({out});
  const auto packed = std::make_shared<PackedConvolution>(
      weight, bias, focus::ops::ConvolutionOptions{.activation = Activation::kRelu});
  const auto identity = PackedConvolution(at::eye(in).view({in, in, 1, 1}), {}, {});
  const auto blocked = identity.run(x);  // As the layer before hands it over.
  compare(
      name, [=] { return at::relu(at::conv2d(x, weight, bias, 1, kernel / 2)); },
      [=] { return packed->run(blocked); });
}

void linear(const std::string& name, int64_t rows, int64_t in, int64_t out) {
  const auto x = at::randn({1, rows, in}), weight = at::randn({out, in}), bias = at::randn({out});
  const auto packed = std::make_shared<PackedConvolution>(
      weight.view({out, in, 1, 1}), bias, focus::ops::ConvolutionOptions{.activation = Activation::kRelu});
  compare(
      name, [=] { return at::relu(at::linear(x, weight, bias)); }, [=] { return packed->run_rows(x); });
}

void attention() {
  if (!focus::ops::has_attention_kernel()) return;
  const auto query_key = at::randn({1, 900, 2 * kWidth}), value = at::randn({1, 900, kWidth});
  const auto by_matmul = [=] {
    const auto split = [](const at::Tensor& t) { return t.view({1, 900, kHeads, -1}).transpose(1, 2); };
    const auto query = split(query_key.slice(2, 0, kWidth)), key = split(query_key.slice(2, kWidth));
    const auto scores = at::matmul(query / std::sqrt(32.0), key.transpose(-2, -1)).softmax(-1);
    return at::matmul(scores, split(value)).transpose(1, 2).reshape({1, 900, kWidth});
  };
  compare("attention 900 queries", by_matmul,
          [=] { return focus::ops::attention(query_key, value, kHeads); });
}

void deformable_attention() {
  const auto shapes = at::tensor({100, 167, 50, 84, 25, 42, 13, 21}, at::kLong).view({4, 2});
  const auto starts = at::tensor({0, 16700, 20900, 21950}, at::kLong);
  const auto value = at::randn({1, kTokens, kHeads, kWidth / kHeads});
  if (!focus::ops::has_ms_deform_attn_raw(value)) return;
  const auto raw = at::randn({1, kKept, kHeads * 16 * 3});
  const auto references =
      std::get<0>(at::rand({1, kKept, 1, 2}).sort(1)).expand({1, kKept, 4, 2}).contiguous();
  const auto by_operator = [=] {
    const auto offsets = raw.slice(2, 0, kHeads * 32).view({1, kKept, kHeads, 4, 4, 2});
    const auto weights =
        raw.slice(2, kHeads * 32).reshape({1, kKept, kHeads, 16}).softmax(-1).view({1, kKept, kHeads, 4, 4});
    const auto locations = references.view({1, kKept, 1, 4, 1, 2}) +
                           offsets / shapes.flip(-1).to(at::kFloat).view({1, 1, 1, 4, 1, 2});
    return focus::ops::ms_deform_attn(value, shapes, starts, locations, weights);
  };
  compare("deformable attention, points by LibTorch or in the kernel", by_operator,
          [=] { return focus::ops::ms_deform_attn_raw(value, shapes, starts, raw, references); });
}

void memory_bound() {
  const auto x = at::randn({1, kTokens, kWidth});
  const auto kept = std::get<0>(at::randperm(kTokens, at::kLong).slice(0, 0, kKept).sort()).unsqueeze(0);
  compare(
      "gather rows",
      [=] {
        return x.gather(1, kept.unsqueeze(-1).expand({1, kKept, kWidth}));
      },
      [=] { return focus::ops::take_rows(x, kept); });
  // As the neck's packed convolutions leave it.
  const auto map = at::randn({1, kWidth, 100, 167}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto weight = at::randn({kWidth}), bias = at::randn({kWidth});
  compare(
      "group normalisation to tokens",
      [=] { return at::group_norm(map, 32, weight, bias).contiguous(at::MemoryFormat::ChannelsLast); },
      [=] { return focus::ops::group_norm_channels_last(map, 32, weight, bias, 1e-5); });
}

}  // namespace

int main(int argc, char** argv) {
  focus::tune_allocator();
  at::set_num_threads(focus::physical_cores());
  ::benchmark::Initialize(&argc, argv);
  if (::benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  convolution("convolution 3x3 64 channels 200x334", 64, 64, 3, 200, 334);
  convolution("convolution 1x1 256 to 1024 channels 50x84", 256, 1024, 1, 50, 84);
  convolution("convolution 3x3 128 channels 100x167", 128, 128, 3, 100, 167);
  convolution("convolution 3x3 256 channels 50x84", 256, 256, 3, 50, 84);
  convolution("convolution 3x3 512 channels 25x42", 512, 512, 3, 25, 42);
  linear("feed-forward 256 to 2048, 11112 rows", kKept, kWidth, 2048);
  linear("feed-forward 2048 to 256, 11112 rows", kKept, 2048, kWidth);
  linear("projection 256 to 256, 22223 rows", kTokens, kWidth, kWidth);
  attention();
  deformable_attention();
  memory_bound();
  ::benchmark::RunSpecifiedBenchmarks();
}
