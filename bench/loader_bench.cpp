// What an image costs a worker of the loader, from a JPEG file, from memory, and from a pack. Compare rows
// of one size (CPU time). The last two numbers of a row: the short side images are resized to, and where
// they come from.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "data/augment.h"
#include "data/dataset_layout.h"
#include "data/loader.h"
#include "data/pack/pack_dataset.h"
#include "scenes/synth.h"

namespace {

namespace fs = std::filesystem;
using namespace focus::data;
using namespace focus::images;

constexpr int64_t kImages = 16;

/// Drawn scenes of 640 x 480 or so, as files and packed; removed at the end.
class Scenes {
 public:
  Scenes() : folder_(fs::temp_directory_path() / ("loader_bench-" + std::to_string(::getpid()))) {
    focus::scenes::SynthOptions options;
    options.train = kImages;
    options.val = options.test = 0;
    focus::scenes::write_synthetic_dataset(options, folder_ / "files");
    pack_dataset(folder_ / "files", folder_ / "packed", {});
  }
  ~Scenes() { fs::remove_all(folder_); }
  Scenes(const Scenes&) = delete;
  Scenes& operator=(const Scenes&) = delete;

  std::shared_ptr<const AnnotationStore> store(bool packed) const {
    return load_split(folder_ / (packed ? "packed" : "files"), "train");
  }

 private:
  fs::path folder_;
};

enum Source : int64_t { kFiles, kMemory, kPack };

void BM_Image(::benchmark::State& state) {
  static const Scenes scenes;
  AugmentOptions augment;
  augment.short_sides = {state.range(0)};
  augment.crop = 0;
  LoaderOptions options;
  options.batch_size = 1;
  options.workers = 0;
  options.cache_mb = state.range(1) == kMemory ? 1024 : 0;
  DataLoader loader(scenes.store(state.range(1) == kPack), training_transform({}, augment), options);
  int64_t epoch = 0;
  const auto go_through = [&] {
    loader.start_epoch(epoch++);
    while (loader.next()) {
    }
  };
  go_through();
  for (auto _ : state) go_through();
  state.SetItemsProcessed(state.iterations() * kImages);
  state.SetLabel(std::vector<std::string>{"files", "memory", "pack"}[static_cast<size_t>(state.range(1))]);
}

BENCHMARK(BM_Image)
    ->ArgsProduct({{224, 480, 800}, {kFiles, kMemory, kPack}})
    ->Unit(::benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
