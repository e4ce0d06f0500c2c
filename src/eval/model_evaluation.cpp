#include "eval/model_evaluation.h"

#include "data/loader.h"
#include "detector/detector.h"
#include "eval/size_groups.h"

namespace focus::eval {
namespace {

/// Limit for images that wait for others of their size; about a full batch of large images.
constexpr int64_t kMostWaitingBytes = int64_t{256} << 20;

}  // namespace

std::vector<BoxDetection> detect_all(models::Detector& model, const images::PreprocessOptions& preprocess,
                                     const ClassJoin& classes,
                                     std::shared_ptr<const data::AnnotationStore> store,
                                     const ModelEvaluationOptions& options) {
  const bool was_training = model.is_training();
  model.eval();
  data::LoaderOptions loading;
  loading.batch_size = 1;
  loading.workers = options.workers;
  loading.shuffle = false;
  loading.prefetch = options.batch_size + 2;
  loading.shards = options.shards;
  loading.shard = options.shard;
  data::DataLoader loader(store, data::evaluation_transform(preprocess), loading);
  loader.start_epoch(0);

  std::vector<BoxDetection> detections;
  int64_t done = 0;
  const auto run = [&](SizeGroup group) {
    std::vector<nn::ImageSize> originals;
    for (const int64_t index : group.indices) originals.push_back(store->image(index).size);
    const auto batch = at::stack(group.images);
    group.images.clear();  // The batch is a copy.
    const auto found = detector::run_model(model, batch, originals, {});
    for (size_t i = 0; i < found.size(); ++i) {
      for (const auto& d : found[i]) {
        const auto& category = classes.ids.at(static_cast<size_t>(d.label));
        if (!category) continue;
        detections.push_back(
            {store->image(group.indices[i]).id, *category, d.x1, d.y1, d.x2 - d.x1, d.y2 - d.y1, d.score});
      }
    }
    done += static_cast<int64_t>(group.indices.size());
    if (options.progress) options.progress(done, loader.batches());
  };
  SizeGroups waiting(options.batch_size, kMostWaitingBytes);
  while (auto batch = loader.next()) {
    if (auto group = waiting.add(batch->images.images[0], batch->indices.front())) run(std::move(*group));
  }
  while (auto group = waiting.next_left()) run(std::move(*group));
  model.train(was_training);
  return detections;
}

}  // namespace focus::eval
