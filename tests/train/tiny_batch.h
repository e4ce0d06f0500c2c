// Two images of different sizes with two objects each, for detectors of models/tiny_model.h.
#pragma once

#include "data/loader.h"
#include "models/support.h"

namespace focus::test {

inline data::Batch tiny_batch() {
  data::Batch batch;
  batch.images = batch_of({image("test/learn/a", 96, 128), image("test/learn/b", 70, 110)});
  for (int64_t i = 0; i < 2; ++i) {
    batch.indices.push_back(40 + i);
    batch.targets.push_back({at::tensor({i, int64_t{2}}, at::kLong),
                             at::tensor({0.3f, 0.4f, 0.3f, 0.5f, 0.7f, 0.6f, 0.4f, 0.3f}).view({2, 4}),
                             batch.images.sizes[static_cast<size_t>(i)]});
  }
  return batch;
}

}  // namespace focus::test
