#include "ops/packed/onednn/convolution_plan.h"

#include <cstring>

#include "base/error.h"

namespace focus::ops::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;

void append_activation(dnnl::post_ops& steps, Activation activation, float six) {
  switch (activation) {
    case Activation::kRelu:
      return append_eltwise(steps, algorithm::eltwise_relu);
    case Activation::kRelu6:
      return append_eltwise(steps, algorithm::eltwise_clip, six);
    case Activation::kGelu:
      return append_eltwise(steps, algorithm::eltwise_gelu_erf);
    case Activation::kNone:
      break;
  }
}

/// The layout of feature maps between convolutions. With AVX-512 oneDNN itself would choose channels last,
/// but can add a residual there only with its reference implementation, which is a thousand times slower.
/// Below AVX2 it chooses layouts that nothing else here reads. AMX multiplies tiles of bfloat16 only in
/// channels-last maps, and adds residuals there too.
Format between_convolutions(Precision precision) {
  if (precision == Precision::kBFloat16 && cpu_has_amx()) return Format::nhwc;
  if (cpu_has_avx512()) return Format::nChw16c;
  return cpu_has_avx2() ? Format::any : Format::nhwc;
}

/// Whether the addend must be in the output's memory: always for bytes, and below AVX2 for all types, because
/// oneDNN 2.6 reads a separate tensor wrongly there if channels do not fill a block.
bool adds_in_place(bool quantised) { return quantised || !cpu_has_avx2(); }

}  // namespace

ConvolutionPlanner::ConvolutionPlanner(const at::Tensor& weight, const at::Tensor& bias,
                                       const ConvolutionOptions& options)
    : options_(options),
      in_(weight.size(1) * options.groups),
      out_(weight.size(0)),
      kernel_(weight.size(2)),
      weight_(weight.detach().to(at::kFloat)),
      bias_(bias.defined() ? bias.detach().to(at::kFloat).contiguous() : at::zeros({out_})) {
  weight_dims_ = options.groups == 1
                     ? memory::dims{out_, in_, kernel_, kernel_}
                     : memory::dims{options.groups, out_ / options.groups, weight.size(1), kernel_, kernel_};
  // Weights may have any strides, such as transposed ones; quantisation and groups need contiguous rows.
  const bool any_order = weight_.is_non_overlapping_and_dense() && options.groups == 1 && !quantised();
  if (!any_order) weight_ = weight_.contiguous();
  if (options.precision == Precision::kBFloat16) {
    emulated_ = emulates_bfloat16();
    weight_ = weight_.to(at::kBFloat16);
    if (emulated_) weight_ = weight_.to(at::kFloat);
  }
  if (quantised()) quantise_weights();
  weight_type_ = type_of(weight_.scalar_type());
}

void ConvolutionPlanner::quantise_weights() {
  // Without VNNI, two products of an unsigned and a signed byte are added in 16 bits, which can saturate, so
  // weights use one bit less. For signed sources oneDNN does that itself.
  const double steps = cpu_has_vnni() || options_.input.is_signed() ? 127 : 63;
  const auto flat = weight_.view({out_, -1});
  const auto scales = (std::get<0>(flat.abs().max(1)) / steps).clamp_min(1e-12);
  weight_ = (flat / scales.unsqueeze(1)).round().to(at::kChar).view(weight_.sizes()).contiguous();
  weight_scales_.assign(scales.data_ptr<float>(), scales.data_ptr<float>() + out_);
}

Type ConvolutionPlanner::source_type() const {
  if (quantised()) return options_.input.is_signed() ? Type::s8 : Type::u8;
  return weight_type_;
}

Type ConvolutionPlanner::output_type() const {
  if (options_.float_output) return Type::f32;
  if (quantised()) return options_.output.is_signed() ? Type::s8 : Type::u8;
  return weight_type_;
}

dnnl::memory::desc ConvolutionPlanner::wanted_source(const ConvolutionInputs& inputs) const {
  const auto dims = dims_of(inputs.source);
  if (quantised()) {
    const auto given = type_in(inputs.source);
    const bool bytes = given == Type::u8 || given == Type::s8;
    return {dims, bytes ? given : source_type(), Format::nhwc};
  }
  if (inputs.rows) return {dims, source_type(), Format::nhwc};
  // The few channels of an image do not fill a block; only for those does oneDNN read NCHW and write blocks.
  const Format format = between_convolutions(options_.precision);
  return {dims, source_type(), in_ < 8 && format != Format::nhwc ? Format::nchw : format};
}

memory::desc ConvolutionPlanner::wanted_addend(const memory::desc& given) const {
  if (quantised() || !cpu_has_avx2()) return given;
  const Format format = between_convolutions(options_.precision);
  return {dims_of(given), type_in(given), format == Format::any ? Format::nChw8c : format};
}

