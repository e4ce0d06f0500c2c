#include "ops/winograd.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "ops/isa.h"
#include "ops/winograd_kernel.h"

namespace focus::ops {
namespace {

/// Values that the transformed tiles of a task may have: about what a core's second cache holds.
constexpr int64_t kCachedFloats = 320 * 1024;
/// Fewer tiles at a time than this take longer to read weights than to multiply by them; more, where the
/// weights come from memory because they are too many for the caches.
constexpr int64_t kLeastTiles = 24, kLeastTilesFromMemory = 42, kCachedWeights = 4 * 1024 * 1024;

/// (6, 3): values of a line of three weights at the points, divided by the product of the point's distances
/// from the others.
at::Tensor weight_transform() {
  const double a = kernel::kWinogradInner, b = kernel::kWinogradOuter;
  const double inner = 2 * a * a * (a * a - b * b), outer = 2 * b * b * (b * b - a * a), zero = a * a * b * b;
  return at::tensor({1 / zero, 0.0, 0.0,                    //
                     1 / inner, a / inner, a * a / inner,   //
                     1 / inner, -a / inner, a * a / inner,  //
                     1 / outer, b / outer, b * b / outer,   //
                     1 / outer, -b / outer, b * b / outer,  //
                     0.0, 0.0, 1.0},
                    at::kDouble)
      .view({6, 3});
}

int64_t rounded_up(int64_t value, int64_t to) { return (value + to - 1) / to * to; }

struct View {
  kernel::FeatureMap map;
  int64_t pictures, height, width;
};

View view_of(const at::Tensor& x, int64_t channels, int64_t lanes) {
  const bool blocked =
      x.dim() == 5 && x.size(1) * lanes == channels && x.size(4) == lanes && x.is_contiguous();
  const bool last = x.dim() == 4 && x.size(1) == channels && x.is_contiguous(at::MemoryFormat::ChannelsLast);
  if (x.scalar_type() != at::kFloat || (!blocked && !last)) {
    fail("Winograd's convolution of {} channels got a feature map of shape {}", channels,
         fmt::join(x.sizes(), " x "));
  }
  const int64_t height = x.size(2), width = x.size(3), pixels = height * width;
  if (blocked) return {{pixels * channels, pixels * lanes, width * lanes, lanes}, x.size(0), height, width};
  return {{pixels * channels, lanes, width * channels, channels}, x.size(0), height, width};
}

/// Tiles of a task: as many as the cache holds, the same for all, and no fewer tasks than threads.
int64_t tiles_of_task(int64_t tiles, int64_t in, int64_t out, int64_t threads) {
  const bool many_weights = kernel::kWinogradPoints * in * out > kCachedWeights;
  const int64_t least = std::min(tiles, many_weights ? kLeastTilesFromMemory : kLeastTiles);
  const int64_t cached = std::max(least, kCachedFloats / (kernel::kWinogradPoints * in));
  const int64_t rounds = std::max<int64_t>(1, (tiles + threads * cached - 1) / (threads * cached));
  const int64_t even = (tiles + rounds * threads - 1) / (rounds * threads);
  return rounded_up(std::max(even, least), kernel::kWinogradRows);
}

using Kernel = void (*)(const kernel::Winograd&, const kernel::WinogradPart&, float*);

Kernel active_kernel() {
#ifdef __x86_64__
  if (active_isa() == Isa::kAvx512) return kernel::winograd_avx512;
  if (active_isa() == Isa::kAvx2) return kernel::winograd_avx2;
#endif
  return nullptr;
}

}  // namespace

at::Tensor winograd_weights(const at::Tensor& weight, int64_t lanes) {
  const int64_t out = weight.size(0), in = weight.size(1);
  const int64_t width = kernel::kWinogradPanel * lanes, padded = rounded_up(out, width);
  const auto transform = weight_transform();
  const auto points = at::matmul(at::matmul(transform, weight.detach().to(at::kDouble)), transform.t());
  auto all = at::zeros({padded, in, kernel::kWinogradPoints}, at::kFloat);
  all.slice(0, 0, out).copy_(points.reshape({out, in, kernel::kWinogradPoints}));
  return all.view({padded / width, width, in, kernel::kWinogradPoints}).permute({0, 3, 2, 1}).contiguous();
}

int64_t WinogradConvolution::lanes() {
  switch (active_isa()) {
    case Isa::kAvx512:
      return 16;
    case Isa::kAvx2:
      return 8;
    case Isa::kScalar:
      break;
  }
  return 0;
}

bool WinogradConvolution::fits(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups,
                               Activation activation) {
  return lanes() > 0 && in % lanes() == 0 && out % lanes() == 0 && kernel == 3 && stride == 1 &&
         groups == 1 && activation != Activation::kGelu;
}

bool WinogradConvolution::pays(int64_t pictures, int64_t height, int64_t width) {
  return pictures * height * width >= kLeastTiles * kernel::kWinogradTile * kernel::kWinogradTile;
}

WinogradConvolution::WinogradConvolution(const at::Tensor& weight, const at::Tensor& bias,
                                         Activation activation)
    : in_(weight.size(1)),
      out_(weight.size(0)),
      activation_(activation),
      weights_(winograd_weights(weight, lanes())) {
  const int64_t padded = weights_.size(0) * weights_.size(3);
  bias_ = at::zeros({padded}, at::kFloat);
  if (bias.defined()) bias_.slice(0, 0, out_).copy_(bias.detach());
}

at::Tensor WinogradConvolution::run(const at::Tensor& x, const at::Tensor& addend) const {
  const int64_t block = lanes();
  const auto source = view_of(x, in_, block);
  auto shape = x.sizes().vec();
  shape[1] = x.dim() == 5 ? out_ / block : out_;
  auto output = at::empty(shape, x.options().memory_format(x.dim() == 5 ? at::MemoryFormat::Contiguous
                                                                        : at::MemoryFormat::ChannelsLast));
  kernel::Winograd work{};
  work.in_blocks = in_ / block;
  work.out_blocks = out_ / block;
  work.height = source.height;
  work.width = source.width;
  work.tiles_down = (source.height + kernel::kWinogradTile - 1) / kernel::kWinogradTile;
  work.tiles_across = (source.width + kernel::kWinogradTile - 1) / kernel::kWinogradTile;
  work.source_map = source.map;
  work.source = x.data_ptr<float>();
  work.output_map = view_of(output, out_, block).map;
  work.output = output.data_ptr<float>();
  if (addend.defined()) {
    const auto added = view_of(addend, out_, block);
    if (added.pictures != source.pictures || added.height != source.height || added.width != source.width) {
      fail("Winograd's convolution gives {} x {} pixels and is to add {} x {}", source.height, source.width,
           added.height, added.width);
    }
    work.addend_map = added.map;
    work.addend = addend.data_ptr<float>();
  }
  work.weights = weights_.data_ptr<float>();
  work.bias = bias_.data_ptr<float>();
  work.clamps = activation_ != Activation::kNone;
  work.lower = 0;
  work.upper = activation_ == Activation::kRelu6 ? 6 : std::numeric_limits<float>::infinity();

  const int64_t tiles = source.pictures * work.tiles_down * work.tiles_across,
                threads = at::get_num_threads();
  const int64_t step = tiles_of_task(tiles, in_, out_, threads), stretches = (tiles + step - 1) / step;
  // A small map has fewer stretches of tiles than there are threads: those share the outputs' channels too.
  const int64_t panels = weights_.size(0), shares = std::min(panels, (threads + stretches - 1) / stretches);
  const auto run_kernel = active_kernel();
  at::parallel_for(0, stretches * shares, 1, [&](int64_t begin, int64_t end) {
    const auto scratch = at::empty({kernel::winograd_scratch(work, step, block)}, at::kFloat);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t stretch = task / shares, share = task % shares;
      const kernel::WinogradPart part{stretch * step, std::min(tiles, (stretch + 1) * step),
                                      panels * share / shares, panels * (share + 1) / shares};
      run_kernel(work, part, scratch.data_ptr<float>());
    }
  });
  return output;
}

}  // namespace focus::ops
