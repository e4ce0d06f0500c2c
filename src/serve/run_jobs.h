// What a model does with a batch.
#pragma once

#include "serve/batcher.h"

namespace focus::serve {

/// A Batcher::Run: the jobs' own model runs them. Images to detect in share a batch of the model; each one's
/// own threshold and limit are applied to what all of them get. Tiles come at most `max_batch` at a time, and
/// between two times `stop` is asked. Counts the executions in the model's statistics.
std::vector<JobResult> run_jobs(const std::vector<Job>& jobs, int64_t max_batch,
                                const std::function<bool()>& stop);

}  // namespace focus::serve
