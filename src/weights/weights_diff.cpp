#include "weights/weights_diff.h"

#include <c10/core/ScalarType.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/json.h"

namespace focus::weights {
namespace {

/// NaN is equal to NaN; infinities to themselves.
ValueDifference differing(const std::string& name, const at::Tensor& a, const at::Tensor& b) {
  const auto x = a.to(at::kDouble), y = b.to(at::kDouble);
  const auto same = x.eq(y).logical_or(x.isnan().logical_and(y.isnan()));
  auto distance = (x - y).abs().masked_fill(same, 0);
  distance.nan_to_num_(std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity());
  ValueDifference difference{name, 0, 0};
  if (distance.numel() == 0) return difference;
  difference.largest = distance.max().item<double>();
  const double scale =
      std::max(x.abs().nan_to_num(0).max().item<double>(), y.abs().nan_to_num(0).max().item<double>());
  difference.relative = difference.largest == 0 ? 0 : difference.largest / scale;
  return difference;
}

void compare_options(const detector::ModelInfo& a, const detector::ModelInfo& b,
                     std::vector<std::string>& lines) {
  const auto all = [](const detector::ModelInfo& info) {
    return nlohmann::json{{"model", options_to_json(info.model)},
                          {"preprocess", options_to_json(info.preprocess)}};
  };
  for (const auto& [key, of_a, of_b] : json_differences(all(a), all(b))) {
    lines.push_back(fmt::format("{}: {} and {}", key, of_a, of_b));
  }
  const auto& x = a.categories;
  const auto& y = b.categories;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (x[i].id == y[i].id && x[i].name == y[i].name) continue;
    lines.push_back(fmt::format("class {}: {} {} and {} {}", i, x[i].id, nlohmann::json(x[i].name).dump(),
                                y[i].id, nlohmann::json(y[i].name).dump()));
  }
}

nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

}  // namespace

WeightsDifference compare(const Weights& a, const Weights& b) {
  WeightsDifference difference;
  for (const auto& [name, tensor] : a.tensors) {
    const auto found = b.tensors.find(name);
    if (found == b.tensors.end()) {
      difference.only_a.push_back(name);
      continue;
    }
    const auto& other = found->second;
    if (tensor.sizes() != other.sizes()) {
      difference.shapes.push_back(fmt::format("{}: [{}] and [{}]", name, fmt::join(tensor.sizes(), ", "),
                                              fmt::join(other.sizes(), ", ")));
      continue;
    }
    const bool same_type = tensor.scalar_type() == other.scalar_type();
    if (!same_type) {
      difference.types.push_back(fmt::format("{}: {} and {}", name, c10::toString(tensor.scalar_type()),
                                             c10::toString(other.scalar_type())));
    }
    const auto values = differing(name, tensor, other);
    if (values.largest > 0) {
      difference.values.push_back(values);
    } else if (same_type) {
      ++difference.equal;
    }
  }
  for (const auto& entry : b.tensors) {
    if (a.tensors.count(entry.first) == 0) difference.only_b.push_back(entry.first);
  }
  if (a.info && b.info) compare_options(*a.info, *b.info, difference.options);
  return difference;
}

nlohmann::json to_json(const WeightsDifference& difference) {
  auto values = nlohmann::json::array();
  for (const auto& value : difference.values) {
    values.push_back(
        {{"name", value.name}, {"max_abs", number(value.largest)}, {"relative", number(value.relative)}});
  }
  return {{"equal", difference.none()},     {"equal_tensors", difference.equal},
          {"only_in_a", difference.only_a}, {"only_in_b", difference.only_b},
          {"shapes", difference.shapes},    {"types", difference.types},
          {"options", difference.options},  {"values", values}};
}

std::string to_text(const WeightsDifference& difference) {
  std::string text;
  const auto list = [&](const char* head, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    text += fmt::format("{} ({})\n", head, lines.size());
    for (const auto& line : lines) text += "  " + line + "\n";
  };
  list("only in the first", difference.only_a);
  list("only in the second", difference.only_b);
  list("other shapes", difference.shapes);
  list("other types", difference.types);
  list("other options", difference.options);
  if (!difference.values.empty()) {
    text += fmt::format("other values ({})\n  {:>10} {:>10}  tensor\n", difference.values.size(), "max abs",
                        "relative");
    for (const auto& value : difference.values) {
      text += fmt::format("  {:>10.3e} {:>10.3e}  {}\n", value.largest, value.relative, value.name);
    }
  }
  return text + fmt::format("{} tensors are equal\n", difference.equal);
}

}  // namespace focus::weights
