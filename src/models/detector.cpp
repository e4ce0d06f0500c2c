#include "models/detector.h"

#include <algorithm>

#include "base/error.h"
#include "nn/reference_path.h"

namespace focus::models {

Detector::Detector(const DetectorOptions& options)
    : options_(options), random_(std::make_shared<GeneratorSource>()) {
  options.validate();
  backbone_ = register_module("backbone", make_backbone(options.backbone));
}

void Detector::set_keep_ratio(double ratio) {
  if (ratio == 1) return;
  fail_usage("architecture {} has no keep ratio to choose: its encoder updates all tokens; found {}",
             options_.architecture, ratio);
}

Padding padding_of(const nn::ImageBatch& batch, bool ignore) {
  if (ignore) return {at::zeros_like(batch.padding_mask), false};
  const nn::ImageSize canvas{batch.padding_mask.size(1), batch.padding_mask.size(2)};
  const bool any =
      batch.sizes.empty() || nn::ReferencePath::active() ||
      std::any_of(batch.sizes.begin(), batch.sizes.end(), [&](const auto& size) { return size != canvas; });
  return {batch.padding_mask, any};
}

}  // namespace focus::models
