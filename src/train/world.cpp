#include "train/world.h"

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace focus::train {
namespace {

using Variable = std::function<const char*(const char*)>;

/// Ways to say rank, size and local rank, in the order they are looked for.
struct Dialect {
  const char *rank, *size, *local_rank, *local_size;
};
constexpr Dialect kDialects[] = {
    {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"},
};

std::optional<int> number(const Variable& variable, const char* name, int least, int most) {
  const char* text = variable(name);
  if (text == nullptr) return std::nullopt;
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end || value < least || value > most) {
    fail_usage("the environment's {} is '{}'; it must be a number from {} to {}", name, text, least, most);
  }
  return value;
}

}  // namespace

World world_from(const Variable& variable) {
  constexpr int kMostProcesses = 1 << 20;
  World world;
  for (const auto& [rank, size, local_rank, local_size] : kDialects) {
    const auto found_rank = number(variable, rank, 0, kMostProcesses - 1);
    const auto found_size = number(variable, size, 1, kMostProcesses);
    if (!found_rank && !found_size) continue;
    if (!found_rank || !found_size) {
      fail_usage("the environment has {} but not {}; a launcher sets both", found_rank ? rank : size,
                 found_rank ? size : rank);
    }
    if (*found_rank >= *found_size) {
      fail_usage("the environment's {} is {}, which is not below {} = {}", rank, *found_rank, size,
                 *found_size);
    }
    world.rank = *found_rank;
    world.size = *found_size;
    world.local_rank = number(variable, local_rank, 0, kMostProcesses - 1).value_or(0);
    world.local_size = number(variable, local_size, 1, kMostProcesses).value_or(1);
    break;
  }
  if (world.alone()) return world;
  if (const char* address = variable("MASTER_ADDR"); address != nullptr && *address != '\0') {
    world.address = address;
  } else {
    fail_usage("{} processes train together, but the environment has no MASTER_ADDR: where rank 0 listens",
               world.size);
  }
  world.port = number(variable, "MASTER_PORT", 1, 65535).value_or(world.port);
  return world;
}

World world_from_environment() {
  return world_from([](const char* name) { return static_cast<const char*>(std::getenv(name)); });
}

}  // namespace focus::train
