#include "support/deterministic.h"

#include <ATen/Parallel.h>

#include <cmath>

namespace focus::test {

namespace {

constexpr int64_t kGrain = 1 << 16;

uint64_t word_of(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

double uniform_of(uint64_t seed, uint64_t index) {
  return static_cast<double>(word_of(seed, index) >> 11) * 0x1p-53;
}

/// A tensor whose element i is value(u_i), u_i the name's i-th uniform draw.
template <typename T, typename Value>
at::Tensor fill(std::string_view name, at::IntArrayRef shape, Value value) {
  at::Tensor result = at::empty(shape, c10::CppTypeToScalarType<T>::value);
  T* data = result.data_ptr<T>();
  const uint64_t seed = fnv1a64(name);
  at::parallel_for(0, result.numel(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) data[i] = value(uniform_of(seed, static_cast<uint64_t>(i)));
  });
  return result;
}

struct Range {
  double scale = 0;
  double offset = 0;
};

/// First rule that fits wins, so the order matters.
Range range_of(std::string_view name, at::IntArrayRef shape) {
  const auto ends = [&](std::string_view suffix) { return name.ends_with(suffix); };
  const auto starts = [&](std::string_view prefix) { return name.starts_with(prefix); };
  const bool matrix = shape.size() >= 2;
  double fan_in = 1;
  for (size_t d = 1; d < shape.size(); ++d) fan_in *= static_cast<double>(shape[d]);

  if (ends(".running_mean")) return {0.1, 0};
  if (ends(".running_var")) return {0.25, 1.25};
  if (ends(".conv3.norm.weight")) return {0.05, 0.5};
  if (name == "transformer.alpha") return {0.1, 0.15};
  if (name == "transformer.level_embeds") return {0.5, 0};
  if (name == "transformer.tgt_embed.weight" || name == "label_enc.weight") return {1.0, 0};
  if (ends(".in_proj_weight")) return {1.5 * std::sqrt(3.0 / fan_in), 0};
  if (ends(".out_proj.weight") || ends(".output_proj.weight") || ends(".ffns.0.layers.1.weight")) {
    return {0.5 * std::sqrt(3.0 / fan_in), 0};
  }
  if (ends(".sampling_offsets.weight")) return {std::sqrt(3.0 / fan_in), 0};
  if (ends(".sampling_offsets.bias")) return {3.0, 0};
  if (starts("class_embed.")) return matrix ? Range{1.5 * std::sqrt(3.0 / fan_in), 0} : Range{0.5, -4.0};
  if (starts("transformer.enc_mask_predictor.layer2.") && matrix) return {2.0 * std::sqrt(3.0 / fan_in), 0};
  if (shape.size() == 4) return {std::sqrt(6.0 / fan_in), 0};
  if (matrix) return {std::sqrt(3.0 / fan_in), 0};
  if (ends("weight")) return {0.1, 1.0};
  return {0.1, 0};
}

}  // namespace

uint64_t fnv1a64(std::string_view name) {
  uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

uint64_t word(std::string_view name, uint64_t index) { return word_of(fnv1a64(name), index); }

at::Tensor tensor(std::string_view name, at::IntArrayRef shape, double scale, double offset) {
  return fill<float>(name, shape, [=](double u) {
    // volatile: a fused multiply-add would round differently from the reference's two operations.
    const volatile double product = scale * (2.0 * u - 1.0);
    return static_cast<float>(offset + product);
  });
}

std::string canonical_name(std::string_view name) {
  constexpr std::string_view decoder = "transformer.decoder.";
  if (name.starts_with(decoder)) {
    const auto rest = name.substr(decoder.size());
    if (rest.starts_with("class_embed.") || rest.starts_with("bbox_embed.")) return std::string(rest);
  }
  for (const std::string_view shared : {"transformer.encoder.enhance_MCSP.", "enhance_MCSP_layerlist."}) {
    if (!name.starts_with(shared)) continue;
    const auto rest = name.substr(shared.size());
    if (rest.size() > 2 && rest[0] >= '0' && rest[0] <= '5' && rest[1] == '.') {
      return "class_embed.6." + std::string(rest.substr(2));
    }
  }
  return std::string(name);
}

at::Tensor parameter(std::string_view name, at::IntArrayRef shape) {
  const std::string canonical = canonical_name(name);
  const Range range = range_of(canonical, shape);
  return tensor(canonical, shape, range.scale, range.offset);
}

at::Tensor image(std::string_view name, int64_t height, int64_t width) {
  return fill<uint8_t>(name, {3, height, width}, [](double u) { return static_cast<uint8_t>(256.0 * u); });
}

at::Tensor rand(std::string_view name, int64_t n) {
  return fill<float>(name, {n}, [](double u) { return static_cast<float>(u); });
}

at::Tensor randint(std::string_view name, int64_t low, int64_t high, int64_t n) {
  const auto width = static_cast<double>(high - low);
  return fill<int64_t>(name, {n}, [=](double u) { return low + static_cast<int64_t>(width * u); });
}

}  // namespace focus::test
