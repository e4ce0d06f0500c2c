// What the files that call oneDNN share. Not for headers: oneDNN's own is large.
#pragma once

#include <ATen/ATen.h>

#include <oneapi/dnnl/dnnl.hpp>

namespace focus::ops::onednn {

using Format = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

/// The CPU, and the calling thread's queue on it. Primitives run with OpenMP's threads, as LibTorch's
/// kernels.
const dnnl::engine& engine();
dnnl::stream& stream();

/// oneDNN's view of a tensor's storage, laid out as `layout` says. The tensor must outlive it.
dnnl::memory view(const at::Tensor& tensor, const dnnl::memory::desc& layout);

/// Layout of a feature map: (B, C, H, W) with the tensor's strides, or (B, blocks, H, W, block) where the
/// channels are those of `channels`.
dnnl::memory::desc layout_of(const at::Tensor& features, int64_t channels);

/// An uninitialised feature map of a layout oneDNN chose: channels-last (B, C, H, W), or blocked. Undefined
/// when the layout is neither.
at::Tensor empty_like_layout(const dnnl::memory::desc& layout);

/// Working memory of a primitive; undefined when it wants none.
at::Tensor scratchpad(const dnnl::memory::desc& layout);

}  // namespace focus::ops::onednn
