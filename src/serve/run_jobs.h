// Runs a model on a batch.
#pragma once

#include "serve/batcher.h"

namespace focus::serve {

/// A Batcher::Run: runs the jobs with their model. Images to detect in share one batch; each job's own
/// threshold and limit are then applied to its detections. Tiles run at most `max_batch` at a time; between
/// two such batches it calls `between`, in which other jobs may use the model, and checks `stop`. Counts the
/// executions in the model's statistics.
std::vector<JobResult> run_jobs(const std::vector<Job>& jobs, int64_t max_batch,
                                const std::function<bool()>& stop,
                                const std::function<void()>& between = nullptr);

}  // namespace focus::serve
