#include "ops/attention.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/attention_kernel.h"
#include "ops/isa.h"

namespace focus::ops {
namespace {

/// Rows a task takes: enough to pay for its start, few enough to share out.
constexpr int64_t kRowsOfTask = 8 * kernel::kAttentionRows;

struct AttentionKernels {
  decltype(kernel::attend_avx2)* attend = nullptr;
  decltype(kernel::attend_backward_avx2)* backward = nullptr;
};

AttentionKernels attention_kernels() {
#ifdef __x86_64__
  if (active_isa() == Isa::kAvx512) return {kernel::attend_avx512, kernel::attend_backward_avx512};
  if (active_isa() == Isa::kAvx2) return {kernel::attend_avx2, kernel::attend_backward_avx2};
#endif
  return {};
}

/// What attention reads, and the kernels' view of each head of it.
class Heads {
 public:
  Heads(const at::Tensor& query_key, const at::Tensor& value, int64_t heads, const at::Tensor& blocked)
      : batch_(value.size(0)),
        count_(value.size(1)),
        width_(value.size(2)),
        heads_(heads),
        channels_(width_ / heads),
        padded_((count_ + kernel::kAttentionPadding - 1) / kernel::kAttentionPadding *
                kernel::kAttentionPadding) {
    TORCH_CHECK(has_attention_kernel(channels_), "attention: no kernel for heads of ", channels_,
                " channels");
    TORCH_CHECK(query_key.sizes() == at::IntArrayRef({batch_, count_, 2 * width_}),
                "attention: query_key must have shape ", at::IntArrayRef({batch_, count_, 2 * width_}),
                ", found ", query_key.sizes());
    TORCH_CHECK(query_key.scalar_type() == at::kFloat && value.scalar_type() == at::kFloat,
                "attention: query_key and value must be Float");
    TORCH_CHECK(!blocked.defined() || (blocked.scalar_type() == at::kBool &&
                                       blocked.sizes() == at::IntArrayRef({count_, count_})),
                "attention: blocked must be Bool of shape ", at::IntArrayRef({count_, count_}));
    query_key_ = query_key.contiguous();
    value_ = value.contiguous();
    if (blocked.defined()) blocked_ = blocked.contiguous();
    keys_ = transposed(query_key_.data_ptr<float>() + width_, 2 * width_);
  }

  int64_t items() const { return batch_ * heads_; }
  int64_t count() const { return count_; }
  int64_t padded() const { return padded_; }
  /// Where the rows of a head begin in a (B, N, C) tensor, and in a (B, N, 2 C) tensor of queries.
  int64_t offset(int64_t item) const { return item / heads_ * count_ * width_ + item % heads_ * channels_; }
  int64_t query_offset(int64_t item) const {
    return item / heads_ * count_ * 2 * width_ + item % heads_ * channels_;
  }

  kernel::AttentionHead head(int64_t item) const {
    return {.count = count_,
            .padded = padded_,
            .channels = channels_,
            .stride_query = 2 * width_,
            .stride_value = width_,
            .stride_output = width_,
            .query = query_key_.data_ptr<float>() + query_offset(item),
            .keys = keys_.data_ptr<float>() + item * channels_ * padded_,
            .value = value_.data_ptr<float>() + offset(item),
            .output = nullptr,
            .scale = 1 / std::sqrt(static_cast<float>(channels_)),
            .blocked = blocked_.defined() ? blocked_.data_ptr<bool>() : nullptr};
  }

  /// The heads' rows of channels, `stride` floats apart, as columns: (B heads, channels, padded).
  at::Tensor transposed(const float* rows, int64_t stride) const {
    auto columns = at::zeros({items(), channels_, padded_}, at::kFloat);
    at::parallel_for(0, items(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        const float* from = rows + item / heads_ * count_ * stride + item % heads_ * channels_;
        float* to = columns.data_ptr<float>() + item * channels_ * padded_;
        for (int64_t n = 0; n < count_; ++n) {
          for (int64_t c = 0; c < channels_; ++c) to[c * padded_ + n] = from[n * stride + c];
        }
      }
    });
    return columns;
  }

  const at::Tensor& query_key() const { return query_key_; }
  const at::Tensor& value() const { return value_; }

 private:
  int64_t batch_, count_, width_, heads_, channels_, padded_;
  at::Tensor query_key_, value_, blocked_, keys_;
};

at::Tensor attend(const Heads& heads) {
  auto output = at::empty_like(heads.value());
  if (output.numel() == 0) return output;
  const auto kernels = attention_kernels();
  const int64_t tasks = (heads.count() + kRowsOfTask - 1) / kRowsOfTask;
  at::parallel_for(0, heads.items() * tasks, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(kernel::kAttentionRows * heads.padded()));
    for (int64_t task = begin; task < end; ++task) {
      const int64_t item = task / tasks, first = task % tasks * kRowsOfTask;
      auto head = heads.head(item);
      head.output = output.data_ptr<float>() + heads.offset(item);
      kernels.attend(head, first, std::min(heads.count(), first + kRowsOfTask), scratch.data());
    }
  });
  return output;
}

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

class SelfAttended : public torch::autograd::Function<SelfAttended> {
 public:
  static Variable forward(AutogradContext* context, const Variable& query_key, const Variable& value,
                          int64_t heads, const c10::optional<Variable>& blocked) {
    context->save_for_backward({query_key, value, blocked.value_or(Variable())});
    context->saved_data["heads"] = heads;
    return attend(Heads(query_key, value, heads, blocked.value_or(Variable())));
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    const auto saved = context->get_saved_variables();
    const Heads heads(saved[0], saved[1], context->saved_data["heads"].toInt(), saved[2]);
    const auto grad = grad_output[0].contiguous();
    const int64_t width = grad.size(2);
    const auto values = heads.transposed(heads.value().data_ptr<float>(), width);
    auto grad_query_key = at::zeros_like(heads.query_key()), grad_value = at::zeros_like(heads.value());
    const auto kernels = attention_kernels();
    at::parallel_for(0, heads.items(), 1, [&](int64_t begin, int64_t end) {
      std::vector<float> scratch(static_cast<size_t>(2 * kernel::kAttentionGradientRows * heads.padded()));
      for (int64_t item = begin; item < end; ++item) {
        const auto head = heads.head(item);
        float* grad_query = grad_query_key.data_ptr<float>() + heads.query_offset(item);
        kernels.backward({.head = head,
                          .key = head.query + width,
                          .values = values.data_ptr<float>() + item * head.channels * head.padded,
                          .grad_output = grad.data_ptr<float>() + heads.offset(item),
                          .grad_query = grad_query,
                          .grad_key = grad_query + width,
                          .grad_value = grad_value.data_ptr<float>() + heads.offset(item)},
                         scratch.data());
      }
    });
    return {grad_query_key, grad_value, Variable(), Variable()};
  }
};

}  // namespace

bool has_attention_kernel(int64_t head_width) {
  return attention_kernels().attend != nullptr && head_width % (active_isa() == Isa::kAvx512 ? 16 : 8) == 0;
}

at::Tensor attention(const at::Tensor& query_key, const at::Tensor& value, int64_t heads,
                     const at::Tensor& blocked) {
  return SelfAttended::apply(query_key, value, heads,
                             blocked.defined() ? c10::make_optional(blocked) : c10::nullopt);
}

}  // namespace focus::ops
