#include "eval/model_evaluation.h"

#include <map>

#include "data/loader.h"
#include "detector/detector.h"

namespace focus::eval {
namespace {

/// Pictures of one size that wait to be run together.
struct Group {
  std::vector<at::Tensor> images;
  std::vector<int64_t> indices;
};

}  // namespace

std::vector<BoxDetection> detect_all(models::Detector& model, const data::PreprocessOptions& preprocess,
                                     const std::vector<data::Category>& categories,
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

  std::map<std::pair<int64_t, int64_t>, Group> waiting;
  std::vector<BoxDetection> detections;
  int64_t done = 0;
  const auto run = [&](Group& group) {
    std::vector<nn::ImageSize> originals;
    for (const int64_t index : group.indices) originals.push_back(store->image(index).size);
    const auto found = detector::run_model(model, at::stack(group.images), originals, {});
    for (size_t i = 0; i < found.size(); ++i) {
      for (const auto& d : found[i]) {
        detections.push_back({store->image(group.indices[i]).id,
                              categories.at(static_cast<size_t>(d.label)).id, d.x1, d.y1, d.x2 - d.x1,
                              d.y2 - d.y1, d.score});
      }
    }
    done += static_cast<int64_t>(group.indices.size());
    group = {};
    if (options.progress) options.progress(done, loader.batches());
  };
  while (auto batch = loader.next()) {
    const auto& image = batch->images.images;
    Group& group = waiting[{image.size(2), image.size(3)}];
    group.images.push_back(image[0]);
    group.indices.push_back(batch->indices.front());
    if (static_cast<int64_t>(group.indices.size()) >= options.batch_size) run(group);
  }
  for (auto& entry : waiting) {
    if (!entry.second.indices.empty()) run(entry.second);
  }
  model.train(was_training);
  return detections;
}

std::vector<data::Category> with_ids_of(std::vector<data::Category> model,
                                        const std::vector<data::Category>& dataset) {
  std::map<std::string, int64_t> ids;
  for (const auto& [id, name] : dataset) {
    if (!ids.emplace(name, id).second) return model;
  }
  auto matched = model;
  for (auto& category : matched) {
    const auto found = ids.find(category.name);
    if (found == ids.end()) return model;
    category.id = found->second;
  }
  return matched;
}

}  // namespace focus::eval
