#include "ops/packed_convolution.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "ops/onednn.h"

namespace focus::ops {
namespace {

using dnnl::convolution_forward;
using dnnl::memory;
using onednn::Format;
using onednn::Type;

void append_activation(dnnl::post_ops& steps, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return steps.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    case Activation::kRelu6:
      return steps.append_eltwise(1, dnnl::algorithm::eltwise_clip, 0, 6);
    case Activation::kGelu:
      return steps.append_eltwise(1, dnnl::algorithm::eltwise_gelu_erf, 0, 0);
    case Activation::kNone:
      break;
  }
}

/// A primitive for one shape and layout.
struct Plan {
  memory::desc source, addend;  ///< As given.
  convolution_forward::primitive_desc description;
  convolution_forward primitive;
  std::shared_ptr<const memory> weights;
};

memory::dims sizes_of(const at::Tensor& x, int64_t channels) {
  return {x.size(0), channels, x.size(2), x.size(3)};
}

}  // namespace

struct PackedConvolution::Impl {
  int64_t in, out, kernel, stride, groups;
  Activation activation;
  memory::desc plain_weights;
  at::Tensor weight, bias;

  mutable std::mutex mutex;
  mutable std::list<std::shared_ptr<const Plan>> plans;  // Latest used first.
  mutable std::vector<std::shared_ptr<const memory>> packed;

  /// The weights in the layout a primitive wants; shapes share them as long as they want the same.
  std::shared_ptr<const memory> weights_as(const memory::desc& wanted) const {
    for (const auto& candidate : packed) {
      if (candidate->get_desc() == wanted) return candidate;
    }
    auto result = std::make_shared<memory>(wanted, onednn::engine());
    auto from = onednn::view(weight, plain_weights);
    dnnl::reorder(from, *result).execute(onednn::stream(), from, *result);
    onednn::stream().wait();
    packed.push_back(result);
    return result;
  }

  std::shared_ptr<const Plan> make_plan(const memory::desc& source, const memory::desc& addend,
                                        bool rows) const {
    const auto in_dims = source.dims();
    const int64_t padding = (kernel - 1) / 2;
    const memory::dims out_dims{in_dims[0], out, (in_dims[2] + 2 * padding - kernel) / stride + 1,
                                (in_dims[3] + 2 * padding - kernel) / stride + 1};
    // A picture's few channels do not fill a block: only there does oneDNN read planes and write blocks.
    const bool as_given = rows || in < 8;
    const memory::desc wanted_source = as_given ? source : memory::desc(in_dims, Type::f32, Format::any);
    const memory::desc wanted_output = rows               ? memory::desc(out_dims, Type::f32, Format::nhwc)
                                       : addend.is_zero() ? memory::desc(out_dims, Type::f32, Format::any)
                                                          : addend;
    dnnl::post_ops steps;
    if (!addend.is_zero()) steps.append_binary(dnnl::algorithm::binary_add, addend);
    append_activation(steps, activation);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(steps);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const memory::dims strides{stride, stride}, pads{padding, padding};
    const convolution_forward::desc operation(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, wanted_source,
        memory::desc(plain_weights.dims(), Type::f32, Format::any), memory::desc({out}, Type::f32, Format::a),
        wanted_output, strides, pads, pads);
    auto plan = std::make_shared<Plan>();
    plan->source = source;
    plan->addend = addend;
    plan->description = {operation, attributes, onednn::engine()};
    plan->primitive = convolution_forward(plan->description);
    plan->weights = weights_as(plan->description.weights_desc());
    return plan;
  }

  std::shared_ptr<const Plan> plan_for(const memory::desc& source, const memory::desc& addend,
                                       bool rows) const {
    const std::lock_guard lock(mutex);
    const auto known = std::find_if(plans.begin(), plans.end(), [&](const auto& plan) {
      return plan->source == source && plan->addend == addend;
    });
    if (known != plans.end()) {
      plans.splice(plans.begin(), plans, known);
    } else {
      plans.push_front(make_plan(source, addend, rows));
      if (plans.size() > kMaxPlans) plans.pop_back();
    }
    return plans.front();
  }

  void execute(const Plan& plan, const at::Tensor& source, const at::Tensor& addend,
               const at::Tensor& output) const {
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_WEIGHTS, *plan.weights},
        {DNNL_ARG_BIAS, onednn::view(bias, plan.description.bias_desc())},
        {DNNL_ARG_DST, onednn::view(output, plan.description.dst_desc())}};
    auto given = onednn::view(source, plan.source);
    at::Tensor reordered;
    if (plan.description.src_desc() == plan.source) {
      arguments.insert({DNNL_ARG_SRC, given});
    } else {
      reordered = at::empty({static_cast<int64_t>(plan.description.src_desc().get_size() / sizeof(float))},
                            at::kFloat);
      auto wanted = onednn::view(reordered, plan.description.src_desc());
      dnnl::reorder(given, wanted).execute(onednn::stream(), given, wanted);
      arguments.insert({DNNL_ARG_SRC, wanted});
    }
    if (addend.defined()) {
      arguments.insert(
          {DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, onednn::view(addend, plan.addend)});
    }
    const auto scratch = onednn::scratchpad(plan.description.scratchpad_desc());
    if (scratch.defined()) {
      arguments.insert({DNNL_ARG_SCRATCHPAD, onednn::view(scratch, plan.description.scratchpad_desc())});
    }
    plan.primitive.execute(onednn::stream(), arguments);
    onednn::stream().wait();
  }
};

