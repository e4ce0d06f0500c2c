#include "ops/attention/attention.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "ops/cpu/isa.h"
#include "ops/cpu/kernel_table.h"
#include "ops/recorded.h"

namespace focus::ops {
namespace {

/// Rows per task: enough to pay for starting it, few enough to spread over all threads.
constexpr int64_t kRowsOfTask = 8 * kernel::kAttentionRows;

/// One head's part of the rows of a tensor that has all heads.
struct Rows {
  float* first;
  int64_t stride;  ///< Floats from row to row.
};

/// The inputs of attention, and the kernels' view of each head.
class Heads {
 public:
  Heads(const at::Tensor& query_key, const at::Tensor& value, int64_t heads, const at::Tensor& attention_mask)
      : batch_(value.size(0)),
        count_(value.size(1)),
        width_(value.size(2)),
        heads_(heads),
        channels_(width_ / heads),
        padded_((count_ + kernel::kAttentionPadding - 1) / kernel::kAttentionPadding *
                kernel::kAttentionPadding) {
    TORCH_CHECK(has_attention_kernel(), "attention: no kernel on this CPU");
    const int64_t lanes = active_kernels().lanes;
    row_width_ = (channels_ + lanes - 1) / lanes * lanes;
    TORCH_CHECK(query_key.sizes() == at::IntArrayRef({batch_, count_, 2 * width_}),
                "attention: query_key must have shape ", at::IntArrayRef({batch_, count_, 2 * width_}),
                ", found ", query_key.sizes());
    TORCH_CHECK(query_key.scalar_type() == at::kFloat && value.scalar_type() == at::kFloat,
                "attention: query_key and value must be Float");
    TORCH_CHECK(
        query_key.is_cpu() && value.is_cpu() && (!attention_mask.defined() || attention_mask.is_cpu()),
        "attention: query_key, value and attention_mask must be on the CPU, found ", query_key.device(),
        " and ", value.device());
    TORCH_CHECK(!attention_mask.defined() || (attention_mask.scalar_type() == at::kBool &&
                                              attention_mask.sizes() == at::IntArrayRef({count_, count_})),
                "attention: attention_mask must be Bool of shape ", at::IntArrayRef({count_, count_}));
    query_key_ = query_key.contiguous();
    value_ = value.contiguous();
    if (attention_mask.defined()) blocked_ = attention_mask.contiguous();
  }

  int64_t items() const { return batch_ * heads_; }
  int64_t count() const { return count_; }
  int64_t channels() const { return channels_; }
  int64_t row_width() const { return row_width_; }
  int64_t padded() const { return padded_; }

  /// A head's rows in a (B, N, C) tensor.
  Rows rows(const at::Tensor& tensor, int64_t item) const {
    return {tensor.data_ptr<float>() + item / heads_ * count_ * width_ + item % heads_ * channels_, width_};
  }
  /// The same for the queries in a (B, N, 2 C) tensor of queries and keys, and for the keys.
  Rows query_rows(const at::Tensor& tensor, int64_t item) const {
    return {tensor.data_ptr<float>() + item / heads_ * count_ * 2 * width_ + item % heads_ * channels_,
            2 * width_};
  }
  Rows key_rows(const at::Tensor& tensor, int64_t item) const {
    const auto queries = query_rows(tensor, item);
    return {queries.first + width_, queries.stride};
  }

  /// The sizes, scale and mask of a head; the caller sets the pointers to its channels.
  kernel::AttentionHead head() const {
    kernel::AttentionHead head{};
    head.count = count_;
    head.padded = padded_;
    head.channels = channels_;
    head.row_width = row_width_;
    head.scale = 1 / std::sqrt(static_cast<float>(channels_));
    head.attention_mask = blocked_.defined() ? blocked_.data_ptr<bool>() : nullptr;
    return head;
  }

  /// Makes the rows dense, row_width() floats each; memory after the channels is unchanged. Rows a large
  /// power of two apart compete for a few sets of the first-level cache, so what is read often is gathered
  /// first.
  void gather(Rows from, float* to) const {
    for (int64_t n = 0; n < count_; ++n)
      std::memcpy(to + n * row_width_, from.first + n * from.stride, bytes());
  }
  void scatter(const float* from, int64_t begin, int64_t end, Rows to) const {
    for (int64_t n = begin; n < end; ++n)
      std::memcpy(to.first + n * to.stride, from + (n - begin) * row_width_, bytes());
  }
  /// Writes the rows as columns (attention_block); columns past the last row are unchanged.
  void transpose(Rows from, int64_t lanes, float* to) const {
    const int64_t block = kernel::attention_block(lanes);
    for (int64_t n = 0; n < count_; ++n) {
      float* column = to + n / block * block * channels_ + n % block;
      for (int64_t c = 0; c < channels_; ++c) column[c * block] = from.first[n * from.stride + c];
    }
  }

  const at::Tensor& query_key() const { return query_key_; }
  const at::Tensor& value() const { return value_; }

 private:
  size_t bytes() const { return static_cast<size_t>(channels_) * sizeof(float); }

