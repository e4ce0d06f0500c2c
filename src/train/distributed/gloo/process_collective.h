// Processes that meet through c10d: Gloo sums what is in the CPU's memory, NCCL, where it is, what is on
// GPUs.
#pragma once

#include <memory>

#include "train/distributed/collective.h"

namespace focus::train {

/// See connect.
std::unique_ptr<Collective> connect_by_gloo(const World& world, double timeout_seconds);

}  // namespace focus::train
