#include "explain/explanation.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace focus::explain {
namespace {

template <typename T>
std::vector<T> values_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kCPU, c10::CppTypeToScalarType<T>::value).contiguous();
  return {flat.data_ptr<T>(), flat.data_ptr<T>() + flat.numel()};
}

std::vector<TokenGrid> grids_of(const at::Tensor& shapes) {
  const auto sizes = values_of<int64_t>(shapes);
  std::vector<TokenGrid> grids;
  int64_t first = 0;
  for (size_t l = 0; l + 1 < sizes.size(); l += 2) {
    grids.push_back({{sizes[l], sizes[l + 1]}, first});
    first += sizes[l] * sizes[l + 1];
  }
  return grids;
}

/// The tokens layer by layer: all of them if the detector does not select tokens.
std::vector<LayerTokens> layers_of(const models::Trace& trace, int64_t count, int64_t tokens) {
  std::vector<LayerTokens> layers;
  for (int64_t l = 0; l < count; ++l) {
    LayerTokens layer;
    auto kept = trace.tensors.find("fg_inds" + std::to_string(l));
    // Sparse DETR selects once for all layers.
    if (kept == trace.tensors.end()) kept = trace.tensors.find("fg_inds0");
    if (kept != trace.tensors.end()) {
      layer.updated = values_of<int64_t>(kept->second);
    } else {
      layer.updated.resize(static_cast<size_t>(tokens));
      std::iota(layer.updated.begin(), layer.updated.end(), int64_t{0});
    }
    const auto fine = trace.tensors.find("oesm" + std::to_string(l) + "_token_idx");
    if (fine != trace.tensors.end()) layer.fine_grained = values_of<int64_t>(fine->second);
    layers.push_back(std::move(layer));
  }
  return layers;
}

/// The points that the last decoder layer sampled for one query.
std::vector<SampledPoint> points_of(const at::Tensor& locations, const at::Tensor& weights, int64_t query,
                                    nn::ImageSize image) {
  const auto where = values_of<double>(locations[0][query]);  // heads, L, points, 2
  const auto how_much = values_of<double>(weights[0][query]);
  const int64_t points = weights.size(4), levels = weights.size(3);
  std::vector<SampledPoint> sampled;
  for (size_t i = 0; i < how_much.size(); ++i) {
    sampled.push_back({where[2 * i] * static_cast<double>(image.width),
                       where[2 * i + 1] * static_cast<double>(image.height), how_much[i],
                       static_cast<int64_t>(i) / points % levels});
  }
  return sampled;
}

}  // namespace

int64_t Explanation::tokens() const {
  const auto& last = levels.back();
  return last.first_token + last.size.height * last.size.width;
}

int64_t Explanation::level_of(int64_t token) const {
  int64_t level = 0;
  while (level + 1 < static_cast<int64_t>(levels.size()) &&
         token >= levels[static_cast<size_t>(level) + 1].first_token) {
    ++level;
  }
  return level;
}

Box Explanation::region_of(int64_t token) const {
  const auto& grid = levels[static_cast<size_t>(level_of(token))];
  const int64_t place = token - grid.first_token;
  const double width = static_cast<double>(image.width) / static_cast<double>(grid.size.width);
  const double height = static_cast<double>(image.height) / static_cast<double>(grid.size.height);
  const int64_t column = place % grid.size.width, row = place / grid.size.width;
  const double x = static_cast<double>(column) * width, y = static_cast<double>(row) * height;
  return {x, y, x + width, y + height};
}

Explanation explain(models::Detector& model, const images::Preprocess& preprocess, const images::Image& image,
                    const detector::DetectOptions& options) {
  if (!images::is_bgr(image)) fail("the image is empty or not 8-bit BGR");
  at::NoGradGuard no_grad;
  model.eval();
  models::Trace trace;
  const auto output =
      model.forward(detector::unpadded_batch(preprocess(image).unsqueeze(0)), nullptr, &trace);
  const auto shapes = trace.tensors.find("spatial_shapes");
  if (shapes == trace.tensors.end()) {
    fail_usage("{} has no levels of tokens to explain; the other architectures do",
               model.options().architecture);
  }
  Explanation explanation;
  explanation.image = images::size_of(image);
  explanation.levels = grids_of(shapes->second);
  const auto scores = trace.tensors.find("fg_score");
  if (scores != trace.tensors.end()) explanation.foreground = values_of<double>(scores->second.sigmoid());
  explanation.layers = layers_of(trace, model.options().transformer.encoder_layers, explanation.tokens());

  const auto top = models::top_detections(output.layers.back(),
                                          std::min(options.max_detections, model.options().max_detections));
  explanation.detections = detector::to_detections(top, {explanation.image}, options.threshold).front();
  const auto queries = values_of<int64_t>(top.queries);
  const std::string last = "dec" + std::to_string(model.options().transformer.decoder_layers - 1);
  for (size_t i = 0; i < explanation.detections.size(); ++i) {
    explanation.sampled.push_back(points_of(trace.tensors.at(last + "_locations"),
                                            trace.tensors.at(last + "_weights"), queries[i],
                                            explanation.image));
  }
  return explanation;
}

Explanation explain(const detector::Detector& detector, const images::Image& image,
                    const detector::DetectOptions& options) {
  return explain(detector.model(), detector.preprocess(), image, options);
}

std::vector<double> work_map(const Explanation& explanation) {
  const auto finest = explanation.levels.front().size;
  std::vector<double> map(static_cast<size_t>(finest.height * finest.width));
  double whole = 0;
  for (const auto& layer : explanation.layers) {
    for (const int64_t token : layer.updated) {
      const auto& grid = explanation.levels[static_cast<size_t>(explanation.level_of(token))];
      const int64_t place = token - grid.first_token, row = place / grid.size.width,
                    column = place % grid.size.width;
      // The cells of the finest level whose centres are in the token's region; at least the nearest one.
      const auto span = [](int64_t i, int64_t coarse, int64_t fine) {
        const int64_t begin = std::min(fine - 1, (2 * i * fine + coarse) / (2 * coarse));
        return std::pair(begin, std::clamp((2 * (i + 1) * fine + coarse) / (2 * coarse), begin + 1, fine));
      };
      const auto [top, bottom] = span(row, grid.size.height, finest.height);
      const auto [left, right] = span(column, grid.size.width, finest.width);
      const double share = 1.0 / static_cast<double>((bottom - top) * (right - left));
      for (int64_t y = top; y < bottom; ++y) {
        for (int64_t x = left; x < right; ++x) map[static_cast<size_t>(y * finest.width + x)] += share;
      }
      whole += 1;
    }
  }
  for (double& value : map) value /= std::max(whole, 1.0);
  return map;
}

double share_inside(const Explanation& explanation, const std::vector<int64_t>& tokens,
                    const std::vector<Box>& regions) {
  int64_t inside = 0;
  for (const int64_t token : tokens) {
    const auto own = explanation.region_of(token);
    const double x = (own.x1 + own.x2) / 2, y = (own.y1 + own.y2) / 2;
    inside += std::any_of(regions.begin(), regions.end(), [&](const Box& region) {
      return x > region.x1 && x < region.x2 && y > region.y1 && y < region.y2;
    });
  }
  return tokens.empty() ? 0 : static_cast<double>(inside) / static_cast<double>(tokens.size());
}

}  // namespace focus::explain
