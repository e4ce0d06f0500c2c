// What the files that call oneDNN share. Not for headers: oneDNN's own is large.
#pragma once

#include <ATen/ATen.h>

#include "ops/packed/onednn/onednn_release.h"

namespace focus::ops::onednn {

using Format = dnnl::memory::format_tag;

/// The CPU, and the calling thread's queue on it. Primitives run with OpenMP's threads, as LibTorch's
/// kernels.
const dnnl::engine& engine();
dnnl::stream& stream();

/// oneDNN's view of a tensor's storage, laid out as `layout` says. The tensor must outlive it.
dnnl::memory view(const at::Tensor& tensor, const dnnl::memory::desc& layout);

/// oneDNN's name of a tensor's numbers, and back: float32, bfloat16, and bytes with or without a scale.
/// Throws Error for others.
Type type_of(at::ScalarType type);
at::ScalarType scalar_type_of(Type type);

/// Layout of a feature map: (B, C, H, W) with the tensor's strides, or (B, blocks, H, W, block) where the
/// channels are those of `channels`.
dnnl::memory::desc layout_of(const at::Tensor& features, int64_t channels);

/// An uninitialised feature map of a layout oneDNN chose: channels-last (B, C, H, W), or blocked; of bytes,
/// quantised with that scale. Throws Error when the layout is neither.
at::Tensor empty_like_layout(const dnnl::memory::desc& layout, double scale = 1.0);

/// Working memory of a primitive; undefined when it wants none.
at::Tensor scratchpad(const dnnl::memory::desc& layout);

}  // namespace focus::ops::onednn
