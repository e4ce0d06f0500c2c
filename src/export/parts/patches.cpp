#include "export/parts/patches.h"

namespace focus::exporter {

Value missing_to(const Value& size, int64_t multiple) {
  auto& graph = *size.graph;
  const auto step = graph.integers({multiple});
  const auto rest = graph.node("Mod", {size, step}, Type::kInt64);
  return graph.node("Mod", {step - rest, step}, Type::kInt64);
}

Value patch_convolution(const Part& part, const Value& x) {
  const Graph::Scope scope(part.graph(), part.name());
  const int64_t patch = part.tensor("weight").size(2);
  const auto whole = pad_end(x, 4, {{2, missing_to(size(x, 2), patch)}, {3, missing_to(size(x, 3), patch)}});
  return convolve(whole, heavy_weight(part, "weight", part.tensor("weight")),
                  heavy_weight(part, "bias", part.tensor("bias")), {.stride = patch});
}

}  // namespace focus::exporter
