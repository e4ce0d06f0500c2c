#include "ops/packed/packed_convolution.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <mutex>
#include <string_view>

#include "base/error.h"
#include "ops/cpu/rounded_up.h"
#include "ops/packed/linear_shape.h"
#include "ops/packed/onednn/blocked_maps.h"
#include "ops/packed/onednn/convolution_plan.h"
#include "ops/winograd/winograd.h"

namespace focus::ops {
namespace {

using dnnl::memory;
using onednn::ConvolutionInputs;
using onednn::ConvolutionPlan;
using onednn::Format;
using onednn::Type;

/// The values rounded to bfloat16, as float32.
at::Tensor rounded_to_bfloat16(const at::Tensor& x) { return x.to(at::kBFloat16).to(at::kFloat); }

/// An addend as quantised values: floats become signed bytes with that scale.
at::Tensor quantised(const at::Tensor& addend, int64_t channels, double scale) {
  if (addend.is_quantized()) return addend;
  const auto layout = onednn::layout_of(addend, channels);
  const memory::desc bytes(onednn::dims_of(layout), Type::s8, Format::nhwc);
  auto result = onednn::empty_like_layout(bytes, scale);
  onednn::reorder(onednn::view(addend, layout), onednn::view(result, bytes), 1 / scale);
  return result;
}

/// Bytes as the floats they stand for.
at::Tensor as_floats(const at::Tensor& x, int64_t channels) {
  return x.defined() && x.is_quantized() ? unblock(x, channels) : x;
}

}  // namespace

struct PackedConvolution::Impl {
  Impl(const at::Tensor& weight, const at::Tensor& bias, const ConvolutionOptions& options)
      : planner(weight, bias, options) {
    if (options.precision != Precision::kFloat32 || WinogradConvolution::lanes() == 0) return;
    const int64_t lanes = WinogradConvolution::lanes();
    const int64_t in = rounded_up(planner.in(), lanes), out = rounded_up(planner.out(), lanes);
    fills_blocks = in == planner.in() && out == planner.out();
    // Channels of zeros cost as much as others, but twice the work is still half of direct convolution's.
    const bool pays = in * out <= 2 * planner.in() * planner.out();
    if (!pays || !WinogradConvolution::fits(in, out, weight.size(2), options.stride, options.groups,
                                            options.activation))
      return;
    const auto filled =
        at::constant_pad_nd(weight, {0, 0, 0, 0, 0, in - planner.in(), 0, out - planner.out()});
    winograd.emplace(filled, bias.defined() ? at::constant_pad_nd(bias, {0, out - planner.out()}) : bias,
                     options.activation);
  }

  std::optional<WinogradConvolution> winograd;
  bool fills_blocks = true;  ///< Whether no channels of zeros were added; only blocked maps have those.
  mutable onednn::ConvolutionPlanner planner;
  mutable std::mutex mutex;
  mutable std::list<std::shared_ptr<const ConvolutionPlan>> plans;  // Most recently used first.

  /// The result by Winograd's algorithm; undefined if that does not apply, is slower or has other blocks.
  at::Tensor by_winograd(const at::Tensor& x, const at::Tensor& addend) const {
    const auto fits = [this](const at::Tensor& map) {
      return map.dim() == 4 ? fills_blocks : map.size(4) == WinogradConvolution::lanes();
    };
    const auto lying = [](const at::Tensor& map) {
      return map.dim() == 4 ? map.contiguous(at::MemoryFormat::ChannelsLast) : map;
    };
    const bool possible = winograd && WinogradConvolution::pays(x.size(0), x.size(2), x.size(3)) && fits(x) &&
                          (!addend.defined() || fits(addend));
    if (!possible) return {};
    return winograd->run(lying(x), addend.defined() ? lying(addend) : addend);
  }

