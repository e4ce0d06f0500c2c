#include "eval/box_candidates.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"

namespace focus::eval {
namespace {

const std::string kRewrite = "write them as [x, y, width, height] in pixels of the image";

struct Turn {
  const char* words;
  bool mirrored;
  bool swapped;                  ///< Then x and y are exchanged.
  bool from_right, from_bottom;  ///< Then x or y counts from that side.
};

constexpr Turn kTurns[] = {
    {"the image turned by 90 degrees clockwise", false, true, false, true},
    {"the image turned by 90 degrees anticlockwise", false, true, true, false},
    {"the image turned by 180 degrees", false, false, true, true},
    {"the image mirrored left to right", true, false, true, false},
    {"the image counted from its bottom left corner, or mirrored top to bottom", true, false, false, true},
    {"the image turned and mirrored", true, true, true, true},
};

Reading by_turn(BoxOrder order, const Turn& turn) {
  return {[order, turn](const BoxDetection& d, nn::ImageSize size) -> Box {
    auto edges = box_of(numbers_of(d), {order, BoxUnit::kPixels}, size);
    if (turn.swapped) edges = {edges.y1, edges.x1, edges.y2, edges.x2};
    const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
    if (turn.from_right) edges = {width - edges.x2, edges.y1, width - edges.x1, edges.y2};
    if (turn.from_bottom) edges = {edges.x1, height - edges.y2, edges.x2, height - edges.y1};
    return edges;
  }};
}

enum class Resizing { kLonger, kShorter, kShorterBounded, kStretched, kPadded };

constexpr std::pair<Resizing, const char*> kResizings[] = {
    {Resizing::kLonger, "resized to {} at its longer side"},
    {Resizing::kShorter, "resized to {} at its shorter side"},
    {Resizing::kShorterBounded, "resized to {} at its shorter side, but at most {} at its longer"},
    {Resizing::kStretched, "stretched to {0} x {0}"},
    {Resizing::kPadded, "resized to {} and padded to a square"},
};

/// Boxes in pixels of the resized image that a network was given.
Reading by_resizing(BoxOrder order, Resizing how, double side) {
  return {[=](const BoxDetection& d, nn::ImageSize size) -> Box {
    const auto edges = box_of(numbers_of(d), {order, BoxUnit::kPixels}, size);
    const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
    const double longer = std::max(width, height), shorter = std::min(width, height);
    double across = longer / side, down = across, left = 0, top = 0;
    if (how == Resizing::kShorter) across = down = shorter / side;
    if (how == Resizing::kShorterBounded)
      across = down = std::max(shorter / side, longer / (side * 1333 / 800));
    if (how == Resizing::kStretched) across = width / side, down = height / side;
    if (how == Resizing::kPadded) left = (longer - width) / 2, top = (longer - height) / 2;
    return {edges.x1 * across - left, edges.y1 * down - top, edges.x2 * across - left, edges.y2 * down - top};
  }};
}

/// Boxes of the image centred in a square.
Reading by_padding(BoxOrder order) {
  return {[order](const BoxDetection& d, nn::ImageSize size) {
    return by_resizing(order, Resizing::kPadded, static_cast<double>(std::max(size.width, size.height)))
        .edges(d, size);
  }};
}

/// Image sides to try: usual inputs of networks, and most others.
std::set<int> sides() {
  std::set<int> all{299, 333, 1066, 1333};
  for (int side = 32; side <= 2048; side += 4) all.insert(side);
  for (int side = 50; side <= 2048; side += 10) all.insert(side);
  return all;
}

/// Every image resized by the same factor.
Reading by_factor(BoxOrder order, double factor) {
  return {[=](const BoxDetection& d, nn::ImageSize size) -> Box {
    const auto edges = box_of(numbers_of(d), {order, BoxUnit::kPixels}, size);
    return {edges.x1 / factor, edges.y1 / factor, edges.x2 / factor, edges.y2 / factor};
  }};
}

Reading by_stretching(BoxOrder order, double across, double down) {
  return {[=](const BoxDetection& d, nn::ImageSize size) -> Box {
    const auto edges = box_of(numbers_of(d), {order, BoxUnit::kPixels}, size);
    const double x = static_cast<double>(size.width) / across, y = static_cast<double>(size.height) / down;
    return {edges.x1 * x, edges.y1 * y, edges.x2 * x, edges.y2 * y};
  }};
}

/// A bonus for usual input sizes of networks, so that they win over others that fit as well.
double usual(int side) { return side % 32 == 0 || side % 100 == 0 ? 0.004 : 0; }

/// The width, or the height, that the images may have been stretched to: the one with the best overlaps along
/// that side alone.
int best_stretched_side(const ResultsInDoubt& results, const std::vector<size_t>& some, BoxOrder order,
                        bool across) {
  int best = 0;
  double most = 0;
  for (const int side : sides()) {
    double sum = 0;
    for (const size_t i : some) {
      const int64_t image = results.stated[i].image_index;
      const auto edges =
          by_stretching(order, side, side).edges(results.detections[i], results.store.image(image).size);
      const double from = across ? edges.x1 : edges.y1, to = across ? edges.x2 : edges.y2;
      double fit = 0;
      for (const auto& a : results.store.annotations(image)) {
        const double first = across ? a.x : a.y, last = first + (across ? a.width : a.height);
        const double common = std::min(to, last) - std::max(from, first);
        if (common > 0) fit = std::max(fit, common / (std::max(to, last) - std::min(from, first)));
      }
      sum += fit;
    }
    const double fit = sum / static_cast<double>(some.size()) + usual(side);
    if (fit > most) most = fit, best = side;
  }
  return best;
}

/// An evenly spaced subset of the chosen detections, small enough to try every size quickly.
std::vector<size_t> some_of(const ResultsInDoubt& results, const std::vector<size_t>& chosen) {
  constexpr size_t kMostOverlaps = 1500;
  size_t work = 0;
  for (const size_t i : chosen) work += results.store.annotations(results.stated[i].image_index).size();
  const size_t stride = 1 + work / kMostOverlaps;
  std::vector<size_t> some;
  for (size_t k = 0; k < chosen.size(); k += stride) some.push_back(chosen[k]);
  return some;
}

}  // namespace

Reading by_layout(const BoxLayout& layout) {
  return {
      [layout](const BoxDetection& d, nn::ImageSize size) { return box_of(numbers_of(d), layout, size); }};
}

std::vector<Candidate> layout_candidates() {
  using enum BoxOrder;
  std::vector<Candidate> all;
  for (const auto& layout : kStatableLayouts) {
    if (layout == BoxLayout{kXywh, BoxUnit::kPixels}) continue;
    all.push_back(
        {in_words(layout), "use --boxes " + name_of(layout) + " to read them that way", by_layout(layout)});
  }
  const auto add = [&](const BoxLayout& layout) {
    all.push_back({in_words(layout), kRewrite, by_layout(layout)});
  };
  for (const auto order : {kYxyx, kYxhw, kXxyy, kCxcyHalves}) {
    add({order, BoxUnit::kPixels});
    add({order, BoxUnit::kFractions});
  }
  for (const auto unit : {BoxUnit::kHundredths, BoxUnit::kThousandths}) {
    for (const auto order : {kXywh, kXyxy, kCxcywh, kYxyx}) add({order, unit});
  }
  return all;
}

std::vector<Candidate> turned_candidates() {
  using enum BoxOrder;
  std::vector<Candidate> all;
  for (const auto& turn : kTurns) {
    for (const auto order : {kXywh, kXyxy}) {
      all.push_back(
          {fmt::format("{} of {}", in_words({order, BoxUnit::kPixels}), turn.words),
           turn.mirrored
               ? kRewrite + ", from its top left corner"
               : kRewrite + " as the annotations have it, stored or upright (see --exif-orientation)",
           by_turn(order, turn)});
    }
  }
  return all;
}

std::vector<Candidate> resized_candidates(const ResultsInDoubt& results, const std::vector<size_t>& chosen) {
  using enum BoxOrder;
  constexpr size_t kLeast = 4;  // Fewer boxes always fit some size.
  std::vector<Candidate> all;
  const auto some = some_of(results, chosen);
  for (const auto order : {kXywh, kXyxy, kCxcywh}) {
    const auto layout = in_words({order, BoxUnit::kPixels});
    all.push_back({layout + " of the image padded to a square", kRewrite, by_padding(order)});
    for (const auto& [how, place] :
         {std::pair{Resizing::kPadded, ""}, {Resizing::kLonger, " below or to the right"}}) {
      all.push_back({fmt::format("{} in fractions of the sides of the image padded to a square{}",
                                 words_of(order), place),
                     kRewrite, by_resizing(order, how, 1)});
    }
    if (chosen.size() < kLeast) continue;
    const int across = best_stretched_side(results, some, order, true);
    const int down = best_stretched_side(results, some, order, false);
    if (across != down && across > 0 && down > 0) {
      all.push_back({fmt::format("{} of the image stretched to {} x {}", layout, across, down), kRewrite,
                     by_stretching(order, across, down)});
    }
    for (const auto& [how, words] : kResizings) {
      int best = 0;
      double most = 0.1;
      for (const int side : sides()) {
        const double fit =
            mean_of(overlaps(results, some, by_resizing(order, how, static_cast<double>(side)))) +
            usual(side);
        if (fit > most) most = fit, best = side;
      }
      if (best == 0) continue;
      all.push_back({fmt::format("{} of the image {}", layout,
                                 fmt::format(fmt::runtime(words), best, best * 1333 / 800)),
                     kRewrite, by_resizing(order, how, best)});
    }
    // After the sizes, which explain more if all images have the same size.
    for (int twentieths = 1; twentieths <= 80; ++twentieths) {
      const double factor = twentieths / 20.0;
      all.push_back({fmt::format("{} of the image resized by the factor {}", layout, factor), kRewrite,
                     by_factor(order, factor)});
    }
  }
  return all;
}

}  // namespace focus::eval
