// A training run from a configuration: data in, model files out.
#pragma once

#include <filesystem>
#include <string>

#include "data/augment.h"
#include "data/loader.h"
#include "images/preprocess.h"
#include "losses/criterion.h"
#include "models/options.h"
#include "train/distributed/world.h"
#include "train/options.h"
#include "train/trainer.h"

namespace focus::train {

/// How a run starts.
struct StartOptions {
  std::string backbone_weights;  ///< a classifier's or detector's backbone; empty: random.
  std::string model;             ///< a model, or weights of another program; classes may differ.
  bool partly = false;           ///< take those of which less than half has a place in the model.

  void describe(OptionTable& table);
};

/// Everything a configuration file may say.
struct RunOptions {
  models::DetectorOptions model;
  images::PreprocessOptions preprocess;
  data::AugmentOptions augment;
  data::LoaderOptions loader;
  losses::LossOptions loss;
  TrainOptions train;
  StartOptions start;
  std::string train_split = "train";
  std::string val_split = "val";

  void describe(OptionTable& table);
};

/// Trains on a data set (data/dataset_layout.h) and evaluates on its validation split. The data set decides
/// the classes. Writes into `out` what Trainer writes, and config.yaml, the options of the run; holds the
/// folder meanwhile (base/folder_lock.h). Progress goes to standard error.
///
/// With a world of several processes each runs this with the same arguments; batches, evaluation and
/// gradients are shared (docs/train.md). Rank 0 alone writes and speaks; it needs `out`, all need the data
/// set.
TrainResult run_training(RunOptions options, const std::filesystem::path& dataset,
                         const std::filesystem::path& out, bool resume, const World& world = {});

/// The options that a run of any version was made with, under today's names; those it did not know have their
/// defaults. What is not an option stays.
nlohmann::json run_options_as_of_today(nlohmann::json saved);

/// Throws what run_training would throw at once in each of `processes` processes that the caller is about to
/// start: the folder in use, options that contradict each other, no data or too little of it.
void check_run(RunOptions options, const std::filesystem::path& dataset, const std::filesystem::path& out,
               bool resume, int processes);

}  // namespace focus::train
