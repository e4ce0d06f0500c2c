#include "nn/attention.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "base/profile.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "nn/macs.h"
#include "nn/reference_path.h"
#include "ops/attention/attention.h"
#include "ops/deform_attn/ms_deform_attn.h"
#include "ops/deform_attn/ms_deform_attn_raw.h"

namespace focus::nn {
namespace {

/// The reference wraps PyTorch's MultiheadAttention: its parameters are one level deeper, under "attn".
class Projections : public torch::nn::Module {
 public:
  explicit Projections(int64_t width) {
    in_proj_weight = at::empty({3 * width, width});
    xavier_uniform_(in_proj_weight);
    in_proj_weight = register_parameter("in_proj_weight", in_proj_weight);
    in_proj_bias = register_parameter("in_proj_bias", at::zeros({3 * width}));
    out_proj = register_module("out_proj", std::make_shared<Linear>(width, width));
    at::NoGradGuard no_grad;
    out_proj->bias.zero_();
  }
  at::Tensor in_proj_weight, in_proj_bias;
  std::shared_ptr<Linear> out_proj;
};

/// Sampling locations must not be rounded to bfloat16's eight significant bits.
at::Tensor in_float32(const Linear& layer, const at::Tensor& x) {
  const AutocastScope scope(AutocastState::off());
  return layer.forward(at_least_float32(x));
}

/// Whether self-attention runs in this project's own kernel: in float32 on the CPU, except on the reference's
/// path.
bool attends_by_kernel(const at::Tensor& query_key, const at::Tensor& value,
                       const at::Tensor& attention_mask) {
  const auto fits = [](const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat; };
  const bool one_mask = !attention_mask.defined() || attention_mask.dim() == 2;  // The same for all images.
  return one_mask && !ReferencePath::active() && fits(query_key) && fits(value) &&
         ops::has_attention_kernel();
}

/// (2 L): width and height of each level.
at::Tensor widths_and_heights(const Levels& levels, const at::TensorOptions& options) {
  const auto shapes = levels.spatial_shapes.accessor<int64_t, 2>();
  std::vector<double> numbers;
  for (int64_t level = 0; level < shapes.size(0); ++level) {
    numbers.push_back(static_cast<double>(shapes[level][1]));
    numbers.push_back(static_cast<double>(shapes[level][0]));
  }
  return numbers_on_device(numbers, options);
}

void require_divisible(int64_t width, int64_t heads) {
  if (heads <= 0 || width % heads != 0)
    fail_usage("width {} is not a multiple of {} attention heads", width, heads);
}

}  // namespace

MultiHeadAttention::MultiHeadAttention(int64_t width, int64_t heads) : heads_(heads) {
  require_divisible(width, heads);
  auto projections = register_module("attn", std::make_shared<Projections>(width));
  in_proj_weight_ = projections->in_proj_weight;
  in_proj_bias_ = projections->in_proj_bias;
  out_proj_ = projections->out_proj;
}

void MultiHeadAttention::prepare(const LayerPreparation& how) {
  const int64_t width = in_proj_weight_.size(1), split = 2 * width;
  const ops::LinearOptions options{.precision = how.of_linear(width, width)};
  packed_query_key_.emplace(in_proj_weight_.slice(0, 0, split), in_proj_bias_.slice(0, 0, split), options);
  packed_value_.emplace(in_proj_weight_.slice(0, split), in_proj_bias_.slice(0, split), options);
}

void MultiHeadAttention::train(bool on) {
  if (on) {
    packed_query_key_.reset();
    packed_value_.reset();
  }
  torch::nn::Module::train(on);
}

std::pair<at::Tensor, at::Tensor> SelfAttention::project(const at::Tensor& placed,
                                                         const at::Tensor& x) const {
  const auto *query_key = packed_query_key_.usable(), *value = packed_value_.usable();
  if (query_key && value) return {query_key->run(placed), value->run(x)};
  const int64_t split = 2 * in_proj_weight_.size(1);
  return {linear_plainly(placed, in_proj_weight_.slice(0, 0, split), in_proj_bias_.slice(0, 0, split)),
          linear_plainly(x, in_proj_weight_.slice(0, split), in_proj_bias_.slice(0, split))};
}

at::Tensor MultiHeadAttention::mix(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                   const at::Tensor& attention_mask) const {
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
  auto scores = at::matmul(query * scale, key.transpose(-2, -1));
  if (attention_mask.defined())
    scores = scores.masked_fill(attention_mask, -std::numeric_limits<float>::infinity());
  return at::matmul(scores.softmax(-1), value).transpose(1, 2).flatten(2);
}

at::Tensor SelfAttention::forward(const at::Tensor& x, const at::Tensor& position,
                                  const at::Tensor& attention_mask) const {
  const ProfileScope span("self_attention");
  const int64_t batch = x.size(0), count = x.size(1), width = x.size(2), head_width = width / heads_;
  const auto split_heads = [&](const at::Tensor& t, int64_t parts) {
    return t.view({batch, count, parts, heads_, head_width})
        .permute({2, 0, 3, 1, 4});  // parts, B, heads, N, d
  };
  const auto [flat_query_key, flat_value] = project(x + position, x);
  count_macs(x.numel() * in_proj_weight_.size(0));
  count_macs(2 * batch * count * count * width);  // Scores, and the weighted sum of values.
  if (attends_by_kernel(flat_query_key, flat_value, attention_mask)) {
    return out_proj_->forward(ops::attention(flat_query_key, flat_value, heads_, attention_mask), x);
  }
  const auto query_key = split_heads(flat_query_key, 2);
  const auto value = split_heads(flat_value, 1)[0];
  return out_proj_->forward(mix(query_key[0], query_key[1], value, attention_mask), x);
}

at::Tensor CrossAttention::forward(const at::Tensor& x, const at::Tensor& position, const at::Tensor& memory,
                                   const at::Tensor& memory_position,
                                   const at::Tensor& attention_mask) const {
  const ProfileScope span("cross_attention");
  const int64_t batch = x.size(0), width = x.size(2);
  const auto project = [&](const at::Tensor& t, int64_t part) {
    count_macs(t.numel() * width);
    return linear_plainly(t, in_proj_weight_.slice(0, part * width, (part + 1) * width),
                          in_proj_bias_.slice(0, part * width, (part + 1) * width))
        .view({batch, t.size(1), heads_, -1})
        .transpose(1, 2);
  };
  const auto query = project(x + position, 0), key = project(memory + memory_position, 1);
  const auto* packed = packed_value_.usable();
  const auto value = packed ? counted(packed->run(memory), out_proj_->weight)
                                  .view({batch, memory.size(1), heads_, -1})
                                  .transpose(1, 2)
                            : project(memory, 2);
  count_macs(2 * batch * x.size(1) * memory.size(1) * width);  // Scores, and the weighted sum of values.
  return out_proj_->forward(mix(query, key, value, attention_mask), x);
}

DeformableAttention::DeformableAttention(int64_t width, int64_t heads, int64_t levels, int64_t points)
    : heads_(heads), levels_(levels), points_(points) {
  require_divisible(width, heads);
  sampling_offsets_ =
      register_module("sampling_offsets", std::make_shared<Linear>(width, heads * levels * points * 2));
  attention_weights_ =
      register_module("attention_weights", std::make_shared<Linear>(width, heads * levels * points));
  value_proj_ = register_module("value_proj", std::make_shared<Linear>(width, width));
  output_proj_ = register_module("output_proj", std::make_shared<Linear>(width, width));
  reset_parameters();
}

void DeformableAttention::reset_parameters() {
  at::NoGradGuard no_grad;
  const auto angle = at::arange(heads_, at::kFloat) * (2.0 * std::numbers::pi / static_cast<double>(heads_));
  auto direction = at::stack({angle.cos(), angle.sin()}, -1);
  direction = direction / std::get<0>(direction.abs().max(-1, true));
  const auto distance = at::arange(1, points_ + 1, at::kFloat);
  const auto rays = direction.view({heads_, 1, 1, 2}) * distance.view({1, 1, points_, 1});
  sampling_offsets_->weight.zero_();
  sampling_offsets_->bias.copy_(rays.expand({heads_, levels_, points_, 2}).reshape({-1}));
  attention_weights_->weight.zero_();
  attention_weights_->bias.zero_();
  for (auto* projection : {value_proj_.get(), output_proj_.get()}) {
    xavier_uniform_(projection->weight);
    projection->bias.zero_();
  }
}

at::Tensor DeformableAttention::project(const at::Tensor& value, const at::Tensor& padding_mask) const {
  const ProfileScope span("values");
  auto projected = value_proj_->forward(value);
  if (padding_mask.defined()) projected = projected.masked_fill(padding_mask.unsqueeze(-1), 0.0);
  return projected.view({value.size(0), value.size(1), heads_, -1});
}

void DeformableAttention::prepare(const LayerPreparation& how) {
  if (!ops::has_ms_deform_attn_raw(value_proj_->weight)) return;
  const auto weight = at::cat({sampling_offsets_->weight, attention_weights_->weight});
  packed_offsets_weights_.emplace(
      weight, at::cat({sampling_offsets_->bias, attention_weights_->bias}),
      ops::LinearOptions{.precision = how.of_linear(weight.size(1), weight.size(0))});
}

void DeformableAttention::train(bool on) {
  if (on) packed_offsets_weights_.reset();
  torch::nn::Module::train(on);
}

at::Tensor DeformableAttention::offsets_and_weights(const at::Tensor& placed) const {
  count_macs(placed.numel() * (sampling_offsets_->weight.size(0) + attention_weights_->weight.size(0)));
  if (const auto* packed = packed_offsets_weights_.usable()) return packed->run(placed);
  const AutocastScope scope(AutocastState::off());
  return linear_plainly(at_least_float32(placed),
                        at::cat({sampling_offsets_->weight, attention_weights_->weight}),
                        at::cat({sampling_offsets_->bias, attention_weights_->bias}));
}

at::Tensor DeformableAttention::sample(const at::Tensor& placed, const at::Tensor& values,
                                       const at::Tensor& reference_points, const Levels& levels,
                                       SampledPoints* seen) const {
  const bool places_itself =
      !seen && !ReferencePath::active() && !(at::GradMode::is_enabled() && reference_points.requires_grad());
  // On the CPU, kernels need all tensors to have the same type.
  if (const auto sampled = values.is_cpu() ? at_least_float32(values) : values;
      places_itself && ops::has_ms_deform_attn_raw(sampled)) {
    return ops::ms_deform_attn_raw(sampled, levels.spatial_shapes, levels.level_start_index,
                                   offsets_and_weights(placed), reference_points);
  }
  const int64_t batch = placed.size(0), count = placed.size(1);
  const auto offsets =
      in_float32(*sampling_offsets_, placed).view({batch, count, heads_, levels_, points_, 2});
  const auto weights = at_least_float32(attention_weights_->forward(placed))
                           .view({batch, count, heads_, levels_ * points_})
                           .softmax(-1)
                           .view({batch, count, heads_, levels_, points_});
  const auto reference = reference_points.unsqueeze(2).unsqueeze(4);  // B, Q, 1, L, 1, 2 or 4
  at::Tensor locations;
  if (reference_points.size(-1) == 2) {
    locations = reference + offsets / widths_and_heights(levels, offsets.options()).view({levels_, 1, 2});
  } else {
    // An offset of `points` reaches the box's edge, half its width or height from the centre.
    const auto centre = reference.slice(-1, 0, 2), size = reference.slice(-1, 2, 4);
    locations = centre + offsets / static_cast<double>(points_) * size * 0.5;
  }
  if (seen) *seen = {locations, weights};
  if (ReferencePath::active() || !ops::has_ms_deform_attn(values.device().type())) {
    return ops::ms_deform_attn_by_grid_sampler(values.to(locations.scalar_type()), levels.spatial_shapes,
                                               locations, weights);
  }
  return ops::ms_deform_attn(values, levels.spatial_shapes, levels.level_start_index, locations, weights);
}

at::Tensor DeformableAttention::forward(const at::Tensor& query, const at::Tensor& position,
                                        const at::Tensor& values, const at::Tensor& reference_points,
                                        const Levels& levels, SampledPoints* seen) const {
  const ProfileScope span("deformable");
  // Per value, the four corners of a bilinear sample and the multiplication by its weight.
  count_macs(query.size(0) * query.size(1) * levels_ * points_ * values.size(2) * values.size(3) * 5);
  return output_proj_->forward(sample(query + position, values, reference_points, levels, seen), query);
}

}  // namespace focus::nn
