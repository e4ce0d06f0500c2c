#include "nn/prepare.h"

namespace focus::nn {

void prepare(torch::nn::Module& root) {
  root.eval();
  if (auto* layer = dynamic_cast<Preparable*>(&root)) layer->prepare();
  for (auto& module : root.modules(/*include_self=*/false)) {
    if (auto* layer = dynamic_cast<Preparable*>(module.get())) layer->prepare();
  }
}

}  // namespace focus::nn
