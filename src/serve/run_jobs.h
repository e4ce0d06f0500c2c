// What a server's model does with a batch.
#pragma once

#include "serve/batcher.h"

namespace focus::serve {

/// Runs jobs of one keep ratio, which are all or none to be explained. Pictures to detect in share a batch of
/// the model; each one's own threshold and limit are applied to what all of them get.
std::vector<Finding> run_jobs(detector::Detector& model, const std::vector<Job>& jobs);

}  // namespace focus::serve
