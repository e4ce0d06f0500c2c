#include "ops/onednn.h"

#include "base/error.h"

namespace focus::ops::onednn {

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  thread_local dnnl::stream queue(engine());
  return queue;
}

dnnl::memory view(const at::Tensor& tensor, const dnnl::memory::desc& layout) {
  return {layout, engine(), tensor.data_ptr()};
}

dnnl::memory::desc layout_of(const at::Tensor& features, int64_t channels) {
  const auto sizes = features.sizes();
  if (features.dim() == 4) return {sizes.vec(), Type::f32, features.strides().vec()};
  const int64_t block = sizes[4];
  if (block != 8 && block != 16) fail("feature map in blocks of {} channels; oneDNN has 8 and 16", block);
  return {{sizes[0], channels, sizes[2], sizes[3]}, Type::f32, block == 8 ? Format::nChw8c : Format::nChw16c};
}

at::Tensor empty_like_layout(const dnnl::memory::desc& layout) {
  const auto dims = layout.dims();
  const auto options = at::TensorOptions().dtype(at::kFloat);
  if (layout == dnnl::memory::desc(dims, Type::f32, Format::nhwc)) {
    return at::empty(dims, options.memory_format(at::MemoryFormat::ChannelsLast));
  }
  for (const auto& [format, block] : {std::pair{Format::nChw8c, 8}, std::pair{Format::nChw16c, 16}}) {
    if (layout == dnnl::memory::desc(dims, Type::f32, format)) {
      return at::empty({dims[0], (dims[1] + block - 1) / block, dims[2], dims[3], block}, options);
    }
  }
  return {};
}

at::Tensor scratchpad(const dnnl::memory::desc& layout) {
  const auto bytes = static_cast<int64_t>(layout.get_size());
  return bytes == 0 ? at::Tensor() : at::empty({bytes}, at::kByte);
}

}  // namespace focus::ops::onednn
