// A training loop of one's own with LibTorch around multi-scale deformable attention: 16 queries learn where
// in two levels of features the brightest token lies, by the gradient of where they look.
#include <focus_detr/ops/ms_deform_attn.h>
#include <torch/torch.h>

#include <iostream>

namespace {

/// Features of two levels in which one place stands out. Returns tokens (1, S, 1, 1) and that place, 0..1.
std::pair<torch::Tensor, torch::Tensor> scene(const std::vector<int64_t>& sides, double x, double y) {
  std::vector<torch::Tensor> levels;
  for (const int64_t side : sides) {
    const auto centres = (torch::arange(side) + 0.5) / side;
    const auto bump =
        torch::exp(-20 * ((centres.view({1, -1}) - x).square() + (centres.view({-1, 1}) - y).square()));
    levels.push_back(bump.reshape({1, -1, 1, 1}));
  }
  return {torch::cat(levels, 1), torch::tensor({x, y})};
}

}  // namespace

int main() {
  torch::manual_seed(1);
  const std::vector<int64_t> sides{16, 8};
  const auto shapes = torch::tensor({16, 16, 8, 8}, torch::kLong).view({2, 2});
  const auto starts = torch::tensor({0, 256}, torch::kLong);
  const auto [tokens, place] = scene(sides, 0.7, 0.35);
  constexpr int64_t kQueries = 16, kPoints = 2;
  auto logits = torch::randn({1, kQueries, 1, 2, kPoints, 2}).requires_grad_();
  const auto weights = torch::full({1, kQueries, 1, 2, kPoints}, 1.0 / (2 * kPoints));
  torch::optim::Adam optimizer({logits}, torch::optim::AdamOptions(0.1));
  for (int step = 0; step < 300; ++step) {
    const auto seen = focus::ops::ms_deform_attn(tokens, shapes, starts, logits.sigmoid(), weights);
    const auto loss = -seen.mean();  // Look where it is bright.
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 100 == 0) std::cout << "step " << step << ": brightness " << -loss.item<double>() << '\n';
  }
  const double distance = (logits.sigmoid() - place).norm(2, -1).mean().item<double>();
  std::cout << "the queries look " << distance << " away from the brightest place\n";
  return distance < 0.05 ? 0 : 1;
}