dnnl::post_ops ConvolutionPlanner::post_ops(const ConvolutionInputs& inputs, double output_scale) const {
  dnnl::post_ops steps;
  if (!inputs.addend.is_zero()) {
    if (quantised()) {
      steps.append_sum(static_cast<float>(inputs.addend_scale / output_scale), 0, type_in(inputs.addend));
    } else if (adds_in_place(quantised())) {
      steps.append_sum(1);
    } else {
      steps.append_binary(algorithm::binary_add, inputs.addend);
    }
  }
  append_activation(steps, options_.activation, static_cast<float>(6 / output_scale));
  return steps;
}

std::shared_ptr<const ConvolutionPlan> ConvolutionPlanner::make(const ConvolutionInputs& inputs) {
  const auto in_dims = dims_of(inputs.source);
  const int64_t padding = (kernel_ - 1) / 2, stride = options_.stride;
  const memory::dims out_dims{in_dims[0], out_, (in_dims[2] + 2 * padding - kernel_) / stride + 1,
                              (in_dims[3] + 2 * padding - kernel_) / stride + 1};
  auto plan = std::make_shared<ConvolutionPlan>();
  plan->inputs = inputs;
  plan->output_scale = output_scale();
  plan->adds_in_place = adds_in_place(quantised()) && !inputs.addend.is_zero();
  plan->bias = bias_;
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(post_ops(inputs, plan->output_scale));
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (quantised()) {
    // One unit of a product is worth a source step times a weight step.
    plan->scales.factors =
        (at::tensor(weight_scales_) * (inputs.source_scale / plan->output_scale)).contiguous();
    plan->scales.describe(attributes, options_.groups);
    plan->bias = plan->scales.bias((bias_ / plan->output_scale).contiguous());
  }
  memory::desc output(out_dims, output_type(),
                      quantised() || inputs.rows ? Format::nhwc : between_convolutions(options_.precision));
  // The output takes the addend's layout.
  if (!inputs.addend.is_zero() && !quantised() && !inputs.rows) {
    output = with_type(inputs.addend, output_type());
  }
  plan->description = convolution({.source = wanted_source(inputs),
                                   .weights = {weight_dims_, weight_type_, Format::any},
                                   .bias = {{out_}, Type::f32, Format::a},
                                   .output = output,
                                   .strides = {stride, stride},
                                   .padding = {padding, padding}},
                                  attributes);
  if (!plan->description) {
    fail("oneDNN has no {} convolution of {} to {} channels, kernel {}, stride {}, {} groups on this CPU",
         name_of(options_.precision), in_, out_, kernel_, stride, options_.groups);
  }
  plan->primitive = dnnl::convolution_forward(plan->description);
  plan->weights = weights_as(plan->description.weights_desc());
  return plan;
}

/// The original weights, or those in the layout they were first packed into.
memory ConvolutionPlanner::weights_as_given() const {
  if (!weight_.defined()) return *packed_.front();
  return view(weight_, options_.groups == 1
                           ? memory::desc(weight_dims_, weight_type_, weight_.strides().vec())
                           : memory::desc(weight_dims_, weight_type_, Format::goihw));
}

void ConvolutionPlanner::pack_into(memory to) const {
  if (!packs_partly_filled(to.get_desc())) return reorder(weights_as_given(), to);
  if (quantised()) {
    // Only oneDNN's reorder adds the sums of bytes that belong to quantised weights, and it is correct from
    // this order.
    const auto turned = weight_.permute({2, 3, 1, 0}).contiguous();
    std::memset(to.get_data_handle(), 0, to.get_desc().get_size());
    return reorder(view(turned, {weight_dims_, weight_type_, Format::hwio}), to);
  }
  auto plain = weight_;
  if (!plain.defined()) {
    plain = at::empty({out_, in_, kernel_, kernel_}, scalar_type_of(weight_type_));
    reorder(weights_as_given(), view(plain, {weight_dims_, weight_type_, Format::oihw}));
  }
  pack_partly_filled(plain, to);
}

/// The weights in the layout that a primitive needs, shared by all shapes that need the same one.
std::shared_ptr<const dnnl::memory> ConvolutionPlanner::weights_as(const memory::desc& wanted) {
  for (const auto& candidate : packed_) {
    if (candidate->get_desc() == wanted) return candidate;
  }
  auto result = std::make_shared<memory>(wanted, engine());
  pack_into(*result);
  packed_.push_back(result);
  // The original weights are dropped, as other layouts can be made from the first one; except if that also
  // holds sums (quantised weights) or has partly filled blocks.
  if (!quantised() && !packs_partly_filled(wanted)) weight_.reset();
  return result;
}

}  // namespace focus::ops::onednn
