#include "ops/quantised/quantised_linear.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "base/error.h"
#include "ops/cpu/isa.h"
#include "ops/cpu/kernel_table.h"
#include "ops/cpu/rounded_up.h"
#include "ops/packed/linear_shape.h"
#include "ops/packed/precision.h"

namespace focus::ops {
namespace {

/// Rows of a task: enough to read the weights seldom, few enough to stay in a core's L2 cache with what is made
/// of them.
constexpr int64_t kTaskRows = kernel::kPaddedRows;
/// Hidden columns of a feed-forward network that are computed, quantised and multiplied at a time.
constexpr int64_t kHiddenGroup = 256;
/// Narrower layers are faster in the next best precision.
constexpr int64_t kLeastOutputs = 16, kLeastSides = 384, kLeastSidesVnni = 96;

bool runs_vnni() {
#ifdef __x86_64__
  const bool here =
      active_isa() == Isa::kAvx512 ? __builtin_cpu_supports("avx512vnni") : __builtin_cpu_supports("avxvnni");
  return here && cpu_has_vnni();
#else
  return false;
#endif
}

/// Linux saves tiles only for programs that ask. oneDNN asks, too, but only once it multiplies with them.
bool may_use_tiles() {
#if defined(__linux__) && defined(__x86_64__)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

kernel::MultiplyQuantised* multiply_kernel() {
  static kernel::MultiplyQuantised* const chosen = [] {
    const auto& kernels = active_kernels();
    if (kernels.multiply_quantised_amx != nullptr && cpu_has_amx() && may_use_tiles()) {
      return kernels.multiply_quantised_amx;
    }
    return kernels.multiply_quantised_vnni != nullptr && runs_vnni() ? kernels.multiply_quantised_vnni
                                                                     : kernels.multiply_quantised;
  }();
  return chosen;
}

/// What a depth is padded to.
int64_t depth_multiple() {
  return multiply_kernel() == active_kernels().multiply_quantised_amx ? kernel::kAmxDepth
                                                                      : kernel::kBytesPerSum;
}

/// The working memory of a task: rows as bytes, and their scales.
struct QuantisedRows {
  explicit QuantisedRows(int64_t width)
      : stride(rounded_up(width, 64)),
        bytes(std::make_unique_for_overwrite<uint8_t[]>(static_cast<size_t>(kTaskRows * stride))) {}

  void quantise(const float* source, int64_t width, int64_t source_stride, bool is_signed, int64_t rows) {
    active_kernels().quantise_rows({.width = width,
                                    .stride = source_stride,
                                    .source = source,
                                    .is_signed = is_signed,
                                    .bytes_stride = stride,
                                    .bytes = bytes.get(),
                                    .scales = scales.data()},
                                   rows);
  }

  int64_t stride;
  std::unique_ptr<uint8_t[]> bytes;
  std::array<float, kTaskRows> scales;
};

/// Runs body(first, rows) for every task.
template <typename Body>
void for_tasks(int64_t rows, const Body& body) {
  if (rows == 0) return;
  const int64_t threads = at::get_num_threads();
  const int64_t rounds = std::max<int64_t>(1, (rows + threads * kTaskRows - 1) / (threads * kTaskRows));
  const int64_t step = rounded_up((rows + rounds * threads - 1) / (rounds * threads), kernel::kQuantisedRows);
  at::parallel_for(0, (rows + step - 1) / step, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) body(task * step, std::min(step, rows - task * step));
  });
}

at::Tensor as_floats(const at::Tensor& x) { return x.to(at::kFloat).contiguous(); }

}  // namespace

bool QuantisedLinear::has_kernel() { return active_kernels().multiply_quantised != nullptr; }

int64_t QuantisedLinear::weight_steps() {
  return multiply_kernel() == active_kernels().multiply_quantised ? 63 : 127;
}

bool QuantisedLinear::pays(int64_t in, int64_t out) {
  if (!has_kernel()) return false;
  // Rows are quantised and results scaled, whatever there is to multiply between the two.
  const int64_t least = weight_steps() == 127 ? kLeastSidesVnni : kLeastSides;
  return out >= kLeastOutputs && in + out >= least;
}

QuantisedLinear::QuantisedLinear(const at::Tensor& weight, const at::Tensor& bias, Activation activation,
                                 bool nonnegative)
    : in_(weight.size(1)), out_(weight.size(0)), activation_(activation), nonnegative_(nonnegative) {
  const auto& kernels = active_kernels();
  if (!has_kernel()) fail("there is no kernel of linear layers in eight bits for this CPU");
  const int64_t panel = kernel::quantised_panel(kernels.lanes), bytes = kernel::kBytesPerSum;
  const int64_t columns = rounded_up(out_, panel), depth = rounded_up(in_, depth_multiple());
  const auto floats = weight.detach().to(at::kFloat);
  const auto scales = (std::get<0>(floats.abs().max(1)) / weight_steps()).clamp_min(1e-12);
  const auto numbers = at::constant_pad_nd((floats / scales.unsqueeze(1)).round().to(at::kChar),
                                           {0, depth - in_, 0, columns - out_});
  weights_ = numbers.view({columns / panel, panel, depth / bytes, bytes}).permute({0, 2, 1, 3}).contiguous();
  column_scales_ = at::constant_pad_nd(scales, {0, columns - out_}).contiguous();
  if (!nonnegative_) zero_sums_ = (numbers.to(at::kInt).sum(1) * kernel::kZeroByte).to(at::kInt).contiguous();
  if (bias.defined())
    bias_ = at::constant_pad_nd(bias.detach().to(at::kFloat), {0, columns - out_}).contiguous();
}

