#include "eval/result_evidence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "eval/box_candidates.h"
#include "eval/result_overlap.h"

namespace focus::eval {
namespace {

/// Throws if the finding is sure, otherwise adds a warning.
void say_boxes(const ResultsInDoubt& results, bool sure, const std::string& found, const std::string& advice,
               std::vector<std::string>& warnings) {
  if (sure) {
    fail("{}: field 'bbox' {}; {}, or --boxes xywh if they are right as they are", results.source, found,
         advice);
  }
  warnings.push_back(fmt::format("warning: field 'bbox' {}; if that is meant, {}", found, advice));
}

double middle_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Whether boxes that are all too large or too small about their own corner or centre would look the same:
/// then the detector may simply make such boxes, and a common scale proves nothing.
bool may_be_sized_wrong(const ResultsInDoubt& results, const std::vector<size_t>& chosen,
                        const Verdict& verdict) {
  const auto meant = fits(results, chosen, verdict.best->reading);
  std::vector<double> across, down;
  for (size_t k = 0; k < chosen.size(); ++k) {
    const auto& d = results.detections[chosen[k]];
    if (!meant[k].on || !(d.width > 0 && d.height > 0)) continue;
    across.push_back(meant[k].on->width / d.width);
    down.push_back(meant[k].on->height / d.height);
  }
  if (across.empty()) return false;
  const double wide = middle_of(across), tall = middle_of(down);
  double most = 0;
  for (const double anchor : {0.0, 0.5}) {
    const Reading sized{[=](const BoxDetection& d, nn::ImageSize) -> Box {
      const double x = d.x + anchor * (1 - wide) * d.width, y = d.y + anchor * (1 - tall) * d.height;
      return {x, y, x + wide * d.width, y + tall * d.height};
    }};
    most = std::max(most, mean_of(overlaps(results, chosen, sized)));
  }
  return most > verdict.after - 0.15;
}

/// Whether the boxes lie in different places: in one place several readings may happen to agree.
bool lie_apart(const ResultsInDoubt& results, const std::vector<size_t>& chosen) {
  double right = 0, bottom = 0;
  for (const size_t i : chosen) {
    right = std::max(right, results.detections[i].x);
    bottom = std::max(bottom, results.detections[i].y);
  }
  std::set<std::pair<int, int>> places;
  const auto cell = [](double at, double most) { return most > 0 ? static_cast<int>(20 * at / most) : 0; };
  for (const size_t i : chosen) {
    const auto& d = results.detections[i];
    places.emplace(cell(d.x, right), cell(d.y, bottom));
  }
  return places.size() >= 5;
}

/// Numbers that are all about 1 or less, and do not fit the annotations as pixels, are probably not pixels.
/// True if that was reported.
bool doubt_fractions(const ResultsInDoubt& results, const std::vector<size_t>& chosen, double before,
                     std::vector<std::string>& warnings) {
  double most = 0;
  int64_t least_side = std::numeric_limits<int64_t>::max();
  bool whole = true;
  for (size_t i = 0; i < results.detections.size(); ++i) {
    for (const double number : numbers_of(results.detections[i])) {
      most = std::max(most, number);
      whole = whole && number == std::floor(number);
    }
    const auto size = results.store.image(results.stated[i].image_index).size;
    least_side = std::min({least_side, size.height, size.width});
  }
  if (whole || most > 2 || most <= 0 || least_side < 8 || before >= 0.3) return false;
  std::string best = "xywh-normalized, xyxy-normalized or cxcywh-normalized";
  double fit = 0.3;
  for (const auto& layout : kStatableLayouts) {
    if (layout.unit != BoxUnit::kFractions) continue;
    const double found = mean_of(overlaps(results, chosen, by_layout(layout)));
    if (found <= fit) continue;
    fit = found;
    best = name_of(layout);
  }
  say_boxes(results, fit > 0.3 && fit > 4 * before && tells_enough(results, chosen),
            fmt::format("has no number above {:.3g} in the whole file, like fractions of the image's sides, "
                        "where COCO has [x, y, width, height] in pixels",
                        most),
            "use --boxes " + best, warnings);
  return true;
}

/// A fallback if the annotations do not tell: reports boxes that reach beyond the images, but do not if read
/// as corners.
void doubt_within(const ResultsInDoubt& results, double before, std::vector<std::string>& warnings) {
  size_t beyond = 0, corners = 0, known = 0;
  std::set<int64_t> images;
  for (size_t i = 0; i < results.detections.size(); ++i) {
    const auto size = results.store.image(results.stated[i].image_index).size;
    if (size.width <= 0 || size.height <= 0) continue;
    ++known;
    images.insert(results.stated[i].image_index);
    const auto [x, y, width, height] = numbers_of(results.detections[i]);
    const double right = 1.02 * static_cast<double>(size.width) + 2;
    const double bottom = 1.02 * static_cast<double>(size.height) + 2;
    beyond += x + width > right || y + height > bottom;
    corners += width >= x && height >= y && width <= right && height <= bottom;
  }
  if (before < 0.5 && 2 * beyond > known && corners >= 0.95 * static_cast<double>(known)) {
    say_boxes(results, before < 0.3 && known >= 20 && images.size() >= 5,
              fmt::format("as [x, y, width, height] reaches beyond the image for {} of {} boxes, and as "
                          "corners [x1, y1, x2, y2] lies inside",
                          beyond, known),
              "use --boxes xyxy to read them that way", warnings);
  }
}

/// Throws if the finding is sure, otherwise adds a warning.
void say_ids(const ResultsInDoubt& results, const Verdict& verdict, const std::string& found,
             const std::string& option, std::vector<std::string>& warnings) {
  const auto said =
      fmt::format("field {} by {} % on average, as {} by {} %; {}", found, percent(verdict.before),
                  verdict.best->words, percent(verdict.after), verdict.best->advice);
  if (verdict.sure) fail("{}: {}, or {} annotations if the ids are right", results.source, said, option);
  warnings.push_back(fmt::format("warning: {}, if that is meant", said));
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
  // Percentages would hardly all be 20 or less.
  const char* advice = below > 0 || most <= 20 ? "are they logits? write their sigmoid or softmax"
                       : most <= 101           ? "are they percentages? divide them by 100"
                                               : "write probabilities";
  fail("{}: results[{}] field 'score' is {}; scores are from 0 to 1, and {} of {} are not: {}",
       results.source, *first, results.detections[*first].score, above + below, results.detections.size(),
       advice);
}

void require_coco_boxes(const ResultsInDoubt& results, std::vector<std::string>& warnings) {
  if (results.detections.empty()) return;
  const auto chosen = telling(results);
  const double fit = mean_of(overlaps(results, chosen, {coco_edges}));
  auto candidates = layout_candidates();
  // Boxes that fit need no other explanation.
  if (fit < 0.5) {
    for (auto& candidate : turned_candidates()) candidates.push_back(std::move(candidate));
    for (auto& candidate : resized_candidates(results, chosen)) candidates.push_back(std::move(candidate));
  }
  auto verdict = best_of(results, chosen, {coco_edges}, candidates);
  if (verdict.best) {
    const bool sure =
        verdict.sure && lie_apart(results, chosen) && !may_be_sized_wrong(results, chosen, verdict);
    say_boxes(results, sure,
              fmt::format("as [x, y, width, height] in pixels overlaps the annotated boxes by {} % on "
                          "average, as {} by {} %",
                          percent(verdict.before), verdict.best->words, percent(verdict.after)),
              verdict.best->advice, warnings);
  } else if (!doubt_fractions(results, chosen, fit, warnings)) {
    doubt_within(results, fit, warnings);
  }
}

void require_images(const ResultsInDoubt& results, std::vector<std::string>& warnings) {
  const auto& store = results.store;
  const ImageNames names(store);
  const auto number = [&](size_t i) { return results.stated[i].image_number; };
  const auto by_place = [&](int64_t first) {
    return [&, first](size_t i) -> int64_t {
      const auto place = number(i);
      if (!place) return results.stated[i].image_index;
      return *place >= first && *place < first + store.size() ? *place - first : ImageNames::kNone;
    };
  };
  const auto neighbour = [&](int64_t step) {
    return [&, step](size_t i) -> int64_t {
      const auto place = results.stated[i].image_index + step;
      return place >= 0 && place < store.size() ? place : ImageNames::kNone;
    };
  };
  const auto say = [](const char* name) {
    return fmt::format("use --image-ids {} to join them that way", name);
  };
  const std::string rewrite = "write the ids of the annotations";
  const std::vector<Candidate> candidates{
      {"the numbers that the files are named by",
       say("names"),
       {coco_edges, [&](size_t i) { return number(i) ? names.by_number(*number(i)) : ImageNames::kNone; }}},
      {"positions among the images from 0", say("from-zero"), {coco_edges, by_place(0)}},
      {"positions among the images from 1", say("from-one"), {coco_edges, by_place(1)}},
      {"those of the image before", rewrite, {coco_edges, neighbour(-1)}},
      {"those of the image after", rewrite, {coco_edges, neighbour(1)}}};
  const auto verdict = best_of(results, telling(results), {coco_edges}, candidates);
  if (!verdict.best) return;
  say_ids(results, verdict, "'image_id' as it is joined makes the boxes overlap the annotated ones",
          "--image-ids", warnings);
}

void require_categories(const ResultsInDoubt& results, std::vector<std::string>& warnings) {
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
  const auto say = [](const char* name) {
    return fmt::format("use --category-ids {} to read them that way", name);
  };
  const std::vector<Candidate> candidates{
      {"positions among the classes from 0", say("from-zero"), {coco_edges, nullptr, counted(0)}},
      {"positions among the classes from 1", say("from-one"), {coco_edges, nullptr, counted(1)}}};
  const auto chosen = telling(results);
  auto verdict = best_of(results, chosen, {coco_edges, nullptr, joined}, candidates);
  if (!verdict.best) return;
  // Most boxes that lie on an annotated one have to get its class; otherwise the order of classes is not the
  // explanation.
  const double any = mean_of(overlaps(results, chosen, {coco_edges}));
  if (verdict.after < 0.7 * any) return;
  // A single class may just be mistaken for the next one.
  std::set<int64_t> used;
  for (const size_t i : chosen) used.insert(results.detections[i].category_id);
  verdict.sure = tells_enough(results, chosen) && used.size() > 1 && any >= 0.4 &&
                 verdict.after >= 0.85 * any && verdict.before <= 0.5 * any;
  say_ids(results, verdict,
          "'category_id' as the annotations' ids makes the boxes overlap annotated ones of their class",
          "--category-ids", warnings);
}

}  // namespace focus::eval
