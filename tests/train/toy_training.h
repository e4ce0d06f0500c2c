// A detector-shaped toy to train: a linear model with dropout on twelve fixed vectors, shuffled anew each
// epoch.
#pragma once

#include <algorithm>
#include <numeric>
#include <random>

#include "support/temporary_folder.h"
#include "train/toy_module.h"
#include "train/trainer.h"

namespace focus::train {

using test::TemporaryFolder;

constexpr int64_t kToyImages = 12;

class ToySource : public BatchSource {
 public:
  explicit ToySource(int64_t batch_size, int64_t images = kToyImages)
      : batch_size_(batch_size), images_(images) {}

  int64_t batches() const override { return images_ / batch_size_; }

  void start_epoch(int64_t epoch, int64_t first_batch) override {
    order_.resize(static_cast<size_t>(images_));
    std::iota(order_.begin(), order_.end(), 0);
    std::shuffle(order_.begin(), order_.end(), std::mt19937_64(static_cast<uint64_t>(epoch)));
    batch_ = first_batch;
  }

  std::optional<data::Batch> next() override {
    if (batch_ == batches()) return std::nullopt;
    data::Batch batch;
    const auto first = order_.begin() + batch_++ * batch_size_;
    batch.indices.assign(first, first + batch_size_);
    // Image i is a vector that only depends on i.
    batch.images.images = at::sin(at::tensor(batch.indices).to(at::kFloat).unsqueeze(1) * at::arange(1, 9));
    return batch;
  }

 private:
  int64_t batch_size_, images_;
  int64_t batch_ = 0;
  std::vector<int64_t> order_;
};

/// y = w2 · dropout(leaky_relu(w1 · x)), learning the sum of its input.
class ToyDetector : public ToyModule {
 public:
  explicit ToyDetector(float start = 0.1f, double dropout = 0.5) : dropout_(dropout) {
    w1_ = child("backbone")
              .parameter("weight", at::arange(48).view({6, 8}).to(at::kFloat).mul_(0.01).add_(start));
    w2_ = child("head").parameter("weight", at::full({1, 6}, start));
  }

  at::Tensor forward(const at::Tensor& x) {
    return at::dropout(at::leaky_relu(x.matmul(w1_.t()), 0.3), dropout_, is_training()).matmul(w2_.t());
  }

  losses::LossResult loss(const data::Batch& batch) {
    const auto& x = batch.images.images;
    const auto error = (forward(x) - x.sum(1, true)).square().mean();
    losses::LossResult result;
    result.total = error;
    result.weighted = {{"loss_toy", error.detach()}};
    return result;
  }

  std::vector<at::Tensor> values() const { return {w1_.detach().clone(), w2_.detach().clone()}; }

 private:
  double dropout_;
  at::Tensor w1_, w2_;
};

inline bool same_bits(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](auto& x, auto& y) { return at::equal(x, y); });
}

/// Options with which every part of the loop has something to do in a few steps.
inline TrainOptions toy_options() {
  TrainOptions options;
  options.epochs = 4;
  options.batch_size = 2;
  options.accumulate = 2;
  options.optimizer.lr = 1e-2;
  options.schedule.kind = "cosine";
  options.schedule.warmup_iterations = 3;
  options.ema_decay = 0.9;
  options.seed = 7;
  options.log_every = 1;
  return options;
}

/// A trainer of a toy detector with everything around it, for tests to set up differently and run.
struct ToyRun {
  explicit ToyRun(const std::filesystem::path& folder, TrainOptions options = toy_options(),
                  float start = 0.1f)
      : folder(folder), options(options), model(start), source(options.batch_size) {
    hooks.loss = [this](const data::Batch& batch, double) { return model.loss(batch); };
    hooks.evaluate = [this] {
      at::rand({3});  // An evaluation may draw; training must not notice.
      const double error = (model.forward(at::ones({1, 8})) - 8).abs().item<double>();
      return std::map<std::string, double>{{"AP", -error}};
    };
    hooks.progress = nullptr;
    hooks.notify = [this](const std::string& line) { notices += line + "\n"; };
  }

  TrainResult run(bool resume = false) { return Trainer(options, model, source, hooks, folder).run(resume); }

  std::filesystem::path folder;
  TrainOptions options;
  ToyDetector model;
  ToySource source;
  TrainerHooks hooks;
  std::string notices;
};

}  // namespace focus::train
