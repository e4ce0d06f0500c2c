// Trains the variants of studies with several seeds, one run after the other, and gathers their results.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "train/ablation/study.h"
#include "train/run.h"

namespace focus::train {

struct AblationOptions {
  std::vector<std::string> studies;
  int64_t seeds = 3;          ///< train.seed and those that follow it
  std::string split = "val";  ///< that the trained models are measured on
  bool resume = false;        ///< continue what `out` holds
};

/// The result of one run.
struct AblationRun {
  std::map<std::string, double> metrics;  ///< COCO's, of the last model, not of the best
  double gmacs = 0;                       ///< 10^9 multiply-accumulates per image of the split, on average
  double encoder_gmacs = 0;
};

/// The runs of one variant that are done.
struct AblationRow {
  Variant variant;
  std::vector<AblationRun> runs;
};

struct AblationStudy {
  std::string study;
  std::vector<AblationRow> rows;
};

struct AblationResult {
  bool finished = false;  ///< false: stopped by a signal or train.max_minutes
  std::vector<AblationStudy> studies;
};

/// Runs what is not yet done, all variants with the first seed before any with the second. Each run is a
/// folder `out`/variant/seedN with its model, log and result.json; a variant that several studies have is run
/// once. `on_run` is called with all that is done, at the start and after each run.
/// Throws UsageError if `out` holds runs and `resume` is false, Error if it holds runs of other options.
AblationResult run_ablation(const RunOptions& base, const AblationOptions& options,
                            const std::filesystem::path& dataset, const std::filesystem::path& out,
                            const std::function<void(const AblationResult&)>& on_run);

}  // namespace focus::train
