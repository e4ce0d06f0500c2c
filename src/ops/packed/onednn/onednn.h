// Helpers of the files that call oneDNN. Not to be included by headers, because oneDNN's own header is large.
#pragma once

#include <ATen/ATen.h>

#include "ops/packed/onednn/onednn_release.h"

namespace focus::ops::onednn {

using Format = dnnl::memory::format_tag;

/// The CPU's engine, and the calling thread's stream on it. Primitives run with OpenMP's threads, like
/// LibTorch's kernels.
const dnnl::engine& engine();
dnnl::stream& stream();

/// oneDNN's view of a tensor's memory with the given layout. The tensor must outlive it.
dnnl::memory view(const at::Tensor& tensor, const dnnl::memory::desc& layout);

/// oneDNN's type for a tensor's type, and back: float32, bfloat16, and bytes with or without a scale. Throws
/// Error for others.
Type type_of(at::ScalarType type);
at::ScalarType scalar_type_of(Type type);

/// The layout of a feature map: (B, C, H, W) with the tensor's strides, or (B, blocks, H, W, block), of which
/// `channels` channels are used.
dnnl::memory::desc layout_of(const at::Tensor& features, int64_t channels);

/// An uninitialised feature map in a layout that oneDNN chose: channels-last (B, C, H, W), or blocked; bytes
/// are quantised with that scale. Throws Error for other layouts.
at::Tensor empty_like_layout(const dnnl::memory::desc& layout, double scale = 1.0);

/// Working memory of a primitive; undefined if it needs none.
at::Tensor scratchpad(const dnnl::memory::desc& layout);

}  // namespace focus::ops::onednn
