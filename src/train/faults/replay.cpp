#include "train/faults/replay.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "base/error.h"
#include "base/threads.h"
#include "models/architectures.h"
#include "train/detector_loss.h"

namespace focus::train {
namespace {

const std::string kModelTensors = "model.", kRandomState = "rng.cpu";

}  // namespace

void write_replay(const std::filesystem::path& path, Checkpoint checkpoint, const torch::nn::Module& module,
                  const Attempt& attempt) {
  export_tensors(unique_tensors(module), kModelTensors, checkpoint.tensors);
  checkpoint.tensors[kRandomState] = attempt.random_state;
  export_batch(attempt.batch, checkpoint.tensors);
  write_checkpoint(path, checkpoint);
}

Replay replay(const std::filesystem::path& path) {
  const std::string source = path.string();
  const Checkpoint checkpoint = read_checkpoint(path);
  Attempt attempt;
  attempt.batch = import_batch(checkpoint.tensors, source);
  const auto random = checkpoint.tensors.find(kRandomState);
  if (random == checkpoint.tensors.end()) fail("{}: tensor '{}' is missing", source, kRandomState);
  attempt.random_state = random->second;

  RunOptions options;
  OptionTable table;
  options.describe(table);
  auto run_options = checkpoint.options;
  run_options.erase("data");
  table.set_json(run_options, source);
  const int threads = options.train.threads > 0 ? static_cast<int>(options.train.threads) : physical_cores();
  at::set_num_threads(std::max(1, threads));
  const auto model = models::make_detector(options.model);
  import_tensors(checkpoint.tensors, kModelTensors, source, unique_tensors(*model));
  model->train(true);
  const auto loss = detector_loss(*model, options);
  double boxes = 0;
  for (const auto& target : attempt.batch.targets) boxes += static_cast<double>(target.labels.size(0));
  return {checkpoint.position, attempt.batch.indices,
          look_again(*model, attempt,
                     [&](const data::Batch& batch) { return loss(batch, std::max(boxes, 1.0)); })};
}

}  // namespace focus::train
