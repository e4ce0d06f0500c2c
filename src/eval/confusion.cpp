#include "eval/confusion.h"

#include <algorithm>
#include <map>

namespace focus::eval {
namespace {

/// A box whose area is that of its stated sides.
struct Labelled {
  Box box;
  double area;
  int64_t label;
};

bool mostly_inside(const Labelled& one, const std::vector<Labelled>& crowds) {
  return std::any_of(crowds.begin(), crowds.end(), [&](const Labelled& crowd) {
    return shared_area(one.box, crowd.box) >= 0.5 * one.area;
  });
}

/// Index pairs (truth, answer) with IoU of at least 0.5, each box in one pair at most, the closest first.
std::vector<std::pair<size_t, size_t>> paired(const std::vector<Labelled>& truths,
                                              const std::vector<Labelled>& answers) {
  constexpr double kLeastIou = 0.5;
  struct Candidate {
    double iou;
    size_t truth, answer;
  };
  std::vector<Candidate> candidates;
  for (size_t t = 0; t < truths.size(); ++t) {
    for (size_t a = 0; a < answers.size(); ++a) {
      const double closeness = iou(truths[t].box, truths[t].area, answers[a].box, answers[a].area);
      if (closeness >= kLeastIou) candidates.push_back({closeness, t, a});
    }
  }
  // Of equally close pairs, those of the right class come first.
  std::stable_sort(candidates.begin(), candidates.end(), [&](const Candidate& x, const Candidate& y) {
    const auto right = [&](const Candidate& c) { return truths[c.truth].label == answers[c.answer].label; };
    return x.iou != y.iou ? x.iou > y.iou : right(x) > right(y);
  });
  std::vector<bool> truth_taken(truths.size()), answer_taken(answers.size());
  std::vector<std::pair<size_t, size_t>> pairs;
  for (const auto& candidate : candidates) {
    if (truth_taken[candidate.truth] || answer_taken[candidate.answer]) continue;
    truth_taken[candidate.truth] = answer_taken[candidate.answer] = true;
    pairs.emplace_back(candidate.truth, candidate.answer);
  }
  return pairs;
}

}  // namespace

Confusion confusion_of(const data::AnnotationStore& store, std::span<const BoxDetection> detections,
                       double threshold) {
  std::map<int64_t, int64_t> label_of, index_of;
  const auto& categories = store.categories();
  for (size_t i = 0; i < categories.size(); ++i) label_of[categories[i].id] = static_cast<int64_t>(i);
  for (int64_t i = 0; i < store.size(); ++i) index_of[store.image(i).id] = i;
  std::vector<std::vector<Labelled>> answers(static_cast<size_t>(store.size()));
  for (const auto& d : detections) {
    const auto label = label_of.find(d.category_id), index = index_of.find(d.image_id);
    if (d.score < threshold || label == label_of.end() || index == index_of.end()) continue;
    answers[static_cast<size_t>(index->second)].push_back({d.box(), d.area(), label->second});
  }

  Confusion confusion;
  confusion.classes = static_cast<int64_t>(categories.size());
  confusion.counts.resize(static_cast<size_t>((confusion.classes + 1) * (confusion.classes + 1)));
  const auto count = [&](int64_t truth, int64_t answer) {
    ++confusion.counts[static_cast<size_t>(truth * (confusion.classes + 1) + answer)];
  };
  const int64_t nothing = confusion.classes;
  for (int64_t i = 0; i < store.size(); ++i) {
    std::vector<Labelled> truths, crowds;
    for (const auto& box : store.annotations(i)) {
      (box.crowd ? crowds : truths).push_back({box.box(), box.box_area(), box.label});
    }
    const auto& found = answers[static_cast<size_t>(i)];
    ImageFate fate;
    fate.index = i;
    std::vector<bool> used(found.size());
    std::vector<bool> seen(truths.size());
    for (const auto& [t, a] : paired(truths, found)) {
      count(truths[t].label, found[a].label);
      ++(truths[t].label == found[a].label ? fate.found : fate.mistaken);
      seen[t] = used[a] = true;
    }
    for (size_t t = 0; t < truths.size(); ++t) {
      if (seen[t]) continue;
      count(truths[t].label, nothing);
      ++fate.false_negatives;
    }
    for (size_t a = 0; a < found.size(); ++a) {
      if (used[a] || mostly_inside(found[a], crowds)) continue;
      count(nothing, found[a].label);
      ++fate.false_positives;
    }
    confusion.images.push_back(fate);
  }
  return confusion;
}

}  // namespace focus::eval
