#include "train/distributed/gradient_reducer.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <functional>

namespace focus::train {
namespace {

/// Reports that a parameter's gradient has been accumulated.
class ArrivalHook final : public torch::autograd::FunctionPostHook {
 public:
  explicit ArrivalHook(std::function<void()> tell) : tell_(std::move(tell)) {}
  torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                            const torch::autograd::variable_list& /*inputs*/) override {
    tell_();
    return outputs;
  }

 private:
  std::function<void()> tell_;
};

}  // namespace

GradientReducer::GradientReducer(std::vector<at::Tensor> parameters, Collective& collective,
                                 int64_t bucket_bytes)
    : parameters_(std::move(parameters)),
      collective_(collective),
      bucket_of_(parameters_.size()),
      here_(parameters_.size()) {
  int64_t bytes = 0;
  for (size_t i = parameters_.size(); i-- > 0;) {
    const auto& parameter = parameters_[i];
    const auto own = static_cast<int64_t>(parameter.numel() * parameter.element_size());
    const bool other = !buckets_.empty() && parameters_[buckets_.back().parameters.front()].scalar_type() !=
                                                parameter.scalar_type();
    if (buckets_.empty() || bytes + own > bucket_bytes || other) {
      buckets_.emplace_back();
      bytes = 0;
    }
    bytes += own;
    buckets_.back().parameters.push_back(i);
    buckets_.back().values += parameter.numel();
    bucket_of_[i] = buckets_.size() - 1;
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    accumulators_.push_back(torch::autograd::impl::grad_accumulator(parameters_[i]));
    hooks_.push_back(
        accumulators_.back()->add_post_hook(std::make_unique<ArrivalHook>([this, i] { arrived(i); })));
  }
}

GradientReducer::~GradientReducer() {
  for (size_t i = 0; i < accumulators_.size(); ++i) accumulators_[i]->del_post_hook(hooks_[i]);
}

void GradientReducer::begin() {
  for (auto& bucket : buckets_) bucket.missing = bucket.parameters.size();
  std::fill(here_.begin(), here_.end(), 0);
  next_ = 0;
  active_ = true;
}

void GradientReducer::arrived(size_t parameter) {
  if (!active_ || here_[parameter] != 0) return;
  here_[parameter] = 1;
  --buckets_[bucket_of_[parameter]].missing;
  send_ready();
}

void GradientReducer::send_ready() {
  while (next_ < buckets_.size() && buckets_[next_].missing == 0) send(buckets_[next_++]);
}

void GradientReducer::send(Bucket& bucket) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> parts;
  parts.reserve(bucket.parameters.size());
  for (const size_t i : bucket.parameters) {
    const auto& gradient = parameters_[i].grad();
    parts.push_back(gradient.defined() ? gradient.reshape({-1})
                                       : at::zeros({parameters_[i].numel()}, parameters_[i].options()));
  }
  bucket.sum = at::cat(parts);
  bucket.pending = collective_.start_sum(bucket.sum);
}

void GradientReducer::finish() {
  active_ = false;
  while (next_ < buckets_.size()) send(buckets_[next_++]);
  auto users = at::zeros({static_cast<int64_t>(parameters_.size())}, at::kInt);
  for (size_t i = 0; i < parameters_.size(); ++i)
    users.data_ptr<int32_t>()[i] = parameters_[i].grad().defined();
  collective_.sum(users);
  for (auto& bucket : buckets_) take(bucket, users);
}

void GradientReducer::take(Bucket& bucket, const at::Tensor& users) {
  const at::NoGradGuard no_grad;
  bucket.pending->wait();
  bucket.pending.reset();
  bucket.sum.div_(collective_.world().size);
  int64_t first = 0;
  for (const size_t i : bucket.parameters) {
    auto& parameter = parameters_[i];
    const auto mean = bucket.sum.narrow(0, first, parameter.numel()).view(parameter.sizes());
    first += parameter.numel();
    if (users.data_ptr<int32_t>()[i] == 0) continue;
    if (parameter.grad().defined()) {
      parameter.mutable_grad().copy_(mean);
    } else {
      parameter.mutable_grad() = mean.clone();
    }
  }
  bucket.sum.reset();
}

}  // namespace focus::train
