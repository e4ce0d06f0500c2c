#include "train/ablation/study.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"

namespace focus::train {
namespace {

/// Collects variants; one that equals the base is the base.
class Variants {
 public:
  Variants(std::string study, const models::DetectorOptions& base) : study_(std::move(study)), base_(base) {}

  void add(const std::string& label, const std::function<void(models::FocusOptions&)>& change) {
    Variant variant{label, "full", base_};
    change(variant.model.focus);
    if (options_to_json(variant.model) != options_to_json(base_)) {
      variant.folder = study_ + "-" + label;
      std::replace_if(
          variant.folder.begin(), variant.folder.end(), [](char c) { return c == ' ' || c == '/'; }, '-');
    }
    list_.push_back(std::move(variant));
  }

  std::vector<Variant> take() { return std::move(list_); }

 private:
  std::string study_;
  const models::DetectorOptions& base_;
  std::vector<Variant> list_;
};

/// As many updates as the cascade has, the same in every layer.
std::vector<double> flat(const std::vector<double>& cascade) {
  const double mean =
      std::accumulate(cascade.begin(), cascade.end(), 0.0) / static_cast<double>(cascade.size());
  return std::vector<double>(cascade.size(), mean);
}

void vary_keep_ratio(Variants& variants) {
  for (const double ratio : {0.1, 0.2, 0.3, 0.4, 0.5}) {
    variants.add(fmt::format("keep {:g}", ratio), [&](auto& focus) { focus.keep_ratio = ratio; });
  }
}

void vary_modules(Variants& variants) {
  variants.add("full", [](auto&) {});
  variants.add("without dual attention", [](auto& focus) { focus.dual_attention = false; });
  variants.add("without top-down modulation", [](auto& focus) { focus.top_down = false; });
  variants.add("without category score", [](auto& focus) { focus.category_score = false; });
  variants.add("without cascade", [](auto& focus) { focus.cascade = flat(focus.cascade); });
}

void vary_cascade(Variants& variants) {
  variants.add("as configured", [](auto&) {});
  variants.add("flat", [](auto& focus) { focus.cascade = flat(focus.cascade); });
  variants.add("reversed", [](auto& focus) { std::reverse(focus.cascade.begin(), focus.cascade.end()); });
  variants.add("all foreground",
               [](auto& focus) { std::fill(focus.cascade.begin(), focus.cascade.end(), 1); });
}

void vary_fine_grained(Variants& variants, int64_t configured) {
  variants.add("0 tokens", [](auto& focus) { focus.dual_attention = false; });
  for (int64_t thirds = 1; thirds <= 4; ++thirds) {
    const int64_t count = std::max<int64_t>(1, configured * thirds / 3);
    variants.add(fmt::format("{} tokens", count), [&](auto& focus) { focus.fine_grained_tokens = count; });
  }
}

}  // namespace

const std::vector<std::string>& study_names() {
  static const std::vector<std::string> names{"keep-ratio", "modules", "cascade", "fine-grained"};
  return names;
}

std::vector<Variant> study_variants(const std::string& study, const models::DetectorOptions& base) {
  if (base.architecture != "focus-detr") {
    fail_usage("the studies are of focus-detr, but model.architecture is {}", base.architecture);
  }
  const auto& focus = base.focus;
  if (!focus.dual_attention || !focus.top_down || !focus.category_score) {
    fail_usage(
        "the studies leave out one module at a time: dual_attention, top_down and category_score of "
        "model.focus must be true");
  }
  Variants variants(study, base);
  if (study == "keep-ratio") {
    vary_keep_ratio(variants);
  } else if (study == "modules") {
    vary_modules(variants);
  } else if (study == "cascade") {
    vary_cascade(variants);
  } else if (study == "fine-grained") {
    vary_fine_grained(variants, focus.fine_grained_tokens);
  } else {
    fail_usage("there is no study '{}'; there are {}", study, fmt::join(study_names(), ", "));
  }
  return variants.take();
}

}  // namespace focus::train
