// Which of several processes this one is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace focus::train {

/// Who started this process.
enum class Launcher { kNone, kTorch, kOpenMpi, kMpich, kSlurm };

/// The processes that train together, as torchrun, Kubernetes' PyTorchJob, mpirun and srun describe them.
struct World {
  int rank = 0;                       ///< of this process, from 0
  int size = 1;                       ///< processes in all
  int local_rank = 0;                 ///< of this process on its machine
  int local_size = 1;                 ///< processes on its machine
  std::string address = "127.0.0.1";  ///< where rank 0 listens
  int port = 29500;
  Launcher launcher = Launcher::kNone;

  bool alone() const { return size == 1; }
  bool leads() const { return rank == 0; }
};

/// Reads RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT; where RANK and
/// WORLD_SIZE are missing, what Open MPI, MPICH and Intel MPI, and Slurm's srun set instead. One process if
/// none of them is set: a Slurm job script is not one of srun's tasks. Processes that are all on one machine
/// meet there without MASTER_ADDR. Where torchrun's agent listens at MASTER_PORT itself, they meet at the
/// port beside it. Throws UsageError naming a variable that is missing or makes no sense.
/// @param variable what the environment says; null where it says nothing
World world_from(const std::function<const char*(const char*)>& variable);

/// The same from the process's own environment.
World world_from_environment();

/// The number at a place of Slurm's short lists: of "2(x3),1" it is 2 at 0 to 2 and 1 at 3. None where there
/// is none.
std::optional<int> entry_of_slurm_list(std::string_view list, int place);

}  // namespace focus::train
