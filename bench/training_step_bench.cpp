// A training step of the paper's ResNet-50 model on 640 x 640 pixels: as the reference computes it
// (convolution, frozen normalisation and activation one after the other, deformable attention by
// at::grid_sampler) and as the trainer does. The reference runs twice: in LibTorch as it comes, in a process
// of its own, and with the allocator that every command of ours has. Pairs run one after the other: compare
// them, not runs of different days.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/memory.h"
#include "base/profile.h"
#include "base/threads.h"
#include "benchmark/measure.h"
#include "models/architectures.h"
#include "nn/reference_path.h"
#include "nn/tensor_arena.h"
#include "train/clip.h"
#include "train/detector_loss.h"
#include "train/optimizer.h"

namespace {

using namespace focus;

constexpr int64_t kSide = 640, kObjects = 10;

data::Batch example() {
  data::Batch batch;
  batch.images.images = at::randn({1, 3, kSide, kSide});
  batch.images.sizes = {{kSide, kSide}};
  batch.images.padding_mask = nn::padding_mask_of(batch.images.sizes, kSide, kSide);
  batch.indices = {0};
  const auto boxes = at::cat({at::rand({kObjects, 2}) * 0.5 + 0.25, at::rand({kObjects, 2}) * 0.4 + 0.05}, 1);
  batch.targets = {{at::randint(0, 80, {kObjects}, at::kLong), boxes, {kSide, kSide}}};
  return batch;
}

struct Variant {
  const char* name;
  bool reference = false;
  bool recompute = false;
};

void step(::benchmark::State& state, const Variant& variant, double peak) {
  at::manual_seed(1);
  train::RunOptions options;
  options.train.recompute = variant.recompute;
  const auto model = models::make_detector(options.model);
  model->train();
  const auto loss = train::detector_loss(*model, options);
  train::AdamW optimizer(train::optimized_parameters(*model, options.train.optimizer),
                         options.train.optimizer);
  const auto batch = example();
  Profile profile;
  const auto run = [&] {
    std::optional<nn::ReferencePath> reference;
    if (variant.reference) reference.emplace();
    loss(batch, kObjects).total.backward();
    const double norm = train::gradient_norm(optimizer.parameters());
    optimizer.step(1e-6, train::clip_factor(norm, 0.1));
    optimizer.zero_grad();
  };
  {
    const ProfileRecording recording(profile);
    loss(batch, kObjects);
  }
  run();
  reset_peak_rss();
  double seconds = 0;
  while (state.KeepRunning()) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  // The backward pass has two products for each of the forward pass. What recomputation repeats is not
  // counted: it is no progress.
  const double gflop = 3 * 2e-9 * static_cast<double>(profile.macs());
  state.counters["GFLOP"] = gflop;
  state.counters["share_of_peak"] = gflop * static_cast<double>(state.iterations()) / seconds / peak;
  state.counters["peak_MiB"] = static_cast<double>(peak_rss_bytes()) / (1 << 20);
}

}  // namespace

int main(int argc, char** argv) {
  ::benchmark::Initialize(&argc, argv);
  if (::benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  // How tensors are allocated concerns a whole process, and threads do not survive a fork: this comes first.
  const pid_t as_it_comes = fork();
  if (as_it_comes != 0) {
    int status = 0;
    if (as_it_comes < 0 || waitpid(as_it_comes, &status, 0) < 0 || status != 0) return 1;
    tune_allocator();
    nn::use_tensor_arena();
  }
  at::set_num_threads(physical_cores());
  const std::vector<Variant> variants =
      as_it_comes == 0 ? std::vector{Variant{"training step/reference, LibTorch's allocator", true}}
                       : std::vector{Variant{"training step/reference", true}, Variant{"training step/ours"},
                                     Variant{"training step/ours, recomputing", false, true}};
  const double peak = focus::benchmark::peak_gflops(physical_cores());
  for (const Variant& variant : variants) {
    ::benchmark::RegisterBenchmark(variant.name,
                                   [=](::benchmark::State& state) { step(state, variant, peak); })
        ->Unit(::benchmark::kMillisecond)
        ->UseRealTime()
        ->Iterations(3);
  }
  ::benchmark::RunSpecifiedBenchmarks();
  return 0;
}
