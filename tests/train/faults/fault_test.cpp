#include "train/faults/fault.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "models/tiny_model.h"
#include "nn/rng_state.h"
#include "train/faults/replay.h"
#include "train/run.h"
#include "train/tiny_batch.h"
#include "train/toy_training.h"

namespace focus::train {
namespace {

namespace fs = std::filesystem;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::string reason(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TrainOptions one_epoch() {
  TrainOptions options;
  options.batch_size = 2;
  options.epochs = 1;
  options.optimizer.lr = 1e-2;
  return options;
}

/// A toy run whose third batch is spoilt by `spoil`.
struct SpoiltRun : ToyRun {
  SpoiltRun(const fs::path& folder, std::function<losses::LossResult(data::Batch)> spoil)
      : ToyRun(folder, one_epoch()) {
    hooks.loss = [this, spoil, seen = 0](const data::Batch& batch, double) mutable {
      // A second look at the third is the fourth.
      ++seen;
      return seen == 3 || seen == 4 ? spoil(batch) : model.loss(batch);
    };
  }
};

TEST(Fault, AImageThatIsNotFiniteIsNamed) {
  const TemporaryFolder folder;
  int64_t index = -1;
  ToyRun run(folder.path(), one_epoch());
  // As a source would deliver it: the same tensor at the second look.
  run.hooks.loss = [&, seen = 0](const data::Batch& batch, double) mutable {
    if (++seen == 3) {
      index = batch.indices[1];
      at::Tensor images = batch.images.images;
      images[1][4] = kNan;
    }
    return run.model.loss(batch);
  };
  const auto result = run.run();
  EXPECT_EQ(result.position.skipped, 1);
  EXPECT_EQ(result.position.iteration, 6);
  EXPECT_SAYS(run.notices, fmt::format("step 2: nan in the image with index {} of the training set", index));
  EXPECT_SAYS(run.notices, "--replay " + (folder.path() / "fault-000002.safetensors").string());
  EXPECT_TRUE(fs::exists(folder.path() / "fault-000002.safetensors"));
}

TEST(Fault, TheOperationIsNamedAndTheBuffersComeBack) {
  const TemporaryFolder folder;
  SpoiltRun run(folder.path(), {});
  auto mean = run.model.buffer("running_mean", at::zeros({1}));
  run.hooks.loss = [&, seen = 0](const data::Batch& batch, double) mutable {
    auto loss = run.model.loss(batch);
    mean.add_(1);
    ++seen;
    if (seen == 3 || seen == 4) {
      mean.data_ptr<float>()[0] = kNan;
      loss.total = (-1 - loss.total).log();
    }
    return loss;
  };
  EXPECT_EQ(reason([&] { run.run(); }), "") << run.notices;
  EXPECT_SAYS(run.notices,
              "step 2: nan from aten::log after running_mean (forward); the images with indices ");
  EXPECT_EQ(mean.item<float>(), 5) << "six steps, one of them skipped";
}

TEST(Fault, PredictionsThatCannotBeMatchedAreAFaultToo) {
  const TemporaryFolder folder;
  SpoiltRun run(folder.path(), [](const data::Batch&) -> losses::LossResult {
    throw losses::NonFiniteError("matching: the class cost is not finite");
  });
  EXPECT_EQ(run.run().position.skipped, 1);
  EXPECT_SAYS(run.notices, "matching: the class cost is not finite");
}

TEST(Fault, ManyInARowEndTheRunAtItsLastGoodCheckpoint) {
  const TemporaryFolder folder;
  auto options = one_epoch();
  options.checkpoint_every = 1;
  options.epochs = 3;
  options.max_skipped_steps = 4;
  ToyRun run(folder.path(), options);
  run.hooks.loss = [&, seen = 0](const data::Batch& batch, double) mutable {
    auto loss = run.model.loss(batch);
    if (++seen > 2) loss.total = loss.total * kNan;
    return loss;
  };
  const std::string message = reason([&] { run.run(); });
  EXPECT_SAYS(message, "4 steps in a row");
  EXPECT_SAYS(message, "last.checkpoint.safetensors is the last good checkpoint: continue with --resume");
  EXPECT_EQ(read_checkpoint(folder.path() / "last.checkpoint.safetensors").position.iteration, 5);
}

TEST(Fault, WeightsThatAreNotFiniteAreNeverSaved) {
  const TemporaryFolder folder;
  auto options = one_epoch();
  options.checkpoint_every = 2;
  ToyRun run(folder.path(), options);
  run.hooks.loss = [&, seen = 0](const data::Batch& batch, double) mutable {
    if (++seen == 4) {
      const at::NoGradGuard no_grad;
      for (auto& value : run.model.parameters()) value.fill_(kNan);
    }
    return run.model.loss(batch);
  };
  const std::string message = reason([&] { run.run(); });
  EXPECT_SAYS(message, "'backbone.weight' holds nan");
  EXPECT_SAYS(message, "nothing was written");
  EXPECT_EQ(read_checkpoint(folder.path() / "last.checkpoint.safetensors").position.iteration, 2);
}

TEST(Fault, FewFilesAreKept) {
  const TemporaryFolder folder;
  auto options = one_epoch();
  options.epochs = 4;
  ToyRun run(folder.path(), options);
  run.hooks.loss = [&, seen = 0](const data::Batch& batch, double) mutable {
    auto loss = run.model.loss(batch);
    // Every second step is bad, and so is the second look at it.
    if (++seen % 3 != 1) loss.total = loss.total * kNan;
    return loss;
  };
  run.run();
  int64_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    files += entry.path().filename().string().starts_with("fault-");
  EXPECT_EQ(files, 5);
  EXPECT_SAYS(run.notices, "not kept, 5 others are");
}

/// A step of a tiny detector as training would keep it, with one weight spoilt.
fs::path write_example(const fs::path& folder, bool spoilt) {
  RunOptions options;
  options.model = test::tiny_options();
  options.loss.foreground.size_bounds = {16, 32, 64};
  at::manual_seed(1);
  const auto model = models::make_detector(options.model);
  model->train();
  if (spoilt) {
    const at::NoGradGuard no_grad;
    // Finite, but its product with anything is not.
    for (auto& item : model->named_parameters())
      if (item.key() == "transformer.encoder.layers.1.ffns.0.layers.1.weight") item.value().fill_(3e38f);
  }
  const Position position{.epoch = 1, .batch = 2, .iteration = 17, .batches = 5};
  const auto path = folder / "fault-000017.safetensors";
  write_replay(path, {position, {}, options_to_json(options), {}}, *model,
               {test::tiny_batch(), nn::cpu_rng_state()});
  return path;
}

TEST(Replay, FindsTheFaultAgain) {
  const TemporaryFolder folder;
  const auto found = replay(write_example(folder.path(), true));
  EXPECT_EQ(found.position.iteration, 17);
  EXPECT_EQ(found.images, (std::vector<int64_t>{40, 41}));
  EXPECT_SAYS(found.report.cause, " in transformer.encoder.layers.1.ffns.0.layers.1 (forward)");
}

TEST(Replay, SaysSoWhenAllIsFinite) {
  const TemporaryFolder folder;
  const auto found = replay(write_example(folder.path(), false));
  EXPECT_EQ(found.report.cause, "");
  EXPECT_TRUE(std::isfinite(found.report.loss));
  EXPECT_GT(found.report.gradient_norm, 0);
  EXPECT_GT(found.report.terms.size(), 5u);
}

TEST(Replay, RefusesWhatIsNoSuchFile) {
  const TemporaryFolder folder;
  const auto path = write_example(folder.path(), false);
  const auto refuses = [&](const std::function<void(Checkpoint&)>& change, const std::string& words) {
    auto checkpoint = read_checkpoint(path);
    change(checkpoint);
    const auto other = folder.path() / "other.safetensors";
    write_checkpoint(other, checkpoint);
    const auto message = reason([&] { replay(other); });
    EXPECT_SAYS(message, words);
    EXPECT_SAYS(message, "other.safetensors");
  };
  refuses([](auto& c) { c.tensors.erase("batch.images"); }, "has no tensor 'batch.images'");
  refuses([](auto& c) { c.tensors["batch.images"] = at::zeros({2, 3, 0, 4}); }, "holds no images");
  refuses([](auto& c) { c.tensors["batch.padding_mask"] = at::zeros({1}, at::kBool); },
          "'batch.padding_mask'");
  refuses([](auto& c) { c.tensors["batch.sizes"].fill_(9999); }, "holds the size 9999 x 9999");
  refuses([](auto& c) { c.tensors.erase("batch.target1.boxes"); }, "'batch.target1.boxes'");
  refuses([](auto& c) { c.tensors["batch.indices"] = at::zeros({7}, at::kLong); }, "of shape [7]");
  refuses([](auto& c) { c.tensors.erase("rng.cpu"); }, "'rng.cpu' is missing");
  refuses([](auto& c) { c.tensors["model.level_embed"] = at::zeros({2}); }, "model.");
  refuses([](auto& c) { c.options["train"]["precision"] = "fp7"; }, "precision");
}

}  // namespace
}  // namespace focus::train
