#include "ops/packed/onednn/onednn_release.h"

#include <cstring>
#include <vector>

#include "ops/packed/onednn/onednn.h"

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
  // Only layouts in blocks of channels are not fully described by their strides.
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

bool packs_partly_filled(const dnnl::memory::desc& weights) {
  return weights.get_ndims() == 4 && weights.get_padded_dims() != weights.get_dims();
}

namespace {

/// The offset of each index along a dimension; an element's offset is the sum over its four dimensions.
std::vector<int64_t> offsets_along(int dimension, const dnnl::memory::desc& layout) {
  const auto sizes = layout.get_inner_blks(), owners = layout.get_inner_idxs();
  const int64_t outer = layout.get_strides()[static_cast<size_t>(dimension)];
  std::vector<int64_t> offsets(static_cast<size_t>(layout.get_dims()[static_cast<size_t>(dimension)]));
  for (size_t place = 0; place < offsets.size(); ++place) {
    auto left = static_cast<int64_t>(place);
    int64_t stride = 1;
    for (size_t block = sizes.size(); block-- > 0; stride *= sizes[block]) {
      if (owners[block] != dimension) continue;
      offsets[place] += left % sizes[block] * stride;
      left /= sizes[block];
    }
    offsets[place] += left * outer;
  }
  return offsets;
}

template <typename Number>
void scatter(const at::Tensor& weights, const dnnl::memory::desc& layout, Number* to) {
  const auto from = weights.contiguous();
  const auto* number = static_cast<const Number*>(from.data_ptr());
  const auto out = offsets_along(0, layout), in = offsets_along(1, layout), down = offsets_along(2, layout),
             across = offsets_along(3, layout);
  for (const int64_t o : out) {
    for (const int64_t i : in) {
      for (const int64_t y : down) {
        for (const int64_t x : across) to[o + i + y + x] = *number++;
      }
    }
  }
}

}  // namespace

void pack_partly_filled(const at::Tensor& weights, dnnl::memory to) {
  const auto layout = to.get_desc();
  std::memset(to.get_data_handle(), 0, layout.get_size());
  if (weights.scalar_type() == at::kFloat) {
    scatter(weights, layout, static_cast<float*>(to.get_data_handle()));
  } else {
    scatter(weights, layout, static_cast<at::BFloat16*>(to.get_data_handle()));
  }
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
  // Grouped weights have a dimension for the group before that of the channel.
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

bool packs_partly_filled(const dnnl::memory::desc& /*weights*/) { return false; }
void pack_partly_filled(const at::Tensor& /*weights*/, dnnl::memory /*to*/) {}

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
  // The second dimension of a convolution's result.
  constexpr int kPerChannel = 1 << 1;
  const auto* first = factors.data_ptr<float>();
  attributes.set_output_scales(kPerChannel, {first, first + factors.numel()});
}

/// This release adds the bias before it scales the sums.
at::Tensor ChannelScales::bias(const at::Tensor& wanted) const {
  return factors.defined() ? (wanted / factors).contiguous() : wanted;
}

void ChannelScales::pass(Arguments& /*arguments*/) const {}

#endif

}  // namespace focus::ops::onednn
