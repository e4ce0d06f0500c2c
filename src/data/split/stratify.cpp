#include "data/split/stratify.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/error.h"
#include "base/rng.h"

namespace focus::data {
namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

class Stratification {
 public:
  Stratification(const std::vector<StratifyGroup>& groups, int64_t classes, const std::vector<double>& shares,
                 uint64_t seed)
      : groups_(groups), shares_(shares), rng_{seed}, part_(groups.size(), kNone) {
    const auto count = static_cast<size_t>(classes);
    std::vector<int64_t> total(count, 0);
    groups_of_.resize(count);
    for (const size_t g : in_order()) {
      images_ += groups[g].images;
      for (const auto& [label, images] : groups[g].classes) {
        total[static_cast<size_t>(label)] += images;
        groups_of_[static_cast<size_t>(label)].push_back(g);
      }
    }
    left_ = total;
    for (const double share : shares) {
      wanted_images_.push_back(share * static_cast<double>(images_));
      wanted_.emplace_back();
      for (const int64_t images : total) wanted_.back().push_back(share * static_cast<double>(images));
    }
  }

  std::vector<size_t> run() {
    for (size_t label = rarest(); label != kNone; label = rarest()) {
      for (const size_t g : groups_of_[label]) {
        if (part_[g] == kNone) assign(g, best_part(label));
      }
    }
    for (const size_t g : in_order()) {
      if (part_[g] == kNone) assign(g, best_part(kNone));
    }
    keep_classes_in_first_part();
    fill_empty_parts();
    return std::move(part_);
  }

 private:
  // Large groups first, as they are the hardest to place; equal ones in random order.
  std::vector<size_t> in_order() {
    std::vector<size_t> order(groups_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    for (size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[static_cast<size_t>(rng_.integer(0, static_cast<int64_t>(i) - 1))]);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return groups_[a].images > groups_[b].images; });
    return order;
  }

  size_t rarest() const {
    size_t found = kNone;
    for (size_t label = 0; label < left_.size(); ++label) {
      if (left_[label] > 0 && (found == kNone || left_[label] < left_[found])) found = label;
    }
    return found;
  }

  // The part that lacks the most images of a class; among equals the one that lacks the most images, then
  // any.
  size_t best_part(size_t label) {
    size_t best = kNone;
    std::tuple<double, double, uint64_t> most;
    for (size_t p = 0; p < shares_.size(); ++p) {
      if (!(shares_[p] > 0)) continue;
      const double wanted = label == kNone ? wanted_images_[p] : wanted_[p][label];
      const std::tuple score{wanted, wanted_images_[p], rng_.next()};
      if (best != kNone && score <= most) continue;
      best = p;
      most = score;
    }
    return best;
  }

  void assign(size_t g, size_t part) {
    part_[g] = part;
    wanted_images_[part] -= static_cast<double>(groups_[g].images);
    for (const auto& [label, images] : groups_[g].classes) {
      wanted_[part][static_cast<size_t>(label)] -= static_cast<double>(images);
      left_[static_cast<size_t>(label)] -= images;
    }
  }

  // The first part is for training, and a class without an image there cannot be learned: such a class gives
  // it its smallest group. A part that is empty after that is filled below.
  void keep_classes_in_first_part() {
    if (!(shares_[0] > 0)) return;
    for (const auto& holders : groups_of_) {
      size_t best = kNone;
      bool there = false;
      for (const size_t g : holders) {
        there = there || part_[g] == 0;
        if (best == kNone || groups_[g].images < groups_[best].images) best = g;
      }
      if (!there && best != kNone) part_[best] = 0;
    }
  }

  // A part whose share is less than one image gets a group nevertheless: a small one, if possible one whose
  // classes remain in the part that loses it.
  void fill_empty_parts() {
    for (size_t p = 0; p < shares_.size(); ++p) {
      if (!(shares_[p] > 0) || std::count(part_.begin(), part_.end(), p) > 0) continue;
      std::vector<size_t> sizes(shares_.size(), 0);
      std::vector<std::vector<int64_t>> holders(shares_.size(), std::vector<int64_t>(left_.size(), 0));
      for (size_t g = 0; g < groups_.size(); ++g) {
        ++sizes[part_[g]];
        for (const auto& [label, images] : groups_[g].classes)
          ++holders[part_[g]][static_cast<size_t>(label)];
      }
      size_t best = kNone;
      std::tuple<int64_t, int64_t> least;
      for (size_t g = 0; g < groups_.size(); ++g) {
        if (sizes[part_[g]] < 2) continue;
        int64_t lost = 0;
        for (const auto& [label, images] : groups_[g].classes) {
          lost += holders[part_[g]][static_cast<size_t>(label)] == 1;
        }
        const std::tuple score{lost, groups_[g].images};
        if (best != kNone && score >= least) continue;
        best = g;
        least = score;
      }
      part_[best] = p;
    }
  }

  const std::vector<StratifyGroup>& groups_;
  const std::vector<double>& shares_;
  Rng rng_;
  int64_t images_ = 0;
  std::vector<size_t> part_;                    ///< of each group
  std::vector<std::vector<size_t>> groups_of_;  ///< of each class
  std::vector<int64_t> left_;                   ///< images of each class in groups without a part
  std::vector<double> wanted_images_;           ///< of each part, still
  std::vector<std::vector<double>> wanted_;     ///< of each part and class, still
};

}  // namespace

std::vector<size_t> stratify(const std::vector<StratifyGroup>& groups, int64_t classes,
                             const std::vector<double>& shares, uint64_t seed) {
  const auto parts = static_cast<size_t>(
      std::count_if(shares.begin(), shares.end(), [](double share) { return share > 0; }));
  if (groups.size() < parts) {
    fail_usage("{} images or groups of images that stay together cannot be divided into {} parts",
               groups.size(), parts);
  }
  return Stratification(groups, classes, shares, seed).run();
}

}  // namespace focus::data
