// How well detections, read in one way or another, lie on the annotations.
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

/// The detections that tell most: of each image as many of the highest scores as it has annotations.
std::vector<size_t> telling(const ResultsInDoubt& results);

/// One way to read a detection: its edges, its image's index (or none), and, if classes matter, its class.
struct Reading {
  std::function<Box(const BoxDetection&, nn::ImageSize)> edges;
  std::function<int64_t(size_t)> image = nullptr;
  std::function<int64_t(size_t)> label = nullptr;
};

/// As COCO has it: [x, y, width, height] in pixels.
Box coco_edges(const BoxDetection& detection, nn::ImageSize size);

/// The annotation that a box fits best; none if it overlaps none.
struct Fit {
  double overlap = 0;
  const data::Annotation* on = nullptr;
};

/// For each telling detection.
std::vector<Fit> fits(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                      const Reading& reading);

/// How much of each telling detection overlaps the annotation that it fits best.
std::vector<double> overlaps(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                             const Reading& reading);

double mean_of(const std::vector<double>& values);

/// Of a share of 1, for messages.
inline int percent(double share) { return static_cast<int>(100 * share + 0.5); }

/// A reading that may be meant instead, and what to say of it.
struct Candidate {
  std::string words, advice;
  Reading reading;
};

/// Whether there are so many detections, in so many images, that they may tell what the file means.
bool tells_enough(const ResultsInDoubt& results, const std::vector<size_t>& chosen);

struct Verdict {
  const Candidate* best = nullptr;  ///< What explains the annotations far better; null if nothing does.
  double before = 0, after = 0;     ///< Mean overlaps as the file is taken and as `best` reads it.
  bool sure = false;                ///< Beyond doubt: there is enough, and it fits only so.
};

/// The candidate that explains the annotations best, if it does so far better than the reading that is taken.
Verdict best_of(const ResultsInDoubt& results, const std::vector<size_t>& chosen, const Reading& taken,
                const std::vector<Candidate>& candidates);

}  // namespace focus::eval
