#include "train/trainer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/error.h"
#include "train/toy_training.h"

namespace focus::train {
namespace {

TrainOptions plain_options() {
  TrainOptions options;
  options.batch_size = 2;
  options.epochs = 1;
  options.optimizer.lr = 1e-2;
  options.log_every = 1;
  return options;
}

std::string error_of(ToyRun& run) {
  try {
    run.run();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Trainer, Learns) {
  const TemporaryFolder folder;
  auto options = plain_options();
  options.epochs = 60;
  options.optimizer.backbone_lr_factor = 1;
  options.optimizer.clip_grad_norm = 0;
  options.schedule.milestones = {50};
  ToyRun run(folder.path(), options);
  run.model = ToyDetector(0.1f, 0.0);
  run.hooks.loss = [&](const data::Batch& batch, double) { return run.model.loss(batch); };
  ToySource all(12);
  all.start_epoch(0, 0);
  const auto images = *all.next();
  const double before = run.model.loss(images).total.item<double>();
  run.run();
  EXPECT_LT(run.model.loss(images).total.item<double>(), 0.2 * before);
}

TEST(Trainer, ALogThatCannotBeWrittenStopsNoTraining) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/full", folder.path() / "metrics.jsonl");
  ToyRun run(folder.path(), plain_options());
  const auto said = error_of(run);
  EXPECT_NE(said.find("metrics.jsonl: cannot be written: No space left on device"), std::string::npos)
      << said;
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "last.checkpoint.safetensors")) << "it went to its end";
  EXPECT_EQ(read_checkpoint(folder.path() / "last.checkpoint.safetensors").position.epoch, 1);
  const auto warning = run.notices.find("metrics.jsonl: cannot be written");
  ASSERT_NE(warning, std::string::npos) << run.notices;
  EXPECT_EQ(run.notices.find("metrics.jsonl", warning + 20), std::string::npos) << "said once:\n"
                                                                                << run.notices;
}

TEST(Trainer, AccumulatedBatchesEqualOneLargeBatch) {
  const auto train = [](int64_t batch_size, int64_t accumulate) {
    const TemporaryFolder folder;
    auto options = plain_options();
    options.epochs = 3;
    options.batch_size = batch_size;
    options.accumulate = accumulate;
    ToyRun run(folder.path(), options);
    run.model = ToyDetector(0.1f, 0.0);
    run.run();
    return run.model.values();
  };
  const auto large = train(6, 1), accumulated = train(2, 3), other = train(2, 1);
  for (size_t i = 0; i < large.size(); ++i) {
    EXPECT_TRUE(at::allclose(large[i], accumulated[i], 1e-4, 1e-6));
    EXPECT_FALSE(at::allclose(large[i], other[i], 1e-4, 1e-6));
  }
}

TEST(Trainer, TheLastStepOfAnEpochAveragesWhatIsLeft) {
  const TemporaryFolder folder;
  auto options = plain_options();
  options.accumulate = 4;
  ToyRun run(folder.path(), options);
  const auto result = run.run();
  EXPECT_EQ(result.position.iteration, 2) << "6 batches: a step of 4 and one of 2";
  EXPECT_EQ(result.position.epoch, 1);
}

TEST(Trainer, AFailingStepNamesTheImages) {
  const TemporaryFolder folder;
  ToyRun run(folder.path(), plain_options());
  run.source.start_epoch(0, 0);
  run.source.next();
  const auto indices = run.source.next()->indices;
  run.hooks.loss = [&, seen = 0](const data::Batch& batch, double) mutable {
    if (seen++ == 1) at::ones({2}).matmul(at::ones({3}));
    return run.model.loss(batch);
  };
  const std::string message = error_of(run);
  EXPECT_NE(message.find(fmt::format("images with indices {}, {}", indices[0], indices[1])),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("epoch 0, step 1"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST(Trainer, SkipsStepsWithoutAFiniteGradient) {
  const TemporaryFolder folder;
  ToyRun run(folder.path(), plain_options());
  std::vector<std::vector<at::Tensor>> values;
  run.hooks.loss = [&](const data::Batch& batch, double) {
    values.push_back(run.model.values());
    auto loss = run.model.loss(batch);
    // The third step, and the second look at it.
    if (values.size() == 3 || values.size() == 4)
      loss.total = loss.total * std::numeric_limits<float>::quiet_NaN();
    return loss;
  };
  const auto result = run.run();
  EXPECT_FALSE(same_bits(values[1], values[2]));
  EXPECT_TRUE(same_bits(values[2], values[3])) << "the bad step changes nothing";
  EXPECT_TRUE(same_bits(values[3], values[4]));
  EXPECT_FALSE(same_bits(values[4], values[5]));
  EXPECT_EQ(result.position.skipped, 1);
  EXPECT_EQ(result.position.iteration, 6);
  EXPECT_NE(run.notices.find("nan; step skipped, 1 so far"), std::string::npos) << run.notices;
}

TEST(Trainer, GivesUpWhenNoGradientIsFinite) {
  const TemporaryFolder folder;
  auto options = plain_options();
  options.epochs = 10;
  ToyRun run(folder.path(), options);
  run.hooks.loss = [&](const data::Batch& batch, double) {
    auto loss = run.model.loss(batch);
    loss.total = loss.total / 0;
    return loss;
  };
  EXPECT_NE(error_of(run).find("20 steps in a row"), std::string::npos);
}

TEST(Trainer, EvaluatesAveragedWeightsAndKeepsTheBest) {
  const TemporaryFolder folder;
  auto options = toy_options();
  options.epochs = 5;
  options.eval_every = 2;
  ToyRun run(folder.path(), options);
  std::vector<std::pair<std::string, std::vector<at::Tensor>>> saved;
  std::vector<std::vector<at::Tensor>> evaluated;
  const double scores[] = {0.3, 0.5, std::numeric_limits<double>::quiet_NaN()};
  run.hooks.evaluate = [&] {
    EXPECT_FALSE(run.model.is_training());
    EXPECT_FALSE(at::GradMode::is_enabled());
    evaluated.push_back(run.model.values());
    return std::map<std::string, double>{{"AP", scores[evaluated.size() - 1]}, {"AP50", 0.9}};
  };
  run.hooks.save_model = [&](const std::filesystem::path& path) {
    saved.emplace_back(path.filename(), run.model.values());
  };
  const auto result = run.run();
  EXPECT_EQ(evaluated.size(), 3u) << "after epochs 2 and 4, and after the last";
  EXPECT_EQ(result.best_metric, 0.5) << "a metric that is not a number is never the best";
  EXPECT_EQ(result.metrics.at("AP50"), 0.9);
  EXPECT_FALSE(same_bits(evaluated.back(), run.model.values()))
      << "the weights after training are not the average";
  std::vector<std::string> names;
  for (const auto& [name, values] : saved) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"last.safetensors", "last.safetensors", "best.safetensors",
                                             "last.safetensors", "last.safetensors", "best.safetensors",
                                             "last.safetensors"}));
  EXPECT_TRUE(same_bits(saved[5].second, evaluated[1]))
      << "the best file has the weights that were evaluated";
  EXPECT_TRUE(same_bits(saved[6].second, evaluated[2]));
}

