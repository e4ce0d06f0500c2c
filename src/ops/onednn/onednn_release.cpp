#include "ops/onednn/onednn_release.h"

#include "ops/onednn/onednn.h"

namespace focus::ops::onednn {
namespace {

constexpr auto kInference = dnnl::prop_kind::forward_inference;
constexpr auto kDirect = dnnl::algorithm::convolution_direct;
constexpr auto kMaximum = dnnl::algorithm::pooling_max;

}  // namespace

#if DNNL_VERSION_MAJOR >= 3

dnnl::memory::dims dims_of(const dnnl::memory::desc& layout) { return layout.get_dims(); }
Type type_in(const dnnl::memory::desc& layout) { return layout.get_data_type(); }

dnnl::memory::desc with_type(const dnnl::memory::desc& layout, Type type) {
  // Blocks of channels are the only layouts whose strides do not say everything.
  if (layout.get_inner_nblks() == 0) return {layout.get_dims(), type, layout.get_strides()};
  return {layout.get_dims(), type, layout.get_inner_blks()[0] == 8 ? Format::nChw8c : Format::nChw16c};
}

void append_eltwise(dnnl::post_ops& steps, dnnl::algorithm algorithm, float beta) {
  steps.append_eltwise(algorithm, 0, beta);
}

void reorder(dnnl::memory from, dnnl::memory to, double factor) {
  dnnl::primitive_attr attributes;
  Arguments arguments{{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  const auto scale = at::full({1}, factor, at::kFloat);
  if (factor != 1.0) {
    attributes.set_scales_mask(DNNL_ARG_FROM, 0);
    arguments.insert({DNNL_ARG_ATTR_SCALES | DNNL_ARG_FROM, view(scale, {{1}, Type::f32, Format::a})});
  }
  dnnl::reorder(from, to, attributes).execute(stream(), arguments);
  stream().wait();
}

dnnl::convolution_forward::primitive_desc convolution(const ConvolutionShape& shape,
                                                      const dnnl::primitive_attr& attributes) {
  return {engine(),     kInference,    kDirect,       shape.source,  shape.weights, shape.bias,
          shape.output, shape.strides, shape.padding, shape.padding, attributes,    /*allow_empty=*/true};
}

dnnl::pooling_forward max_pooling(const PoolingShape& shape) {
  const dnnl::memory::dims dense(shape.window.size(), 0);
  return dnnl::pooling_forward({engine(), kInference, kMaximum, shape.source, shape.output, shape.strides,
                                shape.window, dense, shape.padding, shape.padding});
}

void ChannelScales::describe(dnnl::primitive_attr& attributes, int64_t groups) const {
  // Weights of groups have the group before the channel.
  if (factors.defined()) attributes.set_scales_mask(DNNL_ARG_WEIGHTS, groups == 1 ? 1 : 3);
}

at::Tensor ChannelScales::bias(const at::Tensor& wanted) const { return wanted; }

void ChannelScales::pass(Arguments& arguments) const {
  if (!factors.defined()) return;
  const dnnl::memory::desc layout({factors.numel()}, Type::f32, Format::a);
  arguments.insert({DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, view(factors, layout)});
}

#else

dnnl::memory::dims dims_of(const dnnl::memory::desc& layout) { return layout.dims(); }
Type type_in(const dnnl::memory::desc& layout) { return layout.data_type(); }

dnnl::memory::desc with_type(const dnnl::memory::desc& layout, Type type) {
  auto result = layout;
  result.data.data_type = dnnl::memory::convert_to_c(type);
  return result;
}

void append_eltwise(dnnl::post_ops& steps, dnnl::algorithm algorithm, float beta) {
  steps.append_eltwise(1, algorithm, 0, beta);
}

void reorder(dnnl::memory from, dnnl::memory to, double factor) {
  dnnl::primitive_attr attributes;
  if (factor != 1.0) attributes.set_output_scales(0, {static_cast<float>(factor)});
  dnnl::reorder(from, to, attributes).execute(stream(), from, to);
  stream().wait();
}

dnnl::convolution_forward::primitive_desc convolution(const ConvolutionShape& shape,
                                                      const dnnl::primitive_attr& attributes) {
  const dnnl::convolution_forward::desc operation(kInference, kDirect, shape.source, shape.weights,
                                                  shape.bias, shape.output, shape.strides, shape.padding,
                                                  shape.padding);
  return {operation, attributes, engine(), /*allow_empty=*/true};
}

dnnl::pooling_forward max_pooling(const PoolingShape& shape) {
  const dnnl::pooling_forward::desc operation(kInference, kMaximum, shape.source, shape.output, shape.strides,
                                              shape.window, shape.padding, shape.padding);
  return dnnl::pooling_forward({operation, engine()});
}

void ChannelScales::describe(dnnl::primitive_attr& attributes, int64_t /*groups*/) const {
  if (!factors.defined()) return;
  // The second dimension of what a convolution returns.
  constexpr int kPerChannel = 1 << 1;
  const auto* first = factors.data_ptr<float>();
  attributes.set_output_scales(kPerChannel, {first, first + factors.numel()});
}

/// It is added before sums are scaled.
at::Tensor ChannelScales::bias(const at::Tensor& wanted) const {
  return factors.defined() ? (wanted / factors).contiguous() : wanted;
}

void ChannelScales::pass(Arguments& /*arguments*/) const {}

#endif

}  // namespace focus::ops::onednn
