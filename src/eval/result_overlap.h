// How well detections, read in one way or another, overlap the annotations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "eval/box_layout.h"
#include "eval/result_evidence.h"

namespace focus::eval {

std::array<double, 4> numbers_of(const BoxDetection& detection);

/// The detections that tell the most: of each image, as many with the highest scores as it has annotations.
std::vector<size_t> telling(const ResultsInDoubt& results);

/// One way to read a detection: its edges, its image's index (or none), and, if classes matter, its class.
struct Reading {
  std::function<Box(const BoxDetection&, nn::ImageSize)> edges;
  std::function<int64_t(size_t)> image = nullptr;
  std::function<int64_t(size_t)> label = nullptr;
};

/// COCO's reading: [x, y, width, height] in pixels.
Box coco_edges(const BoxDetection& detection, nn::ImageSize size);

/// The annotation that a box fits best; none if it overlaps none.
struct Fit {
  double overlap = 0;
  const data::Annotation* on = nullptr;
};

/// For each chosen detection.
std::vector<Fit> fits(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                      const Reading& reading);

/// The IoU of each chosen detection with the annotation that it fits best.
std::vector<double> overlaps(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                             const Reading& reading);

double mean_of(const std::vector<double>& values);

/// A share as a percentage, for messages.
inline int percent(double share) { return static_cast<int>(100 * share + 0.5); }

/// A reading that may be meant instead, and its description and advice for messages.
struct Candidate {
  std::string words, advice;
  Reading reading;
};

/// Whether there are enough detections, in enough images, to tell what the file means.
bool tells_enough(const ResultsInDoubt& results, const std::vector<size_t>& chosen);

struct Verdict {
  const Candidate* best = nullptr;  ///< The candidate that fits far better; null if none does.
  double before = 0, after = 0;     ///< Mean overlaps as the file was read and as `best` reads it.
  bool sure = false;                ///< Beyond doubt: there are enough detections, and only `best` fits.
};

/// The candidate that fits the annotations best, if it fits far better than the reading `taken`.
Verdict best_of(const ResultsInDoubt& results, const std::vector<size_t>& chosen, const Reading& taken,
                const std::vector<Candidate>& candidates);

}  // namespace focus::eval
