#include "train/distributed/world.h"

#include <cstdlib>

#include "base/error.h"
#include "base/numbers.h"

namespace focus::train {
namespace {

using Variable = std::function<const char*(const char*)>;

constexpr int kMostProcesses = 1 << 20, kMostPorts = 65535;

/// The variables in which a launcher passes rank, size and local rank. `local_size` may be null.
struct Dialect {
  Launcher launcher;
  const char *rank, *size, *local_rank, *local_size;
};
constexpr Dialect kTorch{Launcher::kTorch, "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"};
constexpr Dialect kOpenMpi{Launcher::kOpenMpi, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                           "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"};
constexpr Dialect kMpich{Launcher::kMpich, "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"};
// SLURM_NTASKS and SLURM_NTASKS_PER_NODE belong to the allocation and are also set in job scripts, where
// SLURM_PROCID is 0; these are set for a step's tasks alone.
constexpr Dialect kSlurm{Launcher::kSlurm, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", nullptr};

std::optional<int> number(const Variable& variable, const char* name, int least, int most) {
  const char* text = variable(name);
  if (text == nullptr) return std::nullopt;
  const auto value = parse_number<int>(text);
  if (!value || *value < least || *value > most) {
    fail_usage("the environment's {} is '{}'; it must be a number from {} to {}", name, text, least, most);
  }
  return value;
}

bool is_set(const Variable& variable, const char* name) { return variable(name) != nullptr; }

/// Which launcher's variables count; null for none.
const Dialect* dialect_of(const Variable& variable) {
  const auto speaks = [&](const Dialect& dialect) {
    return is_set(variable, dialect.rank) || is_set(variable, dialect.size);
  };
  if (speaks(kTorch)) return &kTorch;
  if (speaks(kOpenMpi)) return &kOpenMpi;
  // Within Slurm mpiexec starts its helpers by srun, whose variables its processes have as well; where srun
  // itself speaks PMI, it alone knows who shares a machine.
  const bool is_step = is_set(variable, kSlurm.size);
  if (speaks(kMpich) && (is_set(variable, kMpich.local_size) || !is_step)) return &kMpich;
  return is_step ? &kSlurm : nullptr;
}

int local_size_of(const Dialect& dialect, const Variable& variable) {
  if (dialect.local_size != nullptr)
    return number(variable, dialect.local_size, 1, kMostProcesses).value_or(1);
  const char* list = variable("SLURM_STEP_TASKS_PER_NODE");
  const int node = number(variable, "SLURM_NODEID", 0, kMostProcesses).value_or(0);
  return list == nullptr ? 1 : entry_of_slurm_list(list, node).value_or(1);
}

/// How to set MASTER_ADDR, as an ending of an error.
const char* advice_of(Launcher launcher) {
  switch (launcher) {
    case Launcher::kSlurm:
      return "; in the job script: export MASTER_ADDR=$(scontrol show hostnames \"$SLURM_JOB_NODELIST\" | "
             "head -n 1)";
    case Launcher::kOpenMpi:
      return "; for instance: mpirun -x MASTER_ADDR=$(hostname) ...";
    case Launcher::kMpich:
      return "; for instance: mpiexec -genv MASTER_ADDR $(hostname) ...";
    default:
      return "";
  }
}

/// torchrun's agent keeps a store of its own at MASTER_PORT, which an older LibTorch cannot use.
bool is_port_taken_by_agent(const Variable& variable) {
  const char* said = variable("TORCHELASTIC_USE_AGENT_STORE");
  const std::string_view text = said == nullptr ? "" : said;
  return text == "True" || text == "true" || text == "1";
}

}  // namespace

std::optional<int> entry_of_slurm_list(std::string_view list, int place) {
  const auto take = [&list](int& value) {
    const auto number = take_number<int>(list);
    value = number.value_or(0);
    return value >= 1 && value <= kMostProcesses;
  };
  while (true) {
    int value = 0, times = 1;
    if (!take(value)) return std::nullopt;
    if (list.starts_with("(x")) {
      list.remove_prefix(2);
      if (!take(times) || !list.starts_with(")")) return std::nullopt;
      list.remove_prefix(1);
    }
    if (place < times) return value;
    place -= times;
    if (!list.starts_with(",")) return std::nullopt;
    list.remove_prefix(1);
  }
}

World world_from(const Variable& variable) {
  World world;
  const Dialect* dialect = dialect_of(variable);
  if (dialect == nullptr) return world;
  const auto found_rank = number(variable, dialect->rank, 0, kMostProcesses - 1);
  const auto found_size = number(variable, dialect->size, 1, kMostProcesses);
  if (!found_rank || !found_size) {
    fail_usage("the environment has {} but not {}; a launcher sets both",
               found_rank ? dialect->rank : dialect->size, found_rank ? dialect->size : dialect->rank);
  }
  if (*found_rank >= *found_size) {
    fail_usage("the environment's {} is {}, which is not below {} = {}", dialect->rank, *found_rank,
               dialect->size, *found_size);
  }
  world.launcher = dialect->launcher;
  world.rank = *found_rank;
  world.size = *found_size;
  world.local_rank = number(variable, dialect->local_rank, 0, kMostProcesses - 1).value_or(0);
  world.local_size = local_size_of(*dialect, variable);
  if (world.alone()) return world;
  if (const char* address = variable("MASTER_ADDR"); address != nullptr && *address != '\0') {
    world.address = address;
  } else if (world.local_size != world.size) {
    fail_usage("{} processes train together, but the environment has no MASTER_ADDR: where rank 0 listens{}",
               world.size, advice_of(world.launcher));
  }
  world.port = number(variable, "MASTER_PORT", 1, kMostPorts).value_or(world.port);
  if (world.launcher == Launcher::kTorch && is_port_taken_by_agent(variable)) {
    world.port += world.port < kMostPorts ? 1 : -1;
  }
  return world;
}

World world_from_environment() {
  return world_from([](const char* name) { return static_cast<const char*>(std::getenv(name)); });
}

}  // namespace focus::train
