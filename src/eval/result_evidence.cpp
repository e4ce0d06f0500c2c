#include "eval/result_evidence.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "eval/result_overlap.h"

namespace focus::eval {
namespace {

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
    const double found = mean_of(overlaps(results, chosen, by_layout(layout)));
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

}  // namespace focus::eval