TEST(Trainer, LogsEveryStepAndEvaluation) {
  const TemporaryFolder folder;
  auto options = plain_options();
  options.epochs = 2;
  options.schedule.milestones = {1};
  ToyRun run(folder.path(), options);
  run.run();
  std::ifstream file(folder.path() / "metrics.jsonl");
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(lines.size(), 14u) << "6 steps and an evaluation an epoch";
  EXPECT_EQ(lines[0]["kind"], "train");
  EXPECT_EQ(lines[0]["iteration"], 1);
  EXPECT_DOUBLE_EQ(lines[0]["lr"], 1e-2);
  EXPECT_GT(lines[0]["gradient_norm"], 0.0);
  EXPECT_EQ(lines[0]["loss"], lines[0]["loss_toy"]);
  EXPECT_GT(lines[0]["images_per_second"], 0.0);
  EXPECT_EQ(lines[6]["kind"], "eval");
  EXPECT_EQ(lines[6]["epoch"], 0);
  EXPECT_EQ(lines[6]["iteration"], 6);
  EXPECT_TRUE(lines[6].contains("AP"));
  EXPECT_NEAR(lines[7]["lr"], 1e-3, 1e-12) << "after the milestone";
}

TEST(Trainer, LogsTheStepsLeftAtTheEndOfAnEpoch) {
  const TemporaryFolder folder;
  auto options = plain_options();
  options.log_every = 4;
  ToyRun run(folder.path(), options);
  run.hooks.evaluate = nullptr;
  run.run();
  std::ifstream file(folder.path() / "metrics.jsonl");
  std::vector<int64_t> iterations;
  for (std::string line; std::getline(file, line);)
    iterations.push_back(nlohmann::json::parse(line)["iteration"].get<int64_t>());
  EXPECT_EQ(iterations, (std::vector<int64_t>{4, 6}));
}

TEST(Trainer, ShowsProgressAndKeepsNoticesApart) {
  const TemporaryFolder folder;
  const auto shown = folder.path() / "shown.txt";
  std::FILE* file = std::fopen(shown.c_str(), "w");
  ASSERT_NE(file, nullptr);
  {
    ToyRun run(folder.path(), plain_options());
    run.hooks.progress = file;
    run.run();
  }
  std::fclose(file);
  std::ifstream stream(shown);
  std::string text((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_NE(text.find("epoch 1/1"), std::string::npos) << text;
  EXPECT_NE(text.find("6/6"), std::string::npos) << text;
  EXPECT_NE(text.find("loss "), std::string::npos) << text;
}

TEST(Trainer, RefusesNothingToDo) {
  const TemporaryFolder folder;
  ToyRun frozen(folder.path(), plain_options());
  for (auto& parameter : frozen.model.parameters()) parameter.set_requires_grad(false);
  EXPECT_NE(error_of(frozen).find("frozen"), std::string::npos);
  ToyRun empty(folder.path(), plain_options());
  empty.source = ToySource(2, 0);
  EXPECT_NE(error_of(empty).find("not one batch"), std::string::npos);
  ToyRun metric(folder.path(), plain_options());
  metric.hooks.best_metric = "AP_typo";
  EXPECT_NE(error_of(metric).find("'AP_typo'"), std::string::npos);
}

}  // namespace
}  // namespace focus::train
