// Hides the differences between oneDNN's releases 2 and 3. Not to be included by headers, because oneDNN's
// own header is large.
#pragma once

#include <ATen/ATen.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

namespace focus::ops::onednn {

using Type = dnnl::memory::data_type;
using Arguments = std::unordered_map<int, dnnl::memory>;

dnnl::memory::dims dims_of(const dnnl::memory::desc& layout);
Type type_in(const dnnl::memory::desc& layout);

/// The same layout with another type.
dnnl::memory::desc with_type(const dnnl::memory::desc& layout, Type type);

void append_eltwise(dnnl::post_ops& steps, dnnl::algorithm algorithm, float beta = 0);

/// Copies values into another layout and type, and waits: to = from * factor.
void reorder(dnnl::memory from, dnnl::memory to, double factor = 1.0);

/// Whether weights (out, in, height, width) in this layout fill a block only partly, and this release's
/// reorder may be wrong for that: 3.7 omits some of the values of such a block.
bool packs_partly_filled(const dnnl::memory::desc& weights);

/// Copies such weights, float32 or bfloat16 with any strides, into their layout; the rest of it is zero.
void pack_partly_filled(const at::Tensor& weights, dnnl::memory to);

/// A convolution for inference; empty if oneDNN has none. `padding` applies to both sides of a dimension.
struct ConvolutionShape {
  dnnl::memory::desc source, weights, bias, output;
  dnnl::memory::dims strides, padding;
};
dnnl::convolution_forward::primitive_desc convolution(const ConvolutionShape& shape,
                                                      const dnnl::primitive_attr& attributes);

/// The maximum over windows, for inference.
struct PoolingShape {
  dnnl::memory::desc source, output;
  dnnl::memory::dims strides, window, padding;
};
dnnl::pooling_forward max_pooling(const PoolingShape& shape);

/// The scaling of a convolution's sums of bytes: sum * factor + bias, one of each per channel, before the
/// post-ops.
struct ChannelScales {
  at::Tensor factors;  ///< Float32; undefined if nothing is scaled.

  /// Adds the scales to a primitive's attributes.
  void describe(dnnl::primitive_attr& attributes, int64_t groups) const;
  /// The bias to pass to oneDNN for the wanted one.
  at::Tensor bias(const at::Tensor& wanted) const;
  /// Adds the scales to the arguments of a run.
  void pass(Arguments& arguments) const;
};

}  // namespace focus::ops::onednn
