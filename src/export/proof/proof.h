// The proof of an export: ONNX Runtime and this program find the same in the same images.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "export/onnx_export.h"
#include "export/proof/onnx_runtime.h"

namespace focus::exporter {

/// Images a graph is tried on at once: normalised and padded to one size, as "pixels" takes them, or one
/// image as "image" does.
struct Trial {
  std::string name;
  nn::ImageBatch batch;
  images::Image image;  ///< 8-bit BGR; for InputKind::kImage
};

/// Drawn scenes: of the model's own size, smaller ones, a little one, and a batch of two sizes.
std::vector<Trial> drawn_trials(const detector::LoadedModel& loaded, InputKind input);
/// Trials of a person's own images, each by itself.
std::vector<Trial> trials_of(const std::vector<std::filesystem::path>& images,
                             const detector::LoadedModel& loaded);
/// Scenes drawn with `seed`, resized to these sizes, normalised and padded to the largest.
Trial drawn_trial(const std::vector<nn::ImageSize>& sizes, const images::PreprocessOptions& preprocess,
                  uint64_t seed);

/// How far two detections of the same object may be apart.
struct Tolerance {
  double score = 1e-4;
  double box = 0.05;       ///< pixels
  double least_score = 0;  ///< Only detections of at least this score are asked for.
  double unmatched = 0;    ///< Share of them that may have none of their like.

  /// What 16 bits leave of that: they decide which tokens are the best, not only the last digits. Enough to
  /// tell a broken graph; what a whole one is worth, only AP tells.
  static Tolerance of_half_precision() { return {0.05, 3, 0.3, 0.5}; }
};

/// How far two lists of detections of the same images are apart.
struct Difference {
  int64_t compared = 0;   ///< Detections of either side that must have their like on the other.
  int64_t unmatched = 0;  ///< Those that have none.
  double score = 0;       ///< The largest difference of scores of two that are alike.
  double box = 0;         ///< The largest difference of their coordinates, pixels.
  std::string worst;      ///< The best-scored that has none, in words.

  bool within(const Tolerance& tolerance) const {
    return static_cast<double>(unmatched) <= tolerance.unmatched * static_cast<double>(compared);
  }
};

/// What one side found in a batch, on the CPU.
struct Found {
  at::Tensor boxes, scores, category_ids;  ///< As OutputKind::kDetections.
};

/// Compares detection by detection, whatever their order: each must have one of the same class on the other
/// side within the tolerance. Which of equals is the last that is listed at all is for rounding to decide, so
/// the detections of a full list that score as its last, within the tolerance, need none.
Difference difference(const Found& ours, const Found& theirs, const Tolerance& tolerance);

/// What this program finds in a trial, by the model as it was trained, not prepared.
Found found_by_us(const detector::LoadedModel& loaded, const Trial& trial, const OnnxOptions& options);

/// How many detections of a trial rounding decides: `ours` against what this program finds when it computes
/// in another order, and in images with noise of the size of rounding. Of two tokens that score alike, it
/// decides which is the better one, and so which query each becomes. The most that was found unmatched.
int64_t undecided(const detector::LoadedModel& loaded, const Trial& trial, const OnnxOptions& options,
                  const Found& ours, const Tolerance& tolerance);

/// What ONNX Runtime finds, one a trial.
std::vector<Found> found_by_runtime(const OnnxRuntime& runtime, const std::filesystem::path& file,
                                    const detector::LoadedModel& loaded, const std::vector<Trial>& trials,
                                    const OnnxOptions& options, int threads);

}  // namespace focus::exporter
