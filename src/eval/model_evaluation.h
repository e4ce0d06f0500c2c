// A model's detections on a data set.
#pragma once

#include <functional>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"
#include "eval/class_join.h"
#include "images/preprocess.h"
#include "models/detector.h"

namespace focus::eval {

struct ModelEvaluationOptions {
  int64_t batch_size = 1;
  int64_t workers = 2;
  int64_t shards = 1, shard = 0;  ///< every shards-th image from number `shard` on
  /// Called after each batch with the number of images done and of all images.
  std::function<void(int64_t, int64_t)> progress;
};

/// Runs a model over all images of the shard. Only images of the same size share a batch, so that none is
/// padded and the result does not depend on the batch size. The images that wait for others of their size are
/// bounded (size_groups.h).
/// @param classes the class of the store for each class of the model, in the order of its outputs: detections
/// get its id; those of a class without a partner are left out
std::vector<BoxDetection> detect_all(models::Detector& model, const images::PreprocessOptions& preprocess,
                                     const ClassJoin& classes,
                                     std::shared_ptr<const data::AnnotationStore> store,
                                     const ModelEvaluationOptions& options);

}  // namespace focus::eval
