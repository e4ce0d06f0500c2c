#include "eval/result_evidence.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/human.h"

namespace focus::eval {
namespace {

// As many images tell as much as all.
constexpr int64_t kMostImages = 500;

std::array<double, 4> numbers_of(const BoxDetection& d) { return {d.x, d.y, d.width, d.height}; }

double overlap(const BoxEdges& a, const data::Annotation& b) {
  const double across = std::min(a.x2, b.x + b.width) - std::max(a.x1, b.x);
  const double down = std::min(a.y2, b.y + b.height) - std::max(a.y1, b.y);
  if (!(across > 0 && down > 0)) return 0;
  const double common = across * down;
  return common / ((a.x2 - a.x1) * (a.y2 - a.y1) + b.width * b.height - common);
}

/// The detections that tell most: of each image as many of the highest scores as it has annotations.
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

/// One way to read a detection: its edges, its image's index (or none), and, if classes matter, its class.
struct Reading {
  std::function<BoxEdges(const BoxDetection&, nn::ImageSize)> edges;
  std::function<int64_t(size_t)> image = nullptr;
  std::function<int64_t(size_t)> label = nullptr;
};

BoxEdges coco_edges(const BoxDetection& d, nn::ImageSize size) {
  return edges_of(numbers_of(d), {BoxOrder::kXywh, BoxUnit::kPixels}, size);
}

/// How much of each telling detection overlaps the annotation that it fits best.
std::vector<double> overlaps(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                             const Reading& reading) {
  std::vector<double> best;
  best.reserve(chosen.size());
  for (const size_t i : chosen) {
    const int64_t image = reading.image ? reading.image(i) : results.stated[i].image_index;
    double most = 0;
    if (image >= 0) {
      const auto edges = reading.edges(results.detections[i], results.store.image(image).size);
      const bool possible = edges.x2 > edges.x1 && edges.y2 > edges.y1;
      for (const auto& annotation : results.store.annotations(image)) {
        if (!possible) break;
        if (reading.label && reading.label(i) != annotation.label) continue;
        most = std::max(most, overlap(edges, annotation));
      }
    }
    best.push_back(most);
  }
  return best;
}

double mean(const std::vector<double>& values) {
  return values.empty() ? 0 : std::reduce(values.begin(), values.end()) / static_cast<double>(values.size());
}

/// Whether another reading fits so much better that the first cannot be meant. A poor detector's boxes fit
/// badly whichever way they are read; the fewer there are, the better another reading has to fit.
bool explains_better(const std::vector<double>& as_is, const std::vector<double>& other) {
  constexpr double kMargin = 0.05;
  const double before = mean(as_is), after = mean(other);
  size_t better = 0, worse = 0;
  for (size_t i = 0; i < as_is.size(); ++i) {
    better += other[i] > as_is[i] + kMargin;
    worse += other[i] < as_is[i] - kMargin;
  }
  if (better < 4 * worse || after < before + 0.1) return false;
  const double least = as_is.size() < 10 ? 0.8 : as_is.size() < 50 ? 0.6 : 0.3;
  return after >= least && (1 - after <= 0.5 * (1 - before) || (after >= 2 * before && as_is.size() >= 20));
}

struct Candidate {
  std::string words, advice;
  Reading reading;
};

/// The candidate that explains the annotations best, if it does so far better than the reading that is taken.
const Candidate* best_of(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                         const Reading& taken, const std::vector<Candidate>& candidates, double& before,
                         double& after) {
  const auto as_is = overlaps(results, chosen, taken);
  before = mean(as_is);
  const Candidate* best = nullptr;
  after = 0;
  for (const auto& candidate : candidates) {
    const auto other = overlaps(results, chosen, candidate.reading);
    const double fit = mean(other);
    if (fit <= after || !explains_better(as_is, other)) continue;
    after = fit;
    best = &candidate;
  }
  return best;
}

Reading by_layout(const BoxLayout& layout) {
  return {
      [layout](const BoxDetection& d, nn::ImageSize size) { return edges_of(numbers_of(d), layout, size); }};
}

/// Boxes in pixels of the image as a network saw it, `side` pixels at its longer side or both of its sides.
Reading by_resized(BoxOrder order, double side, bool keep_shape, bool centred) {
  return {[=](const BoxDetection& d, nn::ImageSize size) {
    auto edges = edges_of(numbers_of(d), {order, BoxUnit::kPixels}, size);
    const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
    const double longer = std::max(width, height);
    const double across = (keep_shape ? longer : width) / side, down = (keep_shape ? longer : height) / side;
    const double left = centred ? (side - width / across) / 2 : 0,
                 top = centred ? (side - height / down) / 2 : 0;
    edges = {(edges.x1 - left) * across, (edges.y1 - top) * down, (edges.x2 - left) * across,
             (edges.y2 - top) * down};
    return edges;
  }};
}

std::vector<Candidate> box_candidates() {
  using enum BoxOrder;
  std::vector<Candidate> all;
  for (const auto& layout : kStatableLayouts) {
    if (layout == BoxLayout{kXywh, BoxUnit::kPixels}) continue;
    all.push_back(
        {in_words(layout), "say --boxes " + name_of(layout) + " to read them so", by_layout(layout)});
  }
  const std::string rewrite = "write them as [x, y, width, height] in pixels of the image";
  for (const BoxLayout layout :
       {BoxLayout{kYxyx, BoxUnit::kPixels}, BoxLayout{kYxhw, BoxUnit::kPixels},
        BoxLayout{kYxyx, BoxUnit::kFractions}, BoxLayout{kYxyx, BoxUnit::kThousandths},
        BoxLayout{kXyxy, BoxUnit::kThousandths}, BoxLayout{kXywh, BoxUnit::kThousandths}}) {
    all.push_back({in_words(layout), rewrite, by_layout(layout)});
  }
  for (const int side : {320, 416, 512, 640, 768, 800, 1024, 1280, 1333}) {
    for (const auto order : {kXywh, kXyxy}) {
      for (const auto& [keep_shape, centred, how] :
           {std::tuple{false, false, "stretched to {0} x {0}"}, std::tuple{true, false, "resized to {0}"},
            std::tuple{true, true, "resized to {0} and padded to a square"}}) {
        all.push_back({fmt::format("{} of the image {}", in_words({order, BoxUnit::kPixels}),
                                   fmt::format(fmt::runtime(how), side)),
                       rewrite, by_resized(order, side, keep_shape, centred)});
      }
    }
  }
  return all;
}

[[noreturn]] void refuse_boxes(const ResultsInDoubt& results, const std::string& found,
                               const std::string& advice) {
  fail("{}: field 'bbox' {}; {}, or --boxes xywh if they are right as they are", results.source, found,
       advice);
}

int percent(double share) { return static_cast<int>(100 * share + 0.5); }

/// Coordinates that are all about 1 or less are no pixels.
void require_no_fractions(const ResultsInDoubt& results, const std::vector<size_t>& chosen) {
  double most = 0;
  int64_t least_side = std::numeric_limits<int64_t>::max();
  for (size_t i = 0; i < results.detections.size(); ++i) {
    for (const double number : numbers_of(results.detections[i])) most = std::max(most, number);
    const auto size = results.store.image(results.stated[i].image_index).size;
    least_side = std::min({least_side, size.height, size.width});
  }
  if (most > 2 || most <= 0 || least_side < 8) return;
  std::string best = "xywh-normalized, xyxy-normalized or cxcywh-normalized";
  double fit = 0.3;
  for (const auto& layout : kStatableLayouts) {
    if (layout.unit != BoxUnit::kFractions) continue;
    const double found = mean(overlaps(results, chosen, by_layout(layout)));
    if (found <= fit) continue;
    fit = found;
    best = name_of(layout);
  }
  refuse_boxes(
      results,
      fmt::format("has no number above {:.3g} in the whole file: fractions of the image's sides, where "
                  "COCO has [x, y, width, height] in pixels",
                  most),
      "say --boxes " + best);
}

/// Where no annotations tell: sizes that reach beyond the images, and would not as corners.
void require_within(const ResultsInDoubt& results) {
  size_t beyond = 0, corners = 0, known = 0;
  for (size_t i = 0; i < results.detections.size(); ++i) {
    const auto size = results.store.image(results.stated[i].image_index).size;
    if (size.width <= 0 || size.height <= 0) continue;
    ++known;
    const auto [x, y, width, height] = numbers_of(results.detections[i]);
    const double right = 1.02 * static_cast<double>(size.width) + 2;
    const double bottom = 1.02 * static_cast<double>(size.height) + 2;
    beyond += x + width > right || y + height > bottom;
    corners += width >= x && height >= y && width <= right && height <= bottom;
  }
  if (2 * beyond > known && corners >= 0.95 * static_cast<double>(known)) {
    refuse_boxes(results,
                 fmt::format("as [x, y, width, height] reaches beyond the image for {} of {} boxes, and as "
                             "corners [x1, y1, x2, y2] lies inside",
                             beyond, known),
                 "say --boxes xyxy to read them so");
  }
}

}  // namespace

void require_scores(const ResultsInDoubt& results) {
  constexpr double kRounding = 1e-5;
  size_t above = 0, below = 0;
  std::optional<size_t> first;
  double most = 0;
  for (size_t i = 0; i < results.detections.size(); ++i) {
    const double score = results.detections[i].score;
    most = std::max(most, score);
    above += score > 1 + kRounding;
    below += score < -kRounding;
    if (!first && (score > 1 + kRounding || score < -kRounding)) first = i;
  }
  if (!first) return;
  const char* advice = below > 0     ? "are they logits? write their sigmoid or softmax"
                       : most <= 101 ? "are they percentages? divide them by 100"
                                     : "write probabilities";
  fail("{}: results[{}] field 'score' is {}; scores are from 0 to 1, and {} of {} are not: {}",
       results.source, *first, results.detections[*first].score, above + below, results.detections.size(),
       advice);
}

void require_coco_boxes(const ResultsInDoubt& results) {
  if (results.detections.empty()) return;
  const auto chosen = telling(results);
  require_no_fractions(results, chosen);
  double before = 0, after = 0;
  const auto candidates = box_candidates();
  if (const auto* best = best_of(results, chosen, {coco_edges}, candidates, before, after)) {
    refuse_boxes(
        results,
        fmt::format("as [x, y, width, height] in pixels overlaps the annotated boxes by {} % on average, "
                    "as {} by {} %",
                    percent(before), best->words, percent(after)),
        best->advice);
  }
  require_within(results);
}

void require_images(const ResultsInDoubt& results) {
  const auto& store = results.store;
  const PictureNames names(store);
  const auto number = [&](size_t i) { return results.stated[i].image_number; };
  const auto by_place = [&](int64_t first) {
    return [&, first](size_t i) -> int64_t {
      const auto place = number(i);
      if (!place) return results.stated[i].image_index;
      return *place >= first && *place < first + store.size() ? *place - first : PictureNames::kNone;
    };
  };
  const std::vector<Candidate> candidates{
      {"the numbers that the files are named by",
       "names",
       {coco_edges, [&](size_t i) { return number(i) ? names.by_number(*number(i)) : PictureNames::kNone; }}},
      {"places among the images from 0", "from-zero", {coco_edges, by_place(0)}},
      {"places among the images from 1", "from-one", {coco_edges, by_place(1)}}};
  double before = 0, after = 0;
  const auto chosen = telling(results);
  const auto* best = best_of(results, chosen, {coco_edges}, candidates, before, after);
  if (!best) return;
  fail(
      "{}: field 'image_id' as it is joined lets the boxes overlap the annotated ones by {} % on average, as "
      "{} "
      "by {} %; say --image-ids {} to join them so, or --image-ids annotations if the ids are right",
      results.source, percent(before), best->words, percent(after), best->advice);
}

void require_categories(const ResultsInDoubt& results) {
  const auto& categories = results.store.categories();
  std::map<int64_t, int64_t> labels;
  for (size_t i = 0; i < categories.size(); ++i) labels[categories[i].id] = static_cast<int64_t>(i);
  const auto joined = [&](size_t i) -> int64_t {
    const auto found = labels.find(results.detections[i].category_id);
    return found == labels.end() ? -1 : found->second;
  };
  const auto counted = [&](int64_t first) {
    return [&, first](size_t i) -> int64_t {
      const auto number = results.stated[i].category_number;
      return number ? *number - first : joined(i);
    };
  };
  const std::vector<Candidate> candidates{
      {"places among the classes from 0", "from-zero", {coco_edges, nullptr, counted(0)}},
      {"places among the classes from 1", "from-one", {coco_edges, nullptr, counted(1)}}};
  double before = 0, after = 0;
  const auto chosen = telling(results);
  const auto* best = best_of(results, chosen, {coco_edges, nullptr, joined}, candidates, before, after);
  if (!best) return;
  fail(
      "{}: field 'category_id' as the annotations' ids lets the boxes overlap annotated ones of their class "
      "by {} "
      "% on average, as {} by {} %; say --category-ids {} to read them so, or --category-ids annotations if "
      "the "
      "ids are right",
      results.source, percent(before), best->words, percent(after), best->advice);
}

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
      "repetition counts as a false detection: was a file written twice, or joined from several processes?",
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

void doubt_classes(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
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
      const double found = overlap(edges, annotation);
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
  for (const auto& [pair, count] : mistaken)
    pairs.emplace_back(count, fmt::format("{} on {} ({})", pair.first, pair.second, count));
  std::sort(pairs.rbegin(), pairs.rend());
  std::string examples;
  for (size_t i = 0; i < std::min<size_t>(3, pairs.size()); ++i)
    examples += (i == 0 ? "" : ", ") + pairs[i].second;
  lines.push_back(
      fmt::format("warning: {} of {} boxes that lie on an annotated one are of another class: {}; are the "
                  "classes in another order? see --category-ids, or write category_name",
                  placed - right, placed, examples));
}

}  // namespace

std::vector<std::string> doubts(const ResultsInDoubt& results) {
  std::vector<std::string> lines;
  if (results.detections.empty()) {
    lines.push_back(fmt::format("warning: {}: holds no detections; every annotated box counts as missed",
                                printable(results.source)));
    return lines;
  }
  doubt_repetitions(results, lines);
  doubt_images(results, lines);
  const auto chosen = telling(results);
  const double fit = mean(overlaps(results, chosen, {coco_edges}));
  if (chosen.empty()) {
    lines.push_back(
        "warning: no detection is in an image with annotated boxes; are these results of other "
        "images, or --image-ids otherwise?");
  } else if (fit < 0.1) {
    lines.push_back(fmt::format(
        "warning: the best boxes overlap the annotated ones by {} % on average, hardly at all; are "
        "these results of these images? see --image-ids and --boxes",
        percent(fit)));
  } else {
    doubt_classes(results, chosen, lines);
  }
  return lines;
}

}  // namespace focus::eval