  int64_t batch_, count_, width_, heads_, channels_, padded_, row_width_;
  at::Tensor query_key_, value_, blocked_;
};

at::Tensor attend(const Heads& heads) {
  auto output = at::empty_like(heads.value());
  if (output.numel() == 0) return output;
  const auto& kernels = active_kernels();
  const auto all_keys = at::zeros({heads.items(), heads.padded(), heads.channels()}, at::kFloat);
  const auto all_values = at::zeros({heads.items(), heads.count(), heads.row_width()}, at::kFloat);
  const auto keys = [&](int64_t item) {
    return all_keys.data_ptr<float>() + item * heads.padded() * heads.channels();
  };
  const auto values = [&](int64_t item) {
    return all_values.data_ptr<float>() + item * heads.count() * heads.row_width();
  };
  at::parallel_for(0, heads.items(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      heads.transpose(heads.key_rows(heads.query_key(), item), kernels.lanes, keys(item));
      heads.gather(heads.rows(heads.value(), item), values(item));
    }
  });
  // A task takes some queries of a head: with few heads there would be too few tasks of whole heads.
  const int64_t tasks = (heads.count() + kRowsOfTask - 1) / kRowsOfTask;
  // Otherwise the last vector of a row would overwrite the next head's channels.
  const bool direct = heads.row_width() == heads.channels();
  at::parallel_for(0, heads.items() * tasks, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(kernel::kAttentionRows * heads.padded()));
    std::vector<float> rows(static_cast<size_t>(direct ? 0 : kRowsOfTask * heads.row_width()));
    for (int64_t task = begin; task < end; ++task) {
      const int64_t item = task / tasks, first = task % tasks * kRowsOfTask;
      const int64_t end = std::min(heads.count(), first + kRowsOfTask);
      const auto queries = heads.query_rows(heads.query_key(), item), outputs = heads.rows(output, item);
      auto head = heads.head();
      head.query = queries.first + first * queries.stride;
      if (head.attention_mask != nullptr) head.attention_mask += first * heads.count();
      head.stride_query = queries.stride;
      head.keys = keys(item);
      head.value = values(item);
      head.stride_value = heads.row_width();
      head.output = direct ? outputs.first + first * outputs.stride : rows.data();
      head.stride_output = direct ? outputs.stride : heads.row_width();
      kernels.attend(head, 0, end - first, scratch.data());
      if (!direct) heads.scatter(rows.data(), first, end, outputs);
    }
  });
  return output;
}

/// The gradients of one head, gathered and scattered around the kernel. Keeps its memory from head to head.
class HeadGradient {
 public:
  explicit HeadGradient(const Heads& heads)
      : heads_(heads),
        kernels_(active_kernels()),
        scratch_(static_cast<size_t>(2 * kernel::kAttentionGradientRows * heads.padded())),
        columns_(static_cast<size_t>(2 * heads.padded() * heads.channels())),
        rows_(static_cast<size_t>(kParts * size())) {}

  void operator()(int64_t item, const at::Tensor& grad_output, const at::Tensor& grad_query_key,
                  const at::Tensor& grad_value) {
    float* keys = columns_.data();
    float* values = keys + heads_.padded() * heads_.channels();
    const auto key = heads_.key_rows(heads_.query_key(), item), value = heads_.rows(heads_.value(), item);
    heads_.transpose(key, kernels_.lanes, keys);
    heads_.transpose(value, kernels_.lanes, values);
    heads_.gather(heads_.query_rows(heads_.query_key(), item), part(kQuery));
    heads_.gather(key, part(kKey));
    heads_.gather(heads_.rows(grad_output, item), part(kGradOutput));
    std::fill(part(kGradQuery), part(kParts), 0.0f);
    auto head = heads_.head();
    head.query = part(kQuery);
    head.keys = keys;
    head.stride_query = head.stride_value = head.stride_output = heads_.row_width();
    kernels_.attend_gradient({.head = head,
                              .key = part(kKey),
                              .values = values,
                              .grad_output = part(kGradOutput),
                              .grad_query = part(kGradQuery),
                              .grad_key = part(kGradKey),
                              .grad_value = part(kGradValue)},
                             scratch_.data());
    scatter(kGradQuery, heads_.query_rows(grad_query_key, item));
    scatter(kGradKey, heads_.key_rows(grad_query_key, item));
    scatter(kGradValue, heads_.rows(grad_value, item));
  }

 private:
  enum Part : int64_t { kQuery, kKey, kGradOutput, kGradQuery, kGradKey, kGradValue, kParts };

  int64_t size() const { return heads_.count() * heads_.row_width(); }
  float* part(Part which) { return rows_.data() + which * size(); }
  void scatter(Part which, Rows to) { heads_.scatter(part(which), 0, heads_.count(), to); }

  const Heads& heads_;
  const kernel::Table& kernels_;
  std::vector<float> scratch_, columns_, rows_;
};

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

class SelfAttended : public torch::autograd::Function<SelfAttended> {
 public:
  static Variable forward(AutogradContext* context, const Variable& query_key, const Variable& value,
                          int64_t heads, const c10::optional<Variable>& attention_mask) {
    context->save_for_backward({query_key, value, attention_mask.value_or(Variable())});
    context->saved_data["heads"] = heads;
    return attend(Heads(query_key, value, heads, attention_mask.value_or(Variable())));
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_output) {
    const auto saved = context->get_saved_variables();
    const Heads heads(saved[0], saved[1], context->saved_data["heads"].toInt(), saved[2]);
    const auto grad = grad_output[0].contiguous();
    auto grad_query_key = at::empty_like(heads.query_key()), grad_value = at::empty_like(heads.value());
    at::parallel_for(0, heads.items(), 1, [&](int64_t begin, int64_t end) {
      HeadGradient gradient(heads);
      for (int64_t item = begin; item < end; ++item) gradient(item, grad, grad_query_key, grad_value);
    });
    return {grad_query_key, grad_value, Variable(), Variable()};
  }
};

}  // namespace

bool has_attention_kernel() { return active_kernels().attend != nullptr; }

at::Tensor attention(const at::Tensor& query_key, const at::Tensor& value, int64_t heads,
                     const at::Tensor& attention_mask) {
  return recorded("focus_detr::attention", {query_key, value, attention_mask}, [&] {
    return SelfAttended::apply(query_key, value, heads,
                               attention_mask.defined() ? c10::make_optional(attention_mask) : c10::nullopt);
  });
}

}  // namespace focus::ops
