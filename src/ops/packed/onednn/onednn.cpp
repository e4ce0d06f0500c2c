#include "ops/packed/onednn/onednn.h"

#include <array>
#include <utility>

#include "base/error.h"

namespace focus::ops::onednn {
namespace {

constexpr std::array kTypes{std::pair{at::kFloat, Type::f32}, std::pair{at::kBFloat16, Type::bf16},
                            std::pair{at::kQUInt8, Type::u8}, std::pair{at::kQInt8, Type::s8},
                            std::pair{at::kByte, Type::u8},   std::pair{at::kChar, Type::s8}};

/// Enough for a training step of a ResNet-50 at one image size. With oneDNN's default of 1024, training on
/// images of varying sizes would collect generated code for hundreds of epochs.
constexpr int kCachedPrimitives = 256;

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine cpu = [] {
    dnnl::set_primitive_cache_capacity(kCachedPrimitives);
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return cpu;
}

dnnl::stream& stream() {
  thread_local dnnl::stream queue(engine());
  return queue;
}

dnnl::memory view(const at::Tensor& tensor, const dnnl::memory::desc& layout) {
  return {layout, engine(), tensor.data_ptr()};
}

Type type_of(at::ScalarType type) {
  for (const auto& [here, there] : kTypes) {
    if (here == type) return there;
  }
  fail("oneDNN has no tensors of {}", c10::toString(type));
}

at::ScalarType scalar_type_of(Type type) {
  for (const auto& [here, there] : kTypes) {
    if (there == type) return here;
  }
  fail("oneDNN's data type {} is not known here", static_cast<int>(type));
}

dnnl::memory::desc layout_of(const at::Tensor& features, int64_t channels) {
  const auto sizes = features.sizes();
  const Type type = type_of(features.scalar_type());
  if (features.dim() == 4) return {sizes.vec(), type, features.strides().vec()};
  const int64_t block = sizes[4];
  if (block != 8 && block != 16) fail("feature map in blocks of {} channels; oneDNN has 8 and 16", block);
  return {{sizes[0], channels, sizes[2], sizes[3]}, type, block == 8 ? Format::nChw8c : Format::nChw16c};
}

at::Tensor empty_like_layout(const dnnl::memory::desc& layout, double scale) {
  const auto dims = dims_of(layout);
  const auto type = type_in(layout);
  const auto options = at::TensorOptions().dtype(scalar_type_of(type));
  const bool quantised = type == Type::u8 || type == Type::s8;
  const auto empty = [&](at::IntArrayRef sizes, at::MemoryFormat order) {
    return quantised ? at::_empty_affine_quantized(sizes, options, scale, 0, order)
                     : at::empty(sizes, options.memory_format(order));
  };
  if (layout == dnnl::memory::desc(dims, type, Format::nhwc))
    return empty(dims, at::MemoryFormat::ChannelsLast);
  for (const auto& [format, block] : {std::pair{Format::nChw8c, 8}, std::pair{Format::nChw16c, 16}}) {
    if (layout == dnnl::memory::desc(dims, type, format)) {
      return empty({dims[0], (dims[1] + block - 1) / block, dims[2], dims[3], block},
                   at::MemoryFormat::Contiguous);
    }
  }
  fail("oneDNN chose a feature map layout that is not supported here");
}

at::Tensor scratchpad(const dnnl::memory::desc& layout) {
  const auto bytes = static_cast<int64_t>(layout.get_size());
  return bytes == 0 ? at::Tensor() : at::empty({bytes}, at::kByte);
}

}  // namespace focus::ops::onednn
