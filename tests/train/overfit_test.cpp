// The whole of training on eight images: a detector that cannot learn them by heart learns nothing.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "detector/detector.h"
#include "scenes/synth.h"
#include "support/temporary_folder.h"
#include "train/run.h"

namespace focus::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kImages = 8;
/// How often an epoch shows each image: models are saved after each epoch, and saving is dear.
constexpr int64_t kRepeats = 15;
constexpr double kLeastAp = 0.95;

/// Few, large, hardly covered objects.
scenes::SynthOptions few_large_objects() {
  scenes::SynthOptions options;
  options.train = options.test = 0;
  options.val = kImages;
  options.seed = 3;
  options.min_visible = 0.9;
  options.min_size = 100;
  options.max_size = 200;
  options.empty_share = 0;
  options.max_objects = 2;
  options.max_clutter = 2;
  return options;
}

/// Gives the data set in `folder` a training split that lists the images of "val" many times.
void repeat_val_as_train(const fs::path& folder) {
  fs::copy(folder / "images" / "val", folder / "images" / "train");
  const auto once = json::parse(std::ifstream(folder / "annotations" / "instances_val.json"));
  json repeated = once;
  repeated["images"] = repeated["annotations"] = json::array();
  for (int64_t repeat = 0; repeat < kRepeats; ++repeat) {
    const auto renumber = [&](json& entry, const char* field) {
      entry[field] = entry[field].get<int64_t>() * kRepeats + repeat;
    };
    for (json image : once["images"]) {
      renumber(image, "id");
      repeated["images"].push_back(std::move(image));
    }
    for (json annotation : once["annotations"]) {
      renumber(annotation, "id");
      renumber(annotation, "image_id");
      repeated["annotations"].push_back(std::move(annotation));
    }
  }
  std::ofstream(folder / "annotations" / "instances_train.json") << repeated;
}

RunOptions by_heart() {
  RunOptions options;
  auto& model = options.model;
  // From random weights: normalisation is live, and a ResNet's residuals learn far faster than a MobileNet.
  model.backbone = {.name = "resnet18", .norm = "live", .frozen_stages = 0, .width = 24};
  model.transformer.width = 64;
  model.transformer.heads = 4;
  model.transformer.feedforward_width = 128;
  model.transformer.encoder_layers = 1;
  model.transformer.decoder_layers = 2;
  model.transformer.queries = 30;
  model.focus.cascade = {1.0};
  model.focus.fine_grained_tokens = 50;
  model.denoising.queries = 20;
  model.max_detections = 30;

  constexpr int64_t kShortSide = 128, kLongSide = 192;
  options.preprocess.short_side = kShortSide;
  options.preprocess.max_side = kLongSide;
  // No augmentation: training and evaluation see the same pixels.
  options.augment.horizontal_flip = 0;
  options.augment.crop = 0;
  options.augment.short_sides = {kShortSide};
  options.augment.max_side = kLongSide;
  options.loader.workers = 0;
  options.loader.cache_mb = 16;
  options.loss.foreground.size_bounds = {16, 32, 64};

  auto& train = options.train;
  train.epochs = 5;
  train.batch_size = 2;
  train.eval_every = 5;
  train.ema_decay = 0.95;
  train.log_every = 100;
  train.threads = 1;  // A sum in another order is another run.
  train.optimizer.lr = 2e-3;
  train.optimizer.backbone_lr_factor = 1;
  train.optimizer.clip_grad_norm = 1;
  train.schedule.kind = "cosine";  // Boxes as exact as AP asks for come with the last small steps.
  train.schedule.warmup_iterations = 20;
  return options;
}

TEST(OverfitLong, EightImagesByHeart) {
  const test::TemporaryFolder folder;
  const auto data = folder.path() / "data", out = folder.path() / "out";
  ASSERT_EQ(scenes::write_synthetic_dataset(few_large_objects(), data).images, kImages);
  repeat_val_as_train(data);
  const int threads = at::get_num_threads();
  const auto result = run_training(by_heart(), data, out, /*resume=*/false);
  at::set_num_threads(threads);
  EXPECT_EQ(result.reason, StopReason::kFinished);
  EXPECT_GE(result.metrics.at("AP"), kLeastAp);
  EXPECT_GE(result.metrics.at("AR_100"), kLeastAp);

  const auto detector = detector::Detector::load(out / "best.safetensors");
  EXPECT_EQ(detector.info().categories.size(), static_cast<size_t>(detector.info().model.classes));
  EXPECT_EQ(detector.info().provenance["training_images"], kImages * kRepeats);
  EXPECT_EQ(detector.info().provenance["metrics"]["AP"], result.metrics.at("AP"));
}

}  // namespace
}  // namespace focus::train
