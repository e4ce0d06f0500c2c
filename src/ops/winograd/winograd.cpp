#include "ops/winograd/winograd.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "ops/cpu/isa.h"
#include "ops/cpu/kernel_table.h"
#include "ops/cpu/rounded_up.h"

namespace focus::ops {
namespace {

/// Size of a task's transformed tiles, in floats: about what a core's L2 cache holds.
constexpr int64_t kCachedFloats = 320 * 1024;
/// With fewer tiles at a time, reading the weights takes longer than multiplying by them. The limit is higher
/// if the weights are too large for the caches and come from memory.
constexpr int64_t kLeastTiles = 24, kLeastTilesFromMemory = 42, kCachedWeights = 4 * 1024 * 1024;

/// Number of transformed tiles kept in memory at a time while the weight gradient is summed.
constexpr int64_t kGradientTiles = 512;

struct View {
  kernel::FeatureMap map;
  int64_t images, height, width;
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

/// Tiles per task: as many as the cache holds, evenly divided among tasks and threads.
int64_t tiles_of_task(int64_t tiles, int64_t in, int64_t out, int64_t threads) {
  const bool many_weights = kernel::kWinogradPoints * in * out > kCachedWeights;
  const int64_t least = std::min(tiles, many_weights ? kLeastTilesFromMemory : kLeastTiles);
  const int64_t cached = std::max(least, kCachedFloats / (kernel::kWinogradPoints * in));
  const int64_t rounds = std::max<int64_t>(1, (tiles + threads * cached - 1) / (threads * cached));
  const int64_t even = (tiles + rounds * threads - 1) / (rounds * threads);
  return rounded_up(std::max(even, least), kernel::kWinogradRows);
}

int64_t lanes_of_kernel() {
  const int64_t lanes = WinogradConvolution::lanes();
  if (lanes == 0) fail("there is no kernel of Winograd's algorithm for this CPU");
  return lanes;
}

int64_t tiles_along(int64_t size) { return (size + kernel::kWinogradTile - 1) / kernel::kWinogradTile; }

/// A convolution or its gradient, with the fields set that its input determines.
template <typename Work>
Work work_on(const View& source, int64_t in_blocks, int64_t out_blocks) {
  Work work{};
  work.in_blocks = in_blocks;
  work.out_blocks = out_blocks;
  work.height = source.height;
  work.width = source.width;
  work.tiles_down = tiles_along(source.height);
  work.tiles_across = tiles_along(source.width);
  work.source_map = source.map;
  return work;
}

}  // namespace

int64_t WinogradConvolution::lanes() {
  const auto& kernels = active_kernels();
  return kernels.winograd != nullptr ? kernels.lanes : 0;
}

bool WinogradConvolution::fits(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups,
                               Activation activation) {
  const int64_t block = lanes();
  return block > 0 && in % block == 0 && out % block == 0 && kernel == 3 && stride == 1 && groups == 1 &&
         activation != Activation::kGelu;
}

bool WinogradConvolution::pays(int64_t images, int64_t height, int64_t width) {
  return images * height * width >= kLeastTiles * kernel::kWinogradTile * kernel::kWinogradTile;
}

at::Tensor winograd_weights(const at::Tensor& weight, bool turned) {
  const int64_t lanes = lanes_of_kernel(), width = kernel::kWinogradPanel * lanes;
  const auto plain = weight.detach().contiguous();
  const int64_t out = weight.size(turned ? 1 : 0), in = weight.size(turned ? 0 : 1), row = weight.size(1) * 9;
  const kernel::WinogradWeights from{plain.data_ptr<float>(), out,   in, turned ? 9 : row,
                                     turned ? row : 9,        turned};
  const int64_t panels = (out + width - 1) / width;
  auto points = at::empty({panels, kernel::kWinogradPoints, in, width}, at::kFloat);
  const auto& kernels = active_kernels();
  at::parallel_for(0, panels, 1, [&](int64_t begin, int64_t end) {
    kernels.winograd_weights(from, points.data_ptr<float>(), begin, end);
  });
  return points;
}

at::Tensor winograd_weight_gradient(const at::Tensor& x, const at::Tensor& grad) {
  const int64_t lanes = lanes_of_kernel(), in = x.size(1), out = grad.size(1);
  const auto source = view_of(x, in, lanes), result = view_of(grad, out, lanes);
  auto work = work_on<kernel::WinogradGradient>(source, in / lanes, out / lanes);
  work.grad_map = result.map;
  work.source = x.data_ptr<float>();
  work.grad = grad.data_ptr<float>();
  const int64_t tiles = source.images * work.tiles_down * work.tiles_across, points = kernel::kWinogradPoints;
  const int64_t step = std::min(tiles, kGradientTiles);
  const auto memory = at::empty({points * (step * (in + out) + in * out)}, at::kFloat);
  work.source_tiles = memory.data_ptr<float>();
  work.grad_tiles = work.source_tiles + points * step * in;
  work.products = work.grad_tiles + points * step * out;
  const auto& kernels = active_kernels();
  for (int64_t first = 0; first < tiles; first += step) {
    const int64_t last = std::min(tiles, first + step);
    at::parallel_for(0, work.in_blocks + work.out_blocks, 1, [&](int64_t begin, int64_t end) {
      kernels.winograd_gradient_tiles(work, first, last, begin, end);
    });
    at::parallel_for(0, points * work.in_blocks, 1, [&](int64_t begin, int64_t end) {
      kernels.winograd_gradient_products(work, last - first, first > 0, begin, end);
    });
  }
  auto grad_weight = at::empty({out, in, 3, 3}, at::kFloat);
  at::parallel_for(0, in, 1, [&](int64_t begin, int64_t end) {
    kernels.winograd_gradient_weights(work, grad_weight.data_ptr<float>(), begin, end);
  });
  return grad_weight;
}

WinogradConvolution::WinogradConvolution(const at::Tensor& weight, const at::Tensor& bias,
                                         Activation activation)
    : WinogradConvolution(weight.size(1), weight.size(0), winograd_weights(weight, false), bias, activation) {
}

WinogradConvolution::WinogradConvolution(int64_t in, int64_t out, at::Tensor points, const at::Tensor& bias,
                                         Activation activation)
    : in_(in), out_(out), activation_(activation), weights_(std::move(points)) {
  bias_ = at::zeros({weights_.size(0) * weights_.size(3)}, at::kFloat);
  if (bias.defined()) bias_.slice(0, 0, out_).copy_(bias.detach());
}

at::Tensor WinogradConvolution::run(const at::Tensor& x, const at::Tensor& addend) const {
  const int64_t block = lanes_of_kernel();
  const auto source = view_of(x, in_, block);
  auto shape = x.sizes().vec();
  shape[1] = x.dim() == 5 ? out_ / block : out_;
  auto output = at::empty(shape, x.options().memory_format(x.dim() == 5 ? at::MemoryFormat::Contiguous
                                                                        : at::MemoryFormat::ChannelsLast));
  auto work = work_on<kernel::Winograd>(source, in_ / block, out_ / block);
  work.source = x.data_ptr<float>();
  work.output_map = view_of(output, out_, block).map;
  work.output = output.data_ptr<float>();
  if (addend.defined()) {
    const auto added = view_of(addend, out_, block);
    if (added.images != source.images || added.height != source.height || added.width != source.width) {
      fail("Winograd's convolution has {} x {} pixels, its addend {} x {}", source.height, source.width,
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

  const int64_t tiles = source.images * work.tiles_down * work.tiles_across, threads = at::get_num_threads();
  const int64_t step = tiles_of_task(tiles, in_, out_, threads), stretches = (tiles + step - 1) / step;
  // A small map has fewer stretches of tiles than there are threads; then the output channels are divided
  // among threads as well.
  const int64_t panels = weights_.size(0), shares = std::min(panels, (threads + stretches - 1) / stretches);
  const auto& kernels = active_kernels();
  at::parallel_for(0, stretches * shares, 1, [&](int64_t begin, int64_t end) {
    const auto scratch = at::empty({kernel::winograd_scratch(work, step, block)}, at::kFloat);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t stretch = task / shares, share = task % shares;
      const kernel::WinogradPart part{stretch * step, std::min(tiles, (stretch + 1) * step),
                                      panels * share / shares, panels * (share + 1) / shares};
      kernels.winograd(work, part, scratch.data_ptr<float>());
    }
  });
  return output;
}

}  // namespace focus::ops
