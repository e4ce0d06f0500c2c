// Which of several processes this one is.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace focus::train {

/// The processes that train together, as torchrun, Kubernetes' PyTorchJob, mpirun and srun tell them.
struct World {
  int rank = 0;                       ///< of this process, from 0
  int size = 1;                       ///< processes in all
  int local_rank = 0;                 ///< of this process on its machine
  int local_size = 1;                 ///< processes on its machine
  std::string address = "127.0.0.1";  ///< where rank 0 listens
  int port = 29500;

  bool alone() const { return size == 1; }
  bool leads() const { return rank == 0; }
};

/// Reads RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT; where RANK and
/// WORLD_SIZE are missing, what Open MPI and Slurm set instead. One process if none of them is set. Throws
/// UsageError naming a variable that is missing or makes no sense.
/// @param variable what the environment says; null where it says nothing
World world_from(const std::function<const char*(const char*)>& variable);

/// The same from the process's own environment.
World world_from_environment();

}  // namespace focus::train