  std::shared_ptr<const ConvolutionPlan> plan_for(const ConvolutionInputs& inputs) const {
    const std::lock_guard lock(mutex);
    const auto known =
        std::find_if(plans.begin(), plans.end(), [&](const auto& plan) { return plan->inputs == inputs; });
    if (known != plans.end()) {
      plans.splice(plans.begin(), plans, known);
    } else {
      plans.push_front(planner.make(inputs));
      if (plans.size() > kMaxPlans) plans.pop_back();
    }
    return plans.front();
  }

  ConvolutionInputs inputs_of(const at::Tensor& source, const memory::desc& source_layout,
                              const at::Tensor& addend, const memory::desc& addend_layout, bool rows) const {
    ConvolutionInputs inputs{source_layout, addend_layout, planner.source_scale(), 1.0, rows};
    if (source.is_quantized()) inputs.source_scale = source.q_scale();
    if (addend.defined() && addend.is_quantized()) inputs.addend_scale = addend.q_scale();
    return inputs;
  }

  void execute(const ConvolutionPlan& plan, const at::Tensor& source, const at::Tensor& addend,
               const at::Tensor& output) const {
    const auto& layouts = plan.description;
    onednn::Arguments arguments{{DNNL_ARG_WEIGHTS, *plan.weights},
                                {DNNL_ARG_BIAS, onednn::view(plan.bias, layouts.bias_desc())},
                                {DNNL_ARG_DST, onednn::view(output, layouts.dst_desc())}};
    const auto given = onednn::view(source, plan.inputs.source);
    at::Tensor converted;
    if (layouts.src_desc() == plan.inputs.source) {
      arguments.insert({DNNL_ARG_SRC, given});
    } else {
      converted = at::empty({static_cast<int64_t>(layouts.src_desc().get_size())}, at::kByte);
      const auto wanted = onednn::view(converted, layouts.src_desc());
      onednn::reorder(given, wanted, source.is_quantized() ? 1.0 : 1 / plan.inputs.source_scale);
      arguments.insert({DNNL_ARG_SRC, wanted});
    }
    if (addend.defined() && plan.adds_in_place) {
      std::memcpy(output.data_ptr(), addend.data_ptr(), layouts.dst_desc().get_size());
    } else if (addend.defined()) {
      arguments.insert(
          {DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, onednn::view(addend, plan.inputs.addend)});
    }
    plan.scales.pass(arguments);
    const auto scratch = onednn::scratchpad(layouts.scratchpad_desc());
    if (scratch.defined()) {
      arguments.insert({DNNL_ARG_SCRATCHPAD, onednn::view(scratch, layouts.scratchpad_desc())});
    }
    plan.primitive.execute(onednn::stream(), arguments);
    onednn::stream().wait();
  }
};

PackedConvolution::PackedConvolution(const at::Tensor& weight, const at::Tensor& bias,
                                     const ConvolutionOptions& options)
    : impl_(std::make_unique<Impl>(weight, bias, options)) {}

PackedConvolution::~PackedConvolution() = default;

size_t PackedConvolution::plans() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->plans.size();
}

bool PackedConvolution::ran_by_reference() const {
  const std::lock_guard lock(impl_->mutex);
  return !impl_->plans.empty() &&
         std::string_view(impl_->plans.front()->description.impl_info_str()).starts_with("ref");
}

