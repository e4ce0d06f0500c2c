#include "models/detector.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/reference_path.h"

namespace focus::models {

Detector::Detector(const DetectorOptions& options)
    : options_(options), random_(std::make_shared<GeneratorSource>()) {
  options.validate();
  backbone_ = register_module("backbone", make_backbone(options.backbone));
}

nn::DetectorOutput Detector::forward(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets,
                                     Trace* trace) {
  std::optional<nn::AutocastScope> precision;
  if (mixed_) precision.emplace(nn::AutocastState::bfloat16());
  if (batch.images.device() == device_) return run(batch, targets, trace);
  return run(nn::moved(batch, device_), targets, trace);
}

void Detector::move_to(const at::Device& device, bool mixed) {
  const at::NoGradGuard no_grad;
  to(device);
  device_ = device;
  mixed_ = mixed;
  if (device.is_cpu()) return;
  // Convolutions on GPUs are fastest in the channels-last layout.
  for (auto& parameter : parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
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
