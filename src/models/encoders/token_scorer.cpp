#include "models/encoders/token_scorer.h"

#include <algorithm>

#include "nn/reference_path.h"

namespace focus::models {
namespace {

/// Holds layers under the indices they have in the reference's Sequential, which counts activations too.
class Sequence : public torch::nn::Module {
 public:
  template <typename T, typename... Args>
  std::shared_ptr<T> add(const char* index, Args&&... args) {
    return register_module(index, std::make_shared<T>(std::forward<Args>(args)...));
  }
};

/// Indices (B, n) into `tokens` in ascending order, without sorting. For a GPU it would have to be waited for.
at::Tensor in_raster_order(const at::Tensor& indices, int64_t tokens) {
  const auto chosen =
      at::zeros({indices.size(0), tokens}, indices.options().dtype(at::kBool)).scatter_(1, indices, 1);
  return chosen.nonzero().select(1, 1).contiguous().view(indices.sizes());
}

}  // namespace

TokenScorer::TokenScorer(int64_t width) {
  auto layer1 = register_module("layer1", std::make_shared<Sequence>());
  norm_ = layer1->add<nn::LayerNorm>("0", width);
  input_ = layer1->add<nn::Linear>("1", width, width, nn::Activation::kGelu);
  auto layer2 = register_module("layer2", std::make_shared<Sequence>());
  hidden_ = layer2->add<nn::Linear>("0", width, width / 2, nn::Activation::kGelu);
  narrow_ = layer2->add<nn::Linear>("2", width / 2, width / 4, nn::Activation::kGelu);
  output_ = layer2->add<nn::Linear>("4", width / 4, 1);
}

at::Tensor TokenScorer::forward(const at::Tensor& x) const {
  const auto z = input_->forward(norm_->forward(x));
  const int64_t half = z.size(-1) / 2;
  const auto local = z.slice(-1, 0, half);
  const auto global = z.slice(-1, half).mean(1, /*keepdim=*/true).expand_as(local);
  return output_->forward(narrow_->forward(hidden_->forward(at::cat({local, global}, -1))));
}

at::Tensor TokenScorer::score(const at::Tensor& memory, const std::vector<nn::ImageSize>& shapes,
                              const at::Tensor& alpha) const {
  const int64_t batch = memory.size(0), levels = static_cast<int64_t>(shapes.size());
  std::vector<at::Tensor> scores(shapes.size());
  at::Tensor coarser;  // (B, 1, h, w): the score map of the next coarser level
  int64_t end = memory.size(1);
  for (int64_t l = levels - 1; l >= 0; --l) {
    const auto& shape = shapes[static_cast<size_t>(l)];
    const int64_t start = end - shape.height * shape.width;
    auto level = memory.slice(1, start, end);
    if (coarser.defined() && alpha.defined()) {
      const auto upsampled =
          at::upsample_bilinear2d(coarser, {shape.height, shape.width}, /*align_corners=*/true);
      const auto factor = upsampled.view({batch, -1, 1}), strength = alpha[levels - 2 - l];
      // One pass in place of three; the order of the factors is the reference's only in the other.
      level = at::GradMode::is_enabled() || nn::ReferencePath::active()
                  ? level + level * factor * strength
                  : at::addcmul(level, level, factor * strength);
    }
    const auto score = forward(level);
    coarser = score.view({batch, 1, shape.height, shape.width});
    scores[static_cast<size_t>(l)] = score.squeeze(-1);
    end = start;
  }
  return at::cat(scores, 1);
}

TokenSelection select_tokens(const at::Tensor& logits, const at::Tensor& padding_mask, double keep_ratio,
                             const std::vector<double>& cascade, TokenOrder order) {
  at::NoGradGuard no_grad;
  TokenSelection selection;
  const int64_t tokens = logits.size(1);
  int64_t most = 0;
  bool same_counts = true;
  // Computed in float32 like the reference's, otherwise a count may differ by one.
  if (padding_mask.defined()) {
    selection.score = at::where(padding_mask, logits.min(), logits);
    selection.foreground_counts =
        (padding_mask.logical_not().sum(1).to(at::kFloat) * keep_ratio).to(at::kLong) + 1;
    most = selection.foreground_counts.max().item<int64_t>();
    same_counts = selection.foreground_counts.min().item<int64_t>() == most;
  } else {
    selection.score = logits;
    most = static_cast<int64_t>(static_cast<float>(tokens) * static_cast<float>(keep_ratio)) + 1;
    selection.foreground_counts = at::full({logits.size(0)}, most, logits.options().dtype(at::kLong));
  }
  std::vector<int64_t> counts;
  for (const double share : cascade) {
    counts.push_back(std::clamp<int64_t>(
        static_cast<int64_t>(static_cast<float>(share) * static_cast<float>(most)), 1, tokens));
  }
  const auto best = std::get<1>(selection.score.topk(*std::max_element(counts.begin(), counts.end()), 1));
  for (const int64_t count : counts) {
    auto kept = best.slice(1, 0, count);
    at::Tensor counted;
    if (!same_counts)
      counted = at::arange(count, kept.options()).lt(selection.foreground_counts.unsqueeze(1));
    if (order == TokenOrder::kRaster && !counted.defined() && kept.is_cpu()) {
      kept = in_raster_order(kept, tokens);
    } else if (order == TokenOrder::kRaster) {
      const auto [sorted, rank] = kept.sort(1);
      kept = sorted;
      if (counted.defined()) counted = counted.gather(1, rank);
    }
    selection.kept.push_back({kept, counted});
  }
  return selection;
}

}  // namespace focus::models
