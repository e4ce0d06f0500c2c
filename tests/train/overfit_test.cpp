// The whole of training on eight pictures: a detector that cannot learn them by heart learns nothing.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "data/synth.h"
#include "data/temporary_folder.h"
#include "detector/detector.h"
#include "train/run.h"

namespace focus::train {
namespace {

// What decides between learnt by heart and not, and how long it takes.
constexpr int64_t kPictures = 8;
constexpr int64_t kShortSide = 160;
constexpr int64_t kLongSide = 224;
constexpr int64_t kWidth = 64;
constexpr int64_t kQueries = 30;
constexpr int64_t kEpochs = 150;
constexpr int64_t kBatchSize = 2;
constexpr double kLearningRate = 1e-3;
constexpr double kBackboneFactor = 0.2;
constexpr double kLeastAp = 0.95;

/// Few, large, hardly covered objects.
data::SynthOptions few_large_objects() {
  data::SynthOptions options;
  options.train = kPictures;
  options.val = 0;
  options.test = 0;
  options.seed = 3;
  options.min_visible = 0.9;
  options.min_size = 100;
  options.max_size = 200;
  options.empty_share = 0;
  options.max_objects = 2;
  return options;
}

RunOptions by_heart() {
  RunOptions options;
  options.train_split = options.val_split = "train";
  auto& model = options.model;
  // The high resolutions are dear and random features do there; what is deeper learns.
  model.backbone = {.name = "mobilenet_v2", .norm = "frozen", .frozen_stages = 3};
  model.transformer.width = kWidth;
  model.transformer.heads = 4;
  model.transformer.feedforward_width = 128;
  model.transformer.encoder_layers = 1;
  model.transformer.decoder_layers = 2;
  model.transformer.queries = kQueries;
  model.focus.cascade = {1.0};
  model.focus.fine_grained_tokens = 50;
  model.denoising.queries = 20;

  options.preprocess.short_side = kShortSide;
  options.preprocess.max_side = kLongSide;
  // No augmentation: training and evaluation see the same pixels.
  options.augment.horizontal_flip = 0;
  options.augment.crop = 0;
  options.augment.short_sides = {kShortSide};
  options.augment.max_side = kLongSide;
  options.loader.workers = 0;
  options.loader.cache_mb = 16;

  auto& train = options.train;
  train.epochs = kEpochs;
  train.batch_size = kBatchSize;
  train.eval_every = kEpochs;
  train.log_every = 100;
  train.seed = 1;
  train.threads = 1;  // A sum in another order is another run.
  train.optimizer.lr = kLearningRate;
  train.optimizer.backbone_lr_factor = kBackboneFactor;
  train.optimizer.clip_grad_norm = 1;
  train.schedule.kind = "cosine";  // Boxes as exact as AP asks for come with the last small steps.
  train.schedule.warmup_iterations = 20;
  return options;
}

TEST(Overfit, EightPicturesByHeart) {
  const test::TemporaryFolder folder;
  const auto data = folder.path() / "data", out = folder.path() / "out";
  ASSERT_EQ(data::write_synthetic_dataset(few_large_objects(), data).pictures, kPictures);
  const int threads = at::get_num_threads();
  const auto result = run_training(by_heart(), data, out, /*resume=*/false);
  at::set_num_threads(threads);
  EXPECT_EQ(result.reason, StopReason::kFinished);
  EXPECT_GE(result.metrics.at("AP"), kLeastAp);
  EXPECT_GE(result.metrics.at("AR_100"), kLeastAp);

  const auto detector = detector::Detector::load(out / "best.safetensors");
  EXPECT_EQ(detector.info().categories.size(), static_cast<size_t>(detector.info().model.classes));
  EXPECT_EQ(detector.info().provenance["training_pictures"], kPictures);
  EXPECT_EQ(detector.info().provenance["metrics"]["AP"], result.metrics.at("AP"));
}

}  // namespace
}  // namespace focus::train
