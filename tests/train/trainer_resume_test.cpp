#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "base/error.h"
#include "train/toy_training.h"

namespace focus::train {
namespace {

/// The toy trained without a stop: 4 epochs of 6 batches, 3 optimiser steps each.
struct Whole {
  TemporaryFolder folder;
  std::vector<at::Tensor> values;
  Checkpoint last;
  TrainResult result;
  Whole() {
    ToyRun run(folder.path());
    result = run.run();
    values = run.model.values();
    last = read_checkpoint(folder.path() / "last.checkpoint.safetensors");
  }
};

/// Calls `action` before the loss of the n-th batch from now.
void at_batch(ToyRun& run, int64_t n, std::function<void()> action) {
  run.hooks.loss = [&run, n, action, seen = int64_t{0}](const data::Batch& batch, double) mutable {
    if (seen++ == n) action();
    return run.model.loss(batch);
  };
}

void expect_same_end(const Whole& whole, const ToyRun& run, const TrainResult& result) {
  EXPECT_EQ(result.reason, StopReason::kFinished);
  EXPECT_EQ(result.position, whole.result.position);
  EXPECT_EQ(result.best_metric, whole.result.best_metric);
  EXPECT_TRUE(same_bits(run.model.values(), whole.values));
  const auto last = read_checkpoint(run.folder / "last.checkpoint.safetensors");
  ASSERT_EQ(last.tensors.size(), whole.last.tensors.size());
  for (const auto& [name, value] : whole.last.tensors) {
    EXPECT_TRUE(at::equal(last.tensors.at(name), value)) << name;
  }
}

std::vector<nlohmann::json> log_lines(const std::filesystem::path& folder) {
  std::ifstream file(folder / "metrics.jsonl");
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST(TrainerResume, TheToyDrawsFromDropout) {
  const TemporaryFolder folder;
  auto options = toy_options();
  options.seed = 8;
  ToyRun run(folder.path(), options);
  run.run();
  EXPECT_FALSE(same_bits(run.model.values(), Whole().values)) << "otherwise these tests prove little";
}

TEST(TrainerResume, AfterASignalInTheMiddleOfAnEpoch) {
  const Whole whole;
  for (const int signal : {SIGINT, SIGTERM}) {
    const TemporaryFolder folder;
    ToyRun first(folder.path());
    at_batch(first, 8, [&] { std::raise(signal); });
    const auto stopped = first.run();
    EXPECT_EQ(stopped.reason, StopReason::kSignal);
    EXPECT_EQ(stopped.position.iteration, 5) << "the step that was running is finished, and no other begun";
    EXPECT_EQ(stopped.position.epoch, 1);
    EXPECT_EQ(stopped.position.batch, 4);

    ToyRun second(folder.path(), toy_options(), 0.7f);
    const auto result = second.run(true);
    expect_same_end(whole, second, result);
  }
}

TEST(TrainerResume, AfterACrashBetweenCheckpoints) {
  const Whole whole;
  const TemporaryFolder folder;
  auto options = toy_options();
  options.checkpoint_every = 2;
  {
    ToyRun first(folder.path(), options);
    at_batch(first, 15, [] { throw std::runtime_error("power cut"); });
    EXPECT_THROW(first.run(), Error);
  }
  ToyRun second(folder.path(), toy_options(), 0.7f);
  const auto result = second.run(true);
  EXPECT_NE(second.notices.find("train.checkpoint_every was 2 and is 0"), std::string::npos)
      << second.notices;
  EXPECT_EQ(result.best_metric, whole.result.best_metric);
  EXPECT_TRUE(same_bits(second.model.values(), whole.values));

  std::multiset<std::pair<std::string, int64_t>> logged;
  for (const auto& line : log_lines(folder.path()))
    logged.insert({line["kind"].get<std::string>(), line["iteration"].get<int64_t>()});
  EXPECT_EQ(logged.size(), 12u + 4u) << "12 steps and 4 evaluations, none twice";
  EXPECT_EQ(std::set(logged.begin(), logged.end()).size(), logged.size());
}

TEST(TrainerResume, AfterACrashInAnEvaluation) {
  const Whole whole;
  const TemporaryFolder folder;
  {
    ToyRun first(folder.path());
    const auto evaluate = first.hooks.evaluate;
    first.hooks.evaluate = [&, seen = 0]() mutable {
      if (seen++ == 1) throw std::runtime_error("power cut");
      return evaluate();
    };
    EXPECT_THROW(first.run(), std::runtime_error);
  }
  ToyRun second(folder.path(), toy_options(), 0.7f);
  int64_t evaluations = 0;
  const auto evaluate = second.hooks.evaluate;
  second.hooks.evaluate = [&] { return ++evaluations, evaluate(); };
  const auto result = second.run(true);
  EXPECT_EQ(evaluations, 3) << "the evaluation that was lost is made up";
  expect_same_end(whole, second, result);
}

TEST(TrainerResume, FromTheCheckpointBeforeADamagedOne) {
  const Whole whole;
  const TemporaryFolder folder;
  ToyRun first(folder.path());
  at_batch(first, 8, [] { std::raise(SIGINT); });
  first.run();
  std::filesystem::resize_file(folder.path() / "last.checkpoint.safetensors", 1000);
  ToyRun second(folder.path(), toy_options(), 0.7f);
  const auto result = second.run(true);
  EXPECT_NE(second.notices.find("continuing from the checkpoint before it"), std::string::npos)
      << second.notices;
  expect_same_end(whole, second, result);
}

TEST(TrainerResume, TimeLimitSavesAndContinues) {
  const Whole whole;
  const TemporaryFolder folder;
  auto options = toy_options();
  options.max_minutes = 0.05 / 60;
  ToyRun first(folder.path(), options);
  // Time itself: the limit passes.
  at_batch(first, 4, [] { std::this_thread::sleep_for(std::chrono::milliseconds(60)); });
  const auto stopped = first.run();
  EXPECT_EQ(stopped.reason, StopReason::kTimeLimit);
  EXPECT_LE(stopped.position.iteration, 3);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "last.checkpoint.safetensors"));
  ToyRun second(folder.path(), toy_options(), 0.7f);
  EXPECT_EQ(second.run(true).reason, StopReason::kFinished);
  EXPECT_TRUE(same_bits(second.model.values(), whole.values));
}

TEST(TrainerResume, OtherRandomStatesTravelAlong) {
  const TemporaryFolder folder;
  auto options = toy_options();
  options.epochs = 1;
  ToyRun first(folder.path(), options);
  first.hooks.save_random_states = [] { return TensorMap{{"denoising", at::full({2}, 5)}}; };
  first.run();
  ToyRun second(folder.path(), options);
  TensorMap seen;
  second.hooks.load_random_states = [&](const TensorMap& states) { seen = states; };
  second.run(true);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_TRUE(at::equal(seen.at("denoising"), at::full({2}, 5)));
}

TEST(TrainerResume, FinishedRunsCanBeMadeLonger) {
  const TemporaryFolder folder;
  auto options = toy_options();
  options.schedule.kind = "constant";
  options.epochs = 1;
  ToyRun(folder.path(), options).run();
  ToyRun done(folder.path(), options);
  EXPECT_EQ(done.run(true).position.iteration, 3) << "nothing is left to do";
  options.epochs = 2;
  ToyRun longer(folder.path(), options);
  EXPECT_EQ(longer.run(true).position.iteration, 6);
}

TEST(TrainerResume, RefusesWhatWouldNotBeTheSameRun) {
  const TemporaryFolder folder;
  auto options = toy_options();
  options.epochs = 1;
  ToyRun(folder.path(), options).run();
  const auto error_of = [&](ToyRun& run, bool resume) -> std::string {
    try {
      run.run(resume);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  ToyRun again(folder.path(), options);
  EXPECT_NE(error_of(again, false).find("--resume"), std::string::npos);

  ToyRun data(folder.path(), options);
  data.source = ToySource(options.batch_size, 8);
  EXPECT_NE(error_of(data, true).find("has 6 batches in an epoch"), std::string::npos);

  auto other = options;
  other.seed = 1;
  ToyRun seed(folder.path(), other);
  EXPECT_NE(error_of(seed, true).find("train.seed = 7"), std::string::npos);

  ToyRun frozen(folder.path(), options);
  for (auto& parameter : frozen.model.named_parameters()) {
    if (parameter.key() == "head.weight") parameter.value().set_requires_grad(false);
  }
  EXPECT_NE(error_of(frozen, true).find("optimizer.head.weight"), std::string::npos);

  other = options;
  other.ema_decay = 0;
  const TemporaryFolder plain;
  ToyRun(plain.path(), other).run();
  ToyRun averaged(plain.path(), options);
  EXPECT_NE(error_of(averaged, true).find("ema_decay=0"), std::string::npos);
}

}  // namespace
}  // namespace focus::train
