// A step of several batches is that of the large batch, also where there are fewer boxes than batches.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "losses/criterion.h"
#include "train/toy_training.h"

namespace focus::train {
namespace {

constexpr int64_t kQueries = 3, kClasses = 2, kFeatures = 8;

/// A detector of one layer: queries are linear in an image's numbers.
class ToyQueries : public ToyModule {
 public:
  ToyQueries() {
    const auto values = [](int64_t outputs, double scale) {
      return (at::arange(kFeatures * outputs).to(at::kFloat) * 1.7)
          .sin()
          .mul(scale)
          .view({kFeatures, outputs});
    };
    logits_ = child("head").parameter("logits", values(kQueries * kClasses, 0.3));
    boxes_ = child("head2").parameter("boxes", values(kQueries * 4, 0.2));
  }

  nn::DetectorOutput forward(const at::Tensor& x) const {
    nn::DetectorOutput output;
    output.layers.push_back({x.matmul(logits_).view({-1, kQueries, kClasses}),
                             x.matmul(boxes_).view({-1, kQueries, 4}).sigmoid()});
    return output;
  }

 private:
  at::Tensor logits_, boxes_;
};

/// Of twelve images `boxes` have one each.
class ToyTargets : public ToySource {
 public:
  ToyTargets(int64_t batch_size, int64_t boxes) : ToySource(batch_size), boxes_(boxes) {}

  std::optional<data::Batch> next() override {
    auto batch = ToySource::next();
    for (size_t i = 0; batch && i < batch->indices.size(); ++i) {
      const int64_t count = batch->indices[i] < boxes_ ? 1 : 0;
      batch->targets.push_back({at::zeros({count}, at::kLong), at::full({count, 4}, 0.4f), {64, 64}});
    }
    return batch;
  }

 private:
  int64_t boxes_;
};

/// The norm of each step's gradient.
std::vector<double> gradient_norms(int64_t batch_size, int64_t accumulate, int64_t boxes) {
  const TemporaryFolder folder;
  TrainOptions options;
  options.epochs = 1;
  options.batch_size = batch_size;
  options.accumulate = accumulate;
  options.log_every = 1;
  options.eval_every = 0;
  ToyQueries model;
  ToyTargets source(batch_size, boxes);
  TrainerHooks hooks;
  hooks.progress = nullptr;
  hooks.loss = [&](const data::Batch& batch, double num_boxes) {
    return losses::Criterion()(model.forward(batch.images.images), batch.targets, num_boxes);
  };
  Trainer(options, model, source, hooks, folder.path()).run(false);
  std::vector<double> norms;
  std::ifstream log(folder.path() / "metrics.jsonl");
  for (std::string line; std::getline(log, line);) {
    norms.push_back(nlohmann::json::parse(line).at("gradient_norm").get<double>());
  }
  return norms;
}

TEST(Trainer, AccumulatedBatchesEqualOneLargeBatchOfFewBoxes) {
  for (const int64_t boxes : {0, 1, 2, 12}) {
    SCOPED_TRACE(boxes);
    const auto large = gradient_norms(6, 1, boxes), accumulated = gradient_norms(2, 3, boxes),
               one_by_one = gradient_norms(1, 6, boxes);
    ASSERT_EQ(large.size(), 2u);
    ASSERT_EQ(accumulated.size(), 2u);
    for (size_t i = 0; i < large.size(); ++i) {
      EXPECT_NEAR(accumulated[i] / large[i], 1, 1e-4);
      EXPECT_NEAR(one_by_one[i] / large[i], 1, 1e-4);
    }
  }
}

}  // namespace
}  // namespace focus::train