PackedConvolution::PackedConvolution(const at::Tensor& weight, const at::Tensor& bias, int64_t stride,
                                     int64_t groups, Activation activation)
    : impl_(std::make_unique<Impl>()) {
  Impl& impl = *impl_;
  impl.weight = weight.detach().to(at::kFloat).contiguous();
  impl.out = weight.size(0);
  impl.in = weight.size(1) * groups;
  impl.kernel = weight.size(2);
  impl.stride = stride;
  impl.groups = groups;
  impl.activation = activation;
  impl.bias = bias.defined() ? bias.detach().to(at::kFloat).contiguous() : at::zeros({impl.out});
  if (groups == 1) {
    impl.plain_weights = {impl.weight.sizes().vec(), Type::f32, Format::oihw};
  } else {
    impl.plain_weights = {
        {groups, impl.out / groups, weight.size(1), impl.kernel, impl.kernel}, Type::f32, Format::goihw};
  }
}

PackedConvolution::~PackedConvolution() = default;

size_t PackedConvolution::plans() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->plans.size();
}

at::Tensor PackedConvolution::run(const at::Tensor& x, const at::Tensor& addend) const {
  const Impl& impl = *impl_;
  const bool blocked = x.dim() == 5;
  if (!blocked && (x.dim() != 4 || x.size(1) != impl.in)) {
    fail("a convolution of {} channels got a feature map of shape {}", impl.in, fmt::join(x.sizes(), " x "));
  }
  const auto source = blocked || impl.in >= 8 ? x : x.contiguous();
  const auto plan =
      impl.plan_for(onednn::layout_of(source, impl.in),
                    addend.defined() ? onednn::layout_of(addend, impl.out) : memory::desc(), false);
  const auto output = onednn::empty_like_layout(plan->description.dst_desc());
  if (!output.defined()) fail("oneDNN chose a layout of feature maps that is not known here");
  impl.execute(*plan, source, addend, output);
  return output;
}

at::Tensor PackedConvolution::run_rows(const at::Tensor& x, const at::Tensor& addend) const {
  const Impl& impl = *impl_;
  const auto source = x.contiguous();
  auto shape = x.sizes().vec();
  shape.back() = impl.out;
  const auto output = at::empty(shape, x.options());
  if (output.numel() == 0) return output;
  // Rows are the pixels of a picture of one line.
  const auto line = [count = x.numel() / impl.in](int64_t channels) {
    return memory::desc({1, channels, 1, count}, Type::f32, Format::nhwc);
  };
  if (addend.defined() && addend.sizes() != output.sizes()) {
    fail("a linear layer's output {} and what is added to it {} differ in shape", fmt::join(shape, " x "),
         fmt::join(addend.sizes(), " x "));
  }
  const auto added = addend.defined() ? addend.contiguous() : addend;
  const auto plan = impl.plan_for(line(impl.in), added.defined() ? line(impl.out) : memory::desc(), true);
  impl.execute(*plan, source, added, output);
  return output;
}

at::Tensor unblock(const at::Tensor& features, int64_t channels) {
  if (features.dim() == 4) return features.contiguous(at::MemoryFormat::ChannelsLast);
  const auto dims = sizes_of(features, channels);
  auto output = at::empty(dims, features.options().memory_format(at::MemoryFormat::ChannelsLast));
  auto from = onednn::view(features, onednn::layout_of(features, channels));
  auto to = onednn::view(output, {dims, Type::f32, Format::nhwc});
  dnnl::reorder(from, to).execute(onednn::stream(), from, to);
  onednn::stream().wait();
  return output;
}

at::Tensor max_pool(const at::Tensor& features, int64_t kernel, int64_t stride, int64_t padding) {
  if (features.dim() == 4)
    return at::max_pool2d(features, {kernel, kernel}, {stride, stride}, {padding, padding});
  const int64_t channels = features.size(1) * features.size(4);
  const auto layout = onednn::layout_of(features, channels);
  const auto after = [&](int64_t size) { return (size + 2 * padding - kernel) / stride + 1; };
  const auto output = at::empty({features.size(0), features.size(1), after(features.size(2)),
                                 after(features.size(3)), features.size(4)},
                                features.options());
  const memory::dims strides{stride, stride}, window{kernel, kernel}, pads{padding, padding};
  const dnnl::pooling_forward::desc operation(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::pooling_max, layout,
      onednn::layout_of(output, channels), strides, window, pads, pads);
  const dnnl::pooling_forward primitive({operation, onednn::engine()});
  primitive.execute(onednn::stream(),
                    {{DNNL_ARG_SRC, onednn::view(features, layout)},
                     {DNNL_ARG_DST, onednn::view(output, onednn::layout_of(output, channels))}});
  onednn::stream().wait();
  return output;
}

}  // namespace focus::ops
