// How many cores each of the processes that train together on a machine may use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "train/distributed/collective.h"

namespace focus::train {

/// What a process reports about where it runs.
struct Seat {
  std::string machine;    ///< the same for the processes of a machine, and for no others
  std::vector<int> cpus;  ///< of its affinity mask
};

/// The part of a process's CPUs that is left to it: each CPU is shared among the processes whose mask has it.
/// A launcher that binds each process to CPUs of its own has divided the machine already.
double cpus_left_to(const std::vector<Seat>& seats, size_t own);

/// This process's seat.
Seat own_seat();

/// What a process may use.
struct CoreShare {
  int cores = 1;                    ///< for its arithmetic, at least 1
  std::optional<std::string> note;  ///< warnings to show
};

/// This process's share. All processes must call it at the same time; `collective` is null for one process.
CoreShare share_of_cores(const World& world, Collective* collective);

/// The warning about a mask that leaves the processes of this machine fewer CPUs than it has for them, with
/// the remedy; none if it does not, or if no launcher bound them.
/// @param left_to_it of cpus_left_to
/// @param online CPUs of the machine
std::optional<std::string> note_on_binding(const World& world, double left_to_it, int online);

}  // namespace focus::train
