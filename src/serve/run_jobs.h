// What a model does with a batch.
#pragma once

#include "serve/batcher.h"

namespace focus::serve {

/// A Batcher::Run: the jobs' own model runs them. Images to detect in share a batch of the model; each one's
/// own threshold and limit are applied to what all of them get. Tiles come at most `max_batch` at a time, and
/// between two times `between` is called, where others may run the model, and `stop` is asked. Counts the
/// executions in the model's statistics.
std::vector<JobResult> run_jobs(const std::vector<Job>& jobs, int64_t max_batch,
                                const std::function<bool()>& stop,
                                const std::function<void()>& between = nullptr);

}  // namespace focus::serve
