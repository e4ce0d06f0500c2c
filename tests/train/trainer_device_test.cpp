// Training somewhere else than on the CPU: the same loop, files that do not know where they were made.
#include <gtest/gtest.h>

#include "models/checkpoints/state_dict.h"
#include "models/tiny_model.h"
#include "support/stand_in_device.h"
#include "support/temporary_folder.h"
#include "train/detector_loss.h"
#include "train/tiny_batch.h"
#include "train/trainer.h"

namespace focus::train {
namespace {

constexpr double kRate = 1e-4;

/// The same batch, twice an epoch.
class TwoBatches : public BatchSource {
 public:
  int64_t batches() const override { return 2; }
  void start_epoch(int64_t, int64_t first_batch) override { batch_ = first_batch; }
  std::optional<data::Batch> next() override {
    if (batch_++ == batches()) return std::nullopt;
    return test::tiny_batch();
  }

 private:
  int64_t batch_ = 0;
};

models::StateDict train(const std::filesystem::path& folder, const at::Device& device, int64_t epochs,
                        bool resume) {
  RunOptions options;
  options.model = test::tiny_options();
  options.model.architecture = "deformable-detr";  // Chooses nothing by the last digits.
  options.train.epochs = epochs;
  options.train.ema_decay = 0.9;
  options.train.optimizer.lr = kRate;
  at::manual_seed(1);
  const auto model = models::make_detector(options.model);
  model->move_to(device);
  TwoBatches source;
  TrainerHooks hooks;
  hooks.loss = detector_loss(*model, options);
  hooks.progress = nullptr;
  hooks.notify = [](const std::string&) {};
  const auto result = Trainer(options.train, *model, source, hooks, folder).run(resume);
  EXPECT_EQ(result.position.iteration, 2 * epochs);
  EXPECT_EQ(result.position.skipped, 0);
  models::StateDict weights;
  for (const auto& [name, tensor] : models::state_dict(*model)) weights[name] = tensor.detach().cpu();
  return weights;
}

/// Means of the distances between weights, in steps of the optimiser.
double distance(const models::StateDict& a, const models::StateDict& b) {
  double sum = 0, count = 0;
  for (const auto& [name, tensor] : a) {
    if (!tensor.is_floating_point()) continue;
    sum += (tensor - b.at(name)).abs().sum().item<double>();
    count += static_cast<double>(tensor.numel());
  }
  return sum / count / kRate;
}

TEST(TrainerDevice, TrainsThereAndGoesOnHere) {
  const test::TemporaryFolder here, there;
  const auto start = train(here.path() / "start", at::kCPU, 1, false);
  const auto whole = train(here.path() / "whole", at::kCPU, 2, false);
  const auto half = train(there.path(), test::stand_in_device(), 1, false);
  EXPECT_LT(distance(half, start), 0.02);
  EXPECT_GT(distance(half, whole), 0.2) << "the second epoch changes something";
  EXPECT_LT(distance(train(there.path(), at::kCPU, 2, true), whole), 0.05);
  EXPECT_LT(distance(train(here.path() / "start", test::stand_in_device(), 2, true), whole), 0.05);
}

}  // namespace
}  // namespace focus::train
