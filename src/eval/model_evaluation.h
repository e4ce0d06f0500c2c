// A model's detections on a data set, and what they are worth.
#pragma once

#include <functional>
#include <vector>

#include "data/annotations.h"
#include "data/preprocess.h"
#include "eval/box_detection.h"
#include "models/detector.h"

namespace focus::eval {

struct ModelEvaluationOptions {
  int64_t batch_size = 1;
  int64_t workers = 2;
  int64_t shards = 1, shard = 0;  ///< every shards-th picture from number `shard` on
  /// Called after each batch with pictures done and pictures in all.
  std::function<void(int64_t, int64_t)> progress;
};

/// Runs a model over all pictures of the shard. Only pictures of the same size share a batch, so that none is
/// padded and the result does not depend on the batch size.
/// @param categories the model's classes, in the order of its outputs; detections get their ids
std::vector<BoxDetection> detect_all(models::Detector& model, const data::PreprocessOptions& preprocess,
                                     const std::vector<data::Category>& categories,
                                     std::shared_ptr<const data::AnnotationStore> store,
                                     const ModelEvaluationOptions& options);

/// A model's classes with the ids of a data set's classes of the same names, so that a model trained on one
/// format is measured on another, whose ids differ. Unchanged unless the data set has every name, once.
std::vector<data::Category> with_ids_of(std::vector<data::Category> model,
                                        const std::vector<data::Category>& dataset);

}  // namespace focus::eval