at::Tensor PackedConvolution::run(const at::Tensor& given, const at::Tensor& given_addend) const {
  const Impl& impl = *impl_;
  const auto& planner = impl.planner;
  // Behind a convolution in eight bits, one in another precision reads floats.
  const auto x = planner.quantised() ? given : as_floats(given, planner.in());
  const auto addend = planner.quantised() ? given_addend : as_floats(given_addend, planner.out());
  const bool blocked = x.dim() == 5;
  if (!blocked && (x.dim() != 4 || x.size(1) != planner.in())) {
    fail("a convolution of {} channels got a feature map of shape {}", planner.in(),
         fmt::join(x.sizes(), " x "));
  }
  if (auto output = impl.by_winograd(x, addend); output.defined()) return output;
  auto source = blocked || planner.in() >= 8 ? x : x.contiguous();
  auto added = addend;
  if (addend.defined() && planner.quantised()) {
    // With twice the step, signed bytes cover the range of the unsigned result on both sides of zero.
    added = planner.returns_bytes() ? quantised(addend, planner.out(), 2 * planner.output_scale())
                                    : unblock(addend, planner.out());
  }
  if (planner.rounds_to_bfloat16()) {
    source = rounded_to_bfloat16(source);
    if (added.defined()) added = rounded_to_bfloat16(added);
  }
  if (added.defined() && !planner.quantised()) {
    const auto given = onednn::layout_of(added, planner.out()), wanted = planner.wanted_addend(given);
    if (given != wanted) {
      auto moved = onednn::empty_like_layout(wanted);
      onednn::reorder(onednn::view(added, given), onednn::view(moved, wanted));
      added = moved;
    }
  }
  const auto plan = impl.plan_for(impl.inputs_of(
      source, onednn::layout_of(source, planner.in()), added,
      added.defined() ? onednn::layout_of(added, planner.out()) : memory::desc(), /*rows=*/false));
  auto output = onednn::empty_like_layout(plan->description.dst_desc(), plan->output_scale);
  impl.execute(*plan, source, added, output);
  return output;
}

at::Tensor PackedConvolution::run_rows(const at::Tensor& x, const at::Tensor& addend) const {
  const Impl& impl = *impl_;
  const int64_t in = impl.planner.in(), out = impl.planner.out();
  auto source = x.contiguous();
  if (impl.planner.rounds_to_bfloat16()) source = rounded_to_bfloat16(source);
  const auto shape = linear_output_shape(x, addend, in, out);
  const auto added = addend.defined() ? addend.contiguous() : addend;
  // The rows are treated as the pixels of an image of height 1.
  const auto line = [count = x.numel() / in](const at::Tensor& rows, int64_t channels) {
    return memory::desc({1, channels, 1, count}, onednn::type_of(rows.scalar_type()), Format::nhwc);
  };
  if (x.numel() == 0) return at::empty(shape, at::kFloat);
  const auto plan = impl.plan_for(impl.inputs_of(
      source, line(source, in), added, added.defined() ? line(added, out) : memory::desc(), /*rows=*/true));
  auto output = at::empty(shape, onednn::scalar_type_of(onednn::type_in(plan->description.dst_desc())));
  impl.execute(*plan, source, added, output);
  return output;
}

at::Tensor onednn::unblock(const at::Tensor& features, int64_t channels) {
  const auto layout = onednn::layout_of(features, channels);
  const memory::desc floats(onednn::dims_of(layout), Type::f32, Format::nhwc);
  auto output = onednn::empty_like_layout(floats);
  onednn::reorder(onednn::view(features, layout), onednn::view(output, floats),
                  features.is_quantized() ? features.q_scale() : 1.0);
  return output;
}

at::Tensor onednn::max_pool(const at::Tensor& features, int64_t kernel, int64_t stride, int64_t padding) {
  const int64_t channels = features.size(1) * features.size(4);
  const auto layout = onednn::layout_of(features, channels);
  const auto after = [&](int64_t size) { return (size + 2 * padding - kernel) / stride + 1; };
  auto output = at::empty({features.size(0), features.size(1), after(features.size(2)),
                           after(features.size(3)), features.size(4)},
                          features.options());
  const auto primitive = onednn::max_pooling({.source = layout,
                                              .output = onednn::layout_of(output, channels),
                                              .strides = {stride, stride},
                                              .window = {kernel, kernel},
                                              .padding = {padding, padding}});
  primitive.execute(onednn::stream(),
                    {{DNNL_ARG_SRC, onednn::view(features, layout)},
                     {DNNL_ARG_DST, onednn::view(output, onednn::layout_of(output, channels))}});
  onednn::stream().wait();
  return output;
}

}  // namespace focus::ops
