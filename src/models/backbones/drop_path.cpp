#include "models/backbones/drop_path.h"

#include <numeric>

namespace focus::models {

at::Tensor drop_path(const at::Tensor& branch, double chance, bool training) {
  if (!training || chance <= 0) return branch;
  // Drawn on the CPU, because checkpoints hold its generator's state.
  const auto kept = at::rand({branch.size(0), 1, 1, 1}).ge(chance).to(branch.options());
  return branch * (kept / (1 - chance));
}

std::vector<std::vector<double>> drop_chances(double last, const std::array<int64_t, 4>& blocks) {
  const int64_t all = std::accumulate(blocks.begin(), blocks.end(), int64_t{0});
  std::vector<std::vector<double>> chances;
  int64_t block = 0;
  for (const int64_t count : blocks) {
    auto& stage = chances.emplace_back();
    for (int64_t i = 0; i < count; ++i, ++block) {
      stage.push_back(last * static_cast<double>(block) / static_cast<double>(all - 1));
    }
  }
  return chances;
}

}  // namespace focus::models
