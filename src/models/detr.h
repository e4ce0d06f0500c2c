// DETR: "End-to-End Object Detection with Transformers" (Carion et al., ECCV 2020).
#pragma once

#include <memory>
#include <vector>

#include "models/decoders/heads.h"
#include "models/detector.h"
#include "models/detr_transformer.h"
#include "nn/convolution.h"

namespace focus::models {

/// One feature map, the backbone's last; plain attention; learned queries; softmax over the classes and "no
/// object". With BackboneOptions::dilated it is DETR-DC5. All decoder layers share their heads.
class Detr : public Detector {
 public:
  explicit Detr(const DetectorOptions& options);

 protected:
  nn::DetectorOutput run(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets,
                         Trace* trace) override;

 private:
  std::shared_ptr<nn::Convolution> input_proj_;
  std::shared_ptr<nn::Embedding> query_embed_;
  std::shared_ptr<DetrTransformer> transformer_;
  Heads heads_;
};

}  // namespace focus::models
