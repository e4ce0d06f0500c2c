// The part of the trainer that deals with steps whose loss or gradient is not finite.
#include "base/error.h"
#include "base/files.h"
#include "train/faults/replay.h"
#include "train/trainer.h"

namespace focus::train {
namespace {

/// A run that meets many faults keeps the first ones: each file is as large as the model and its batch.
constexpr int64_t kMostReplayFiles = 5;

}  // namespace

void Trainer::skip_step(const std::vector<Attempt>& attempts, double norm, double num_boxes) {
  const Position& position = result_.position;
  {
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < buffers_.size(); ++i) buffers_[i].value.copy_(buffers_before_[i]);
  }
  notify(fmt::format("step {}: the norm of the gradient is {}; step skipped, {} so far", position.iteration,
                     norm, guard_.skipped()));
  if (guard_.in_a_row() == 1) {
    const auto findings = look_into(attempts, num_boxes);
    const auto of_all =
        hooks_.collective ? hooks_.collective->gather(findings) : std::vector<std::string>{findings};
    for (size_t rank = 0; leads() && rank < of_all.size(); ++rank) {
      if (of_all[rank].empty()) continue;
      notify(fmt::format("step {}: {}{}", position.iteration,
                         of_all.size() > 1 ? fmt::format("process {}: ", rank) : "", of_all[rank]));
    }
  }
  if (guard_.in_a_row() < options_.max_skipped_steps) return;
  const bool saved = std::filesystem::exists(checkpoints_.last());
  fail(
      "the gradient was not finite in {} steps in a row; {}lower train.optimizer.lr, or look for bad boxes "
      "in the data",
      guard_.in_a_row(),
      saved ? fmt::format("{} is the last good checkpoint: continue with --resume, ",
                          checkpoints_.last().string())
            : "");
}

std::string Trainer::look_into(const std::vector<Attempt>& attempts, double num_boxes) {
  std::string findings;
  for (const auto& attempt : attempts) {
    const auto report =
        look_again(module_, attempt, [&](const data::Batch& batch) { return hooks_.loss(batch, num_boxes); });
    if (report.cause.empty()) continue;
    findings +=
        fmt::format("{}{}; the images with indices {} in the training set; {}", findings.empty() ? "" : "; ",
                    report.cause, fmt::join(attempt.batch.indices, ", "), keep_for_replay(attempt));
  }
  // Gradients of several batches or processes can be finite each, and their sum not.
  return findings.empty() && !hooks_.collective ? "a second look at its batches found nothing" : findings;
}

std::string Trainer::keep_for_replay(const Attempt& attempt) {
  if (replay_files_ >= kMostReplayFiles) return fmt::format("not kept, {} others are", replay_files_);
  const bool first = leads();
  const auto path =
      folder_ / fmt::format("fault-{:06}{}.safetensors", result_.position.iteration,
                            first ? "" : fmt::format("-rank{}", hooks_.collective->world().rank));
  try {
    make_folder(folder_);
    write_replay(path, {result_.position, {}, all_options(), {}}, module_, attempt);
  } catch (const Error& error) {
    return fmt::format("not kept for a replay: {}", error.what());
  }
  ++replay_files_;
  return fmt::format("look at it with: focus-detr train --replay {}", path.string());
}

}  // namespace focus::train
