#include "nn/prepare.h"

namespace focus::nn {

void prepare(torch::nn::Module& root) {
  root.eval();
  for (auto& module : root.modules()) {
    if (auto* layer = dynamic_cast<Preparable*>(module.get())) layer->prepare();
  }
}

}  // namespace focus::nn
