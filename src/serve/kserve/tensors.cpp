#include "serve/kserve/tensors.h"

#include <algorithm>
#include <bit>

namespace focus::serve::kserve {

static_assert(std::endian::native == std::endian::little, "binary tensors are little-endian");

const std::vector<TensorSpec>& input_specs() {
  static const std::vector<TensorSpec> specs{{"image", "BYTES", "TYPE_STRING", {-1}}};
  return specs;
}

const std::vector<TensorSpec>& output_specs() {
  static const std::vector<TensorSpec> specs{{"counts", "INT64", "TYPE_INT64", {-1}},
                                             {"boxes", "FP32", "TYPE_FP32", {-1, -1, 4}},
                                             {"scores", "FP32", "TYPE_FP32", {-1, -1}},
                                             {"category_ids", "INT64", "TYPE_INT64", {-1, -1}}};
  return specs;
}

std::string_view Output::bytes() const {
  return std::visit(
      [](const auto& list) {
        return std::string_view(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(list[0]));
      },
      values);
}

namespace {

using Categories = std::vector<data::Category>;

std::vector<int64_t> counts_of(const std::vector<JobResult>& results) {
  std::vector<int64_t> counts;
  counts.reserve(results.size());
  for (const auto& result : results) counts.push_back(static_cast<int64_t>(result.detections.size()));
  return counts;
}

/// Writes `each` values per detection, one row per image, and pads each row with `padding`.
template <typename T, typename Write>
std::vector<T> rows_of(const std::vector<JobResult>& results, size_t most, size_t each, T padding,
                       const Write& write) {
  std::vector<T> values(results.size() * most * each, padding);
  for (size_t i = 0; i < results.size(); ++i) {
    T* at = values.data() + i * most * each;
    for (const auto& detection : results[i].detections) {
      write(detection, at);
      at += each;
    }
  }
  return values;
}

}  // namespace

std::vector<Output> make_outputs(const std::vector<OutputChoice>& choices,
                                 const std::vector<JobResult>& results, const Categories& categories) {
  size_t most = 0;
  for (const auto& result : results) most = std::max(most, result.detections.size());
  const auto images = static_cast<int64_t>(results.size()), places = static_cast<int64_t>(most);
  std::vector<Output> outputs;
  outputs.reserve(choices.size());
  for (const auto& choice : choices) {
    Output output{&output_specs().at(choice.output), {images, places}, {}, choice.binary};
    switch (choice.output) {
      case 0:
        output.shape = {images};
        output.values = counts_of(results);
        break;
      case 1:
        output.shape.push_back(4);
        output.values = rows_of<float>(results, most, 4, 0, [](const auto& found, float* at) {
          const double corners[] = {found.x1, found.y1, found.x2, found.y2};
          std::transform(corners, corners + 4, at, [](double value) { return static_cast<float>(value); });
        });
        break;
      case 2:
        output.values = rows_of<float>(
            results, most, 1, 0, [](const auto& found, float* at) { *at = static_cast<float>(found.score); });
        break;
      default:
        output.values = rows_of<int64_t>(results, most, 1, -1, [&](const auto& found, int64_t* at) {
          *at = categories.at(static_cast<size_t>(found.label)).id;
        });
    }
    outputs.push_back(std::move(output));
  }
  return outputs;
}

}  // namespace focus::serve::kserve
