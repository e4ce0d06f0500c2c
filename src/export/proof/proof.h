// The proof of an export: ONNX Runtime and this program find the same objects in the same images.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "export/onnx_export.h"
#include "export/proof/onnx_runtime.h"

namespace focus::exporter {

/// One input of a graph: a batch of images, normalised and padded to one size, for "pixels"; or one image,
/// for "image".
struct Trial {
  std::string name;
  nn::ImageBatch batch;
  images::Image image;  ///< 8-bit BGR; for InputKind::kImage
};

/// Synthetic scenes: one of the model's own size, smaller ones, a tiny one, and a batch of two sizes.
std::vector<Trial> drawn_trials(const detector::LoadedModel& loaded, InputKind input);
/// Trials of the user's images, one image each.
std::vector<Trial> trials_of(const std::vector<std::filesystem::path>& images,
                             const detector::LoadedModel& loaded);
/// Synthetic scenes drawn with `seed`, resized to these sizes, normalised and padded to the largest.
Trial drawn_trial(const std::vector<nn::ImageSize>& sizes, const images::PreprocessOptions& preprocess,
                  uint64_t seed);

/// How far two detections of the same object may be apart.
struct Tolerance {
  double score = 1e-4;
  double box = 0.05;       ///< pixels
  double least_score = 0;  ///< Only detections of at least this score must match.
  double unmatched = 0;    ///< Fraction of them that may be without a match.

  /// For 16 bits, whose rounding changes not only the last digits but also which tokens are selected. Strict
  /// enough to detect a broken graph; the quality of a working one has to be measured by AP.
  static Tolerance of_half_precision() { return {0.05, 3, 0.3, 0.5}; }
};

/// The difference between two lists of detections of the same images.
struct Difference {
  int64_t compared = 0;   ///< Detections of both sides that must have a match on the other.
  int64_t unmatched = 0;  ///< Those without a match.
  double score = 0;       ///< The largest difference between scores of a matched pair.
  double box = 0;         ///< The largest difference between coordinates of a matched pair, in pixels.
  std::string worst;      ///< The unmatched detection with the best score, in words.

  bool within(const Tolerance& tolerance) const {
    return static_cast<double>(unmatched) <= tolerance.unmatched * static_cast<double>(compared);
  }
};

/// The detections of one side in a batch, on the CPU.
struct Found {
  at::Tensor boxes, scores, category_ids;  ///< As OutputKind::kDetections.
};

/// Compares detection by detection, in any order: each must have a match on the other side, of the same class
/// and within the tolerance. At the end of a full list, rounding decides which of equal scores is still
/// listed; detections that score like the last one, within the tolerance, therefore need no match.
Difference difference(const Found& ours, const Found& theirs, const Tolerance& tolerance);

/// The detections of this program in a trial, with the model as it was trained, not prepared.
Found found_by_us(const detector::LoadedModel& loaded, const Trial& trial, const OnnxOptions& options);

/// How many detections of a trial depend on rounding: compares `ours` with the detections of this program
/// when it computes in another order, and when it adds noise as small as rounding to the images. Of two
/// tokens with almost equal scores, rounding decides which one is better, and so which query each becomes.
/// Returns the largest number of unmatched detections.
int64_t undecided(const detector::LoadedModel& loaded, const Trial& trial, const OnnxOptions& options,
                  const Found& ours, const Tolerance& tolerance);

/// The detections of ONNX Runtime, one entry per trial.
std::vector<Found> found_by_runtime(const OnnxRuntime& runtime, const std::filesystem::path& file,
                                    const detector::LoadedModel& loaded, const std::vector<Trial>& trials,
                                    const OnnxOptions& options, int threads);

}  // namespace focus::exporter
