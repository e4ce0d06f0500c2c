#include <gtest/gtest.h>

#include <csignal>

#include "data/augment.h"
#include "images/test_images.h"
#include "train/toy_training.h"

namespace focus::train {
namespace {

data::DataLoader make_loader(const std::shared_ptr<const data::AnnotationStore>& store, int64_t workers) {
  images::PreprocessOptions preprocess;
  data::AugmentOptions augment;
  augment.short_sides = {16, 24};
  augment.max_side = 40;
  augment.crop = 0;
  data::LoaderOptions options;
  options.batch_size = 2;
  options.workers = workers;
  return {store, data::training_transform(preprocess, augment), options};
}

/// Learns each image's mean colour from a few of its statistics, with dropout.
class ColourModel : public ToyModule {
 public:
  explicit ColourModel(float start) { weight_ = parameter("weight", at::full({3, 3}, start)); }
  losses::LossResult loss(const data::Batch& batch) {
    const auto statistics = batch.images.images.amax({2, 3});
    const auto predicted = at::dropout(statistics.matmul(weight_), 0.3, is_training());
    losses::LossResult result;
    result.total = (predicted - batch.images.images.mean({2, 3})).square().mean();
    return result;
  }
  at::Tensor weight() const { return weight_.detach().clone(); }

 private:
  at::Tensor weight_;
};

TEST(TrainerWithLoader, ResumesBitForBitWithAnyNumberOfWorkers) {
  const TemporaryFolder images, whole_folder, stopped_folder;
  const auto store = test::make_images(images.path(), 7);
  TrainOptions options;
  options.epochs = 3;
  options.optimizer.lr = 1e-2;
  const auto train = [&](const TemporaryFolder& folder, int64_t workers, float start, int64_t stop_at,
                         bool resume) {
    auto loader = make_loader(store, workers);
    LoaderSource source(loader);
    ColourModel model(start);
    TrainerHooks hooks;
    hooks.progress = nullptr;
    hooks.notify = [](const std::string&) {};
    hooks.loss = [&, seen = int64_t{0}](const data::Batch& batch, double) mutable {
      if (++seen == stop_at) std::raise(SIGTERM);
      return model.loss(batch);
    };
    const auto result = Trainer(options, model, source, hooks, folder.path()).run(resume);
    EXPECT_EQ(result.reason, stop_at > 0 ? StopReason::kSignal : StopReason::kFinished);
    return model.weight();
  };
  const auto whole = train(whole_folder, 2, 0.1f, 0, false);
  const auto half = train(stopped_folder, 1, 0.1f, 6, false);
  EXPECT_FALSE(at::equal(whole, half));
  EXPECT_TRUE(at::equal(train(stopped_folder, 0, 0.9f, 0, true), whole));
}

}  // namespace
}  // namespace focus::train
