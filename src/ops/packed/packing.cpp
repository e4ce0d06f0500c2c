#include "ops/packed/packed_convolution.h"

#ifdef FOCUS_DETR_ONEDNN
#include "ops/packed/onednn/blocked_maps.h"
#else
#include "base/error.h"
#endif

namespace focus::ops {

#ifndef FOCUS_DETR_ONEDNN
namespace {

// Nothing is packed if can_pack() is false, so there are no blocked maps either.
[[noreturn]] void fail_without_onednn() {
  fail("this program was built without oneDNN, which runs packed layers");
}

}  // namespace

struct PackedConvolution::Impl {};

PackedConvolution::PackedConvolution(const at::Tensor& /*weight*/, const at::Tensor& /*bias*/,
                                     const ConvolutionOptions& /*options*/) {
  fail_without_onednn();
}
PackedConvolution::~PackedConvolution() = default;
at::Tensor PackedConvolution::run(const at::Tensor& /*x*/, const at::Tensor& /*addend*/) const {
  fail_without_onednn();
}
at::Tensor PackedConvolution::run_rows(const at::Tensor& /*x*/, const at::Tensor& /*addend*/) const {
  fail_without_onednn();
}
size_t PackedConvolution::plans() const { return 0; }
bool PackedConvolution::ran_by_reference() const { return false; }

std::string onednn_version() { return "none"; }
#endif

bool can_pack() {
#ifdef FOCUS_DETR_ONEDNN
  return true;
#else
  return false;
#endif
}

at::Tensor unblock(const at::Tensor& features, int64_t channels) {
  if (features.dim() == 4 && features.scalar_type() == at::kFloat) {
    return features.contiguous(at::MemoryFormat::ChannelsLast);
  }
#ifdef FOCUS_DETR_ONEDNN
  return onednn::unblock(features, channels);
#else
  fail_without_onednn();
#endif
}

at::Tensor max_pool(const at::Tensor& features, int64_t kernel, int64_t stride, int64_t padding) {
  if (features.dim() == 4)
    return at::max_pool2d(features, {kernel, kernel}, {stride, stride}, {padding, padding});
#ifdef FOCUS_DETR_ONEDNN
  return onednn::max_pool(features, kernel, stride, padding);
#else
  fail_without_onednn();
#endif
}

}  // namespace focus::ops
