#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/human.h"
#include "eval/box_candidates.h"
#include "eval/result_evidence.h"
#include "eval/result_overlap.h"

namespace focus::eval {
namespace {

void doubt_repetitions(const ResultsInDoubt& results, std::vector<std::string>& lines) {
  std::vector<size_t> order(results.detections.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto key = [&](size_t i) {
    const auto& d = results.detections[i];
    return std::tuple(d.image_id, d.category_id, d.x, d.y, d.width, d.height, d.score);
  };
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return std::pair(key(a), a) < std::pair(key(b), b); });
  size_t repeated = 0, example = 0, first = 0;
  for (size_t i = 1; i < order.size(); ++i) {
    if (key(order[i]) != key(order[i - 1])) continue;
    if (repeated++ == 0 || order[i] < example) example = order[i], first = order[i - 1];
  }
  if (repeated == 0) return;
  lines.push_back(fmt::format(
      "warning: {} of {} detections repeat another one exactly, such as results[{}] and results[{}]; each "
      "repetition counts as a false positive: was a file written twice, or joined from several processes?",
      repeated, order.size(), first, example));
}

void doubt_images(const ResultsInDoubt& results, std::vector<std::string>& lines) {
  std::set<int64_t> with_detections;
  for (const auto& stated : results.stated) with_detections.insert(stated.image_index);
  int64_t annotated = 0, without = 0;
  for (int64_t i = 0; i < results.store.size(); ++i) {
    if (results.store.annotations(i).empty()) continue;
    ++annotated;
    without += !with_detections.contains(i);
  }
  if (annotated == 0 || 10 * without <= annotated) return;
  lines.push_back(
      fmt::format("note: {} of {} images with annotated boxes have no detection at all; their boxes count as "
                  "missed",
                  without, annotated));
}

void doubt_classes(const ResultsInDoubt& results, const std::vector<size_t>& chosen, double fit,
                   std::vector<std::string>& lines) {
  const auto& categories = results.store.categories();
  std::map<int64_t, std::string> names;
  for (const auto& category : categories) names[category.id] = category.name;
  std::map<std::pair<std::string, std::string>, size_t> mistaken;
  size_t placed = 0, right = 0;
  for (const size_t i : chosen) {
    const auto& d = results.detections[i];
    const auto edges = coco_edges(d, {});
    double most = 0.5;
    const data::Annotation* best = nullptr;
    bool same = false;
    for (const auto& annotation : results.store.annotations(results.stated[i].image_index)) {
      const double found = iou(edges, edges.area(), annotation.box(), annotation.box_area());
      if (found < 0.5) continue;
      same = same || categories[static_cast<size_t>(annotation.label)].id == d.category_id;
      if (found >= most) most = found, best = &annotation;
    }
    if (!best) continue;
    ++placed;
    right += same;
    if (same) continue;
    const auto known = names.find(d.category_id);
    ++mistaken[{known == names.end() ? "an unknown class" : in_quotes(known->second),
                in_quotes(categories[static_cast<size_t>(best->label)].name)}];
  }
  if (placed == 0 || 2 * right >= placed) return;
  std::vector<std::pair<size_t, std::string>> pairs;
  std::map<std::string, size_t> most_often;
  for (const auto& [pair, count] : mistaken) {
    pairs.emplace_back(count, fmt::format("{} on {} ({})", pair.first, pair.second, count));
    auto& most = most_often[pair.first];
    most = std::max(most, count);
  }
  std::sort(pairs.rbegin(), pairs.rend());
  std::string examples;
  for (size_t i = 0; i < std::min<size_t>(3, pairs.size()); ++i)
    examples += (i == 0 ? "" : ", ") + pairs[i].second;
  // With classes in another order the boxes fit, and each class is mistaken for the same one each time; with
  // other images neither is the case.
  size_t alike = 0;
  for (const auto& [name, count] : most_often) alike += count;
  const bool order = fit >= 0.5 && 10 * alike >= 8 * (placed - right);
  lines.push_back(
      fmt::format("warning: {} of {} boxes that lie on an annotated one are of another class: {}; {}",
                  placed - right, placed, examples,
                  order ? "are the classes in another order? see --category-ids, or write category_name"
                        : "are these the boxes of other images? see --image-ids, or write file_name; or of "
                          "other classes? see --category-ids"));
}

/// Reports boxes that are off by exactly one pixel, as if Pascal VOC's corners were read by the other rule.
void doubt_corners(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                   std::vector<std::string>& lines) {
  constexpr size_t kLeast = 3;
  if (chosen.size() < kLeast) return;
  const auto as_is = overlaps(results, chosen, {coco_edges});
  for (const double step : {-1.0, 1.0}) {
    for (const double far : {0.0, step}) {
      const Reading shifted{[=](const BoxDetection& d, nn::ImageSize) -> Box {
        return {d.x + step, d.y + step, d.x + d.width + far, d.y + d.height + far};
      }};
      const auto other = overlaps(results, chosen, shifted);
      size_t exact = 0;
      for (size_t i = 0; i < other.size(); ++i) exact += other[i] >= 0.99 && other[i] > as_is[i];
      if (10 * exact < 9 * other.size() || 1 - mean_of(other) > 0.2 * (1 - mean_of(as_is))) continue;
      lines.push_back(
          fmt::format("warning: {} of {} boxes would match the annotated ones exactly if they were one "
                      "pixel further to the {}: are corners counted from {} where the annotations count "
                      "from {}? for Pascal VOC see --voc-corners {}",
                      exact, other.size(), step < 0 ? "top left" : "bottom right", step < 0 ? 1 : 0,
                      step < 0 ? 0 : 1, step < 0 ? "plain" : "kit"));
      return;
    }
  }
}

/// Reports images that another program turned by their EXIF orientation although the annotations do not, or
/// the reverse.
void doubt_turned_images(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                         std::vector<std::string>& lines) {
  const auto as_is = overlaps(results, chosen, {coco_edges});
  for (const auto& turned : turned_candidates()) {
    const auto other = overlaps(results, chosen, turned.reading);
    struct Image {
      size_t boxes = 0;
      double as_is = 0, turned = 0;
    };
    std::map<int64_t, Image> images;
    for (size_t k = 0; k < chosen.size(); ++k) {
      auto& image = images[results.stated[chosen[k]].image_index];
      ++image.boxes, image.as_is += as_is[k], image.turned += other[k];
    }
    const auto fits = std::count_if(images.begin(), images.end(), [](const auto& entry) {
      const auto& [boxes, before, after] = entry.second;
      const auto count = static_cast<double>(boxes);
      return before < 0.2 * count && after >= 0.75 * count;
    });
    if (fits < 3 || 50 * fits < std::ssize(images)) continue;
    lines.push_back(fmt::format("warning: the boxes of {} of {} images fit the annotated ones only as {}; {}",
                                fits, images.size(), turned.words, turned.advice));
    return;
  }
}

}  // namespace

std::vector<std::string> doubts(const ResultsInDoubt& results, bool explained) {
  std::vector<std::string> lines;
  if (results.detections.empty()) {
    lines.push_back(fmt::format("warning: {}: holds no detections; every annotated box counts as missed",
                                printable(results.source)));
    return lines;
  }
  doubt_repetitions(results, lines);
  doubt_images(results, lines);
  const auto chosen = telling(results);
  const double fit = mean_of(overlaps(results, chosen, {coco_edges}));
  if (chosen.empty()) {
    lines.push_back(
        "warning: no detection is in an image with annotated boxes; are these results of other images, or "
        "is another --image-ids needed?");
  } else if (!explained) {
    if (fit < 0.3) {
      lines.push_back(fmt::format(
          "warning: the best boxes overlap the annotated ones by {} % on average, {}; are these results of "
          "these images, in the same size and orientation? see --boxes, --image-ids and "
          "--exif-orientation",
          percent(fit), fit < 0.1 ? "hardly at all" : "little"));
    }
    doubt_turned_images(results, chosen, lines);
    doubt_corners(results, chosen, lines);
  }
  if (fit >= 0.1) doubt_classes(results, chosen, fit, lines);
  return lines;
}

}  // namespace focus::eval
