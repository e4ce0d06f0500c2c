#include "ops/attention.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

#include "ops/attention_kernel.h"
#include "ops/isa.h"

namespace focus::ops {
namespace {

/// Rows a task takes: enough to pay for its start, few enough to share out.
constexpr int64_t kRowsOfTask = 8 * kernel::kAttentionRows;

using Attend = void (*)(const kernel::AttentionHead&, int64_t, int64_t, float*);

Attend attend_kernel() {
#ifdef __x86_64__
  if (active_isa() == Isa::kAvx512) return kernel::attend_avx512;
  if (active_isa() == Isa::kAvx2) return kernel::attend_avx2;
#endif
  return nullptr;
}

}  // namespace

bool has_attention_kernel(int64_t head_width) {
  return attend_kernel() && head_width % (active_isa() == Isa::kAvx512 ? 16 : 8) == 0;
}

at::Tensor attention(const at::Tensor& query_key, const at::Tensor& value, int64_t heads) {
  const int64_t batch = value.size(0), count = value.size(1), width = value.size(2), channels = width / heads;
  TORCH_CHECK(has_attention_kernel(channels), "attention: no kernel for heads of ", channels, " channels");
  TORCH_CHECK(query_key.sizes() == at::IntArrayRef({batch, count, 2 * width}),
              "attention: query_key must have shape ", at::IntArrayRef({batch, count, 2 * width}), ", found ",
              query_key.sizes());
  TORCH_CHECK(query_key.scalar_type() == at::kFloat && value.scalar_type() == at::kFloat,
              "attention: query_key and value must be Float");
  auto output = at::empty({batch, count, width}, value.options());
  if (output.numel() == 0) return output;
  const auto packed = query_key.contiguous(), values = value.contiguous();
  const int64_t padded =
      (count + kernel::kAttentionPadding - 1) / kernel::kAttentionPadding * kernel::kAttentionPadding;
  const auto keys = at::zeros({batch * heads, channels, padded}, value.options());
  const auto head_at = [&](int64_t item) {
    const int64_t rows = item / heads * count, column = item % heads * channels;
    const float* query = packed.data_ptr<float>() + rows * 2 * width + column;
    return kernel::AttentionHead{.count = count,
                                 .padded = padded,
                                 .channels = channels,
                                 .stride_query = 2 * width,
                                 .stride_value = width,
                                 .stride_output = width,
                                 .query = query,
                                 .keys = keys.data_ptr<float>() + item * channels * padded,
                                 .value = values.data_ptr<float>() + rows * width + column,
                                 .output = output.data_ptr<float>() + rows * width + column,
                                 .scale = 1 / std::sqrt(static_cast<float>(channels))};
  };
  at::parallel_for(0, batch * heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const float* key = head_at(item).query + width;
      float* transposed = keys.data_ptr<float>() + item * channels * padded;
      for (int64_t n = 0; n < count; ++n) {
        for (int64_t c = 0; c < channels; ++c) transposed[c * padded + n] = key[n * 2 * width + c];
      }
    }
  });
  const Attend attend = attend_kernel();
  const int64_t tasks = (count + kRowsOfTask - 1) / kRowsOfTask;
  at::parallel_for(0, batch * heads * tasks, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(kernel::kAttentionRows * padded));
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % tasks * kRowsOfTask;
      attend(head_at(task / tasks), first, std::min(count, first + kRowsOfTask), scratch.data());
    }
  });
  return output;
}

}  // namespace focus::ops
