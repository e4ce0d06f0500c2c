#include "eval/result_overlap.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace focus::eval {
namespace {

// This many images tell as much as all of them.
constexpr int64_t kMostImages = 500;

}  // namespace

std::array<double, 4> numbers_of(const BoxDetection& d) { return {d.x, d.y, d.width, d.height}; }

std::vector<size_t> telling(const ResultsInDoubt& results) {
  std::map<int64_t, std::vector<size_t>> of_image;
  for (size_t i = 0; i < results.detections.size(); ++i) {
    const int64_t image = results.stated[i].image_index;
    if (!results.store.annotations(image).empty()) of_image[image].push_back(i);
  }
  std::vector<size_t> chosen;
  const auto images = static_cast<int64_t>(of_image.size());
  const int64_t stride = std::max<int64_t>(1, images / kMostImages);
  int64_t place = 0;
  for (auto& [image, indices] : of_image) {
    if (place++ % stride != 0) continue;
    std::stable_sort(indices.begin(), indices.end(), [&](size_t a, size_t b) {
      return results.detections[a].score > results.detections[b].score;
    });
    indices.resize(std::min(indices.size(), results.store.annotations(image).size()));
    chosen.insert(chosen.end(), indices.begin(), indices.end());
  }
  return chosen;
}

Box coco_edges(const BoxDetection& d, nn::ImageSize size) {
  return box_of(numbers_of(d), {BoxOrder::kXywh, BoxUnit::kPixels}, size);
}

std::vector<Fit> fits(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                      const Reading& reading) {
  std::vector<Fit> best;
  best.reserve(chosen.size());
  for (const size_t i : chosen) {
    const int64_t image = reading.image ? reading.image(i) : results.stated[i].image_index;
    Fit most;
    if (image >= 0) {
      const auto edges = reading.edges(results.detections[i], results.store.image(image).size);
      const bool possible = edges.x2 > edges.x1 && edges.y2 > edges.y1;
      for (const auto& annotation : results.store.annotations(image)) {
        if (!possible) break;
        if (reading.label && reading.label(i) != annotation.label) continue;
        const double overlap = iou(edges, edges.area(), annotation.box(), annotation.box_area());
        if (overlap > most.overlap) most = {overlap, &annotation};
      }
    }
    best.push_back(most);
  }
  return best;
}

std::vector<double> overlaps(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                             const Reading& reading) {
  std::vector<double> best;
  best.reserve(chosen.size());
  for (const auto& fit : fits(results, chosen, reading)) best.push_back(fit.overlap);
  return best;
}

double mean_of(const std::vector<double>& values) {
  return values.empty() ? 0 : std::reduce(values.begin(), values.end()) / static_cast<double>(values.size());
}

namespace {

/// Whether another reading fits so much better that users should know. A poor detector's boxes fit badly
/// whichever way they are read; the fewer there are, the better another reading has to fit.
bool explains_better(const std::vector<double>& as_is, const std::vector<double>& other) {
  constexpr double kMargin = 0.05;
  const double before = mean_of(as_is), after = mean_of(other);
  size_t better = 0, worse = 0;
  for (size_t i = 0; i < as_is.size(); ++i) {
    better += other[i] > as_is[i] + kMargin;
    worse += other[i] < as_is[i] - kMargin;
  }
  if (better < 4 * worse || after < before + 0.1) return false;
  const double least = as_is.size() < 10 ? 0.8 : as_is.size() < 50 ? 0.6 : 0.4;
  return after >= least && (1 - after <= 0.5 * (1 - before) || (after >= 2 * before && as_is.size() >= 20));
}

}  // namespace

bool tells_enough(const ResultsInDoubt& results, const std::vector<size_t>& chosen) {
  constexpr size_t kDetections = 20, kImages = 5;
  std::set<int64_t> images;
  for (const size_t i : chosen) images.insert(results.stated[i].image_index);
  return chosen.size() >= kDetections && images.size() >= kImages;
}

Verdict best_of(const ResultsInDoubt& results, const std::vector<size_t>& chosen, const Reading& taken,
                const std::vector<Candidate>& candidates) {
  constexpr double kSame = 1e-6;  // For rounding; of equal candidates the first wins.
  Verdict verdict;
  const auto as_is = overlaps(results, chosen, taken);
  verdict.before = mean_of(as_is);
  for (const auto& candidate : candidates) {
    const auto other = overlaps(results, chosen, candidate.reading);
    const double fit = mean_of(other);
    if (fit <= verdict.after + kSame || !explains_better(as_is, other)) continue;
    verdict.after = fit;
    verdict.best = &candidate;
  }
  // A real detector's boxes never fit perfectly: if there are many, a poorer fit is enough, provided that
  // they hardly fit as they are.
  const bool well = verdict.after >= 0.85 && verdict.before <= 0.5;
  const bool many = chosen.size() >= 50 && verdict.after >= 0.5 && verdict.before <= 0.4 * verdict.after;
  verdict.sure = verdict.best && (well || many) && tells_enough(results, chosen);
  return verdict;
}

}  // namespace focus::eval