kernel::QuantisedProduct QuantisedLinear::product_of(const uint8_t* bytes, int64_t bytes_stride,
                                                     const float* row_scales, int64_t first_column,
                                                     int64_t first_input) const {
  const auto from = [first_column](const auto* numbers) { return numbers + first_column; };
  const int64_t panel = weights_.size(2);
  return {.depth = weights_.size(1) * kernel::kBytesPerSum,
          .columns = out_,
          .bytes_stride = bytes_stride,
          .bytes = bytes,
          .row_scales = row_scales,
          .panel_stride = weights_.stride(0),
          .weights = weights_.data_ptr<int8_t>() + first_column / panel * weights_.stride(0) +
                     first_input / kernel::kBytesPerSum * weights_.stride(1),
          .column_scales = from(column_scales_.data_ptr<float>()),
          .zero_sums = zero_sums_.defined() ? from(zero_sums_.data_ptr<int32_t>()) : nullptr,
          .bias = bias_.defined() ? from(bias_.data_ptr<float>()) : nullptr,
          .addend_stride = out_,
          .addend = nullptr,
          .output_stride = out_,
          .output = nullptr,
          .clamps = activation_ == Activation::kRelu || activation_ == Activation::kRelu6,
          .upper = activation_ == Activation::kRelu6 ? 6 : std::numeric_limits<float>::infinity(),
          .gelu = activation_ == Activation::kGelu};
}

at::Tensor QuantisedLinear::run(const at::Tensor& x, const at::Tensor& addend) const {
  auto output = at::empty(linear_output_shape(x, addend, in_, out_), at::kFloat);
  const auto source = as_floats(x), added = addend.defined() ? as_floats(addend) : addend;
  auto* const multiply = multiply_kernel();
  for_tasks(x.numel() / in_, [&](int64_t first, int64_t rows) {
    QuantisedRows quantised(in_);
    quantised.quantise(source.data_ptr<float>() + first * in_, in_, in_, !nonnegative_, rows);
    auto product = product_of(quantised.bytes.get(), quantised.stride, quantised.scales.data());
    if (added.defined()) product.addend = added.data_ptr<float>() + first * out_;
    product.output = output.data_ptr<float>() + first * out_;
    multiply(product, rows);
  });
  return output;
}

at::Tensor quantised_feed_forward(const QuantisedLinear& expand, const QuantisedLinear& project,
                                  const at::Tensor& x) {
  const int64_t width = expand.in_, hidden = expand.out_;
  if (x.size(-1) != width || project.out_ != width || project.in_ != hidden ||
      expand.activation_ != Activation::kRelu || !project.nonnegative_) {
    fail("layers of {} to {} and {} to {} are no feed-forward network for rows of {}", width, hidden,
         project.in_, project.out_, x.size(-1));
  }
  const auto source = as_floats(x);
  auto output = at::empty(x.sizes(), at::kFloat);
  auto* const multiply = multiply_kernel();
  for_tasks(x.numel() / width, [&](int64_t first, int64_t rows) {
    QuantisedRows quantised(width), group(kHiddenGroup);
    const auto columns = std::make_unique_for_overwrite<float[]>(static_cast<size_t>(rows * kHiddenGroup));
    const float* const from = source.data_ptr<float>() + first * width;
    float* const to = output.data_ptr<float>() + first * width;
    quantised.quantise(from, width, width, !expand.nonnegative_, rows);
    for (int64_t begin = 0; begin < hidden; begin += kHiddenGroup) {
      const int64_t count = std::min(kHiddenGroup, hidden - begin);
      auto wide = expand.product_of(quantised.bytes.get(), quantised.stride, quantised.scales.data(), begin);
      wide.columns = count;
      wide.output = columns.get();
      wide.output_stride = kHiddenGroup;
      multiply(wide, rows);
      group.quantise(columns.get(), count, kHiddenGroup, /*is_signed=*/false, rows);
      auto narrow = project.product_of(group.bytes.get(), group.stride, group.scales.data(), 0, begin);
      narrow.depth = rounded_up(count, depth_multiple());
      // The first group begins with the residual and the bias, each later one with the sum so far.
      narrow.addend = begin == 0 ? from : to;
      if (begin > 0) narrow.bias = nullptr;
      narrow.output = to;
      multiply(narrow, rows);
    }
  });
  return output;
}

}  // namespace focus::ops
