#include "train/distributed/core_share.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "base/threads.h"

namespace focus::train {
namespace {

std::string text_of(const Seat& seat) {
  std::ostringstream text;
  text << seat.machine << '\n';
  for (const int cpu : seat.cpus) text << cpu << ' ';
  return text.str();
}

Seat seat_of(const std::string& text) {
  std::istringstream words(text);
  Seat seat;
  std::getline(words, seat.machine);
  for (int cpu = 0; words >> cpu;) seat.cpus.push_back(cpu);
  return seat;
}

/// Online CPUs of the machine, whatever the affinity mask; 0: unknown.
int online_cpus() { return static_cast<int>(std::max(0L, ::sysconf(_SC_NPROCESSORS_ONLN))); }

}  // namespace

double cpus_left_to(const std::vector<Seat>& seats, size_t own) {
  double left = 0;
  for (const int cpu : seats[own].cpus) {
    const auto sharers = std::count_if(seats.begin(), seats.end(), [&](const Seat& seat) {
      return seat.machine == seats[own].machine &&
             std::find(seat.cpus.begin(), seat.cpus.end(), cpu) != seat.cpus.end();
    });
    left += 1.0 / static_cast<double>(sharers);
  }
  return left;
}

Seat own_seat() {
  Seat seat;
  // Hosts may share a name, as containers of one image do, but not this number.
  std::ifstream("/proc/sys/kernel/random/boot_id") >> seat.machine;
  std::array<char, 256> name{};
  if (seat.machine.empty() && ::gethostname(name.data(), name.size() - 1) == 0) seat.machine = name.data();
  seat.cpus = allowed_cpus();
  return seat;
}

CoreShare share_of_cores(const World& world, Collective* collective) {
  std::vector<Seat> seats;
  if (collective != nullptr) {
    for (const auto& text : collective->gather(text_of(own_seat()))) seats.push_back(seat_of(text));
  } else {
    seats.push_back(own_seat());
  }
  const auto place = collective != nullptr ? static_cast<size_t>(world.rank) : 0;
  const Seat& own = seats[place];
  const int cores = physical_cores();
  if (own.cpus.empty()) return {std::max(1, cores / world.local_size), std::nullopt};
  const double left = cpus_left_to(seats, place);
  const double part = left / static_cast<double>(own.cpus.size()) * cores;
  // Unlike a mask, a quota holds for all processes of a container together.
  const double allowed = quota_cpus() ? static_cast<double>(*quota_cpus()) / world.local_size : part;
  constexpr double kRounding = 1e-6;
  return {std::max(1, static_cast<int>(std::min(part, allowed) + kRounding)),
          note_on_binding(world, left, online_cpus())};
}

std::optional<std::string> note_on_binding(const World& world, double left_to_it, int online) {
  const double share = static_cast<double>(online) / world.local_size;
  if (online == 0 || left_to_it + 0.5 > share) return std::nullopt;
  const char* remedy = nullptr;
  switch (world.launcher) {
    case Launcher::kOpenMpi:
      remedy = "Open MPI binds each process to a core; `mpirun --bind-to none` does not";
      break;
    case Launcher::kMpich:
      remedy = "mpiexec was told to bind them; `mpiexec -bind-to none` does not";
      break;
    case Launcher::kSlurm:
      remedy = "Slurm gives a task what `--cpus-per-task` asks for";
      break;
    default:
      return std::nullopt;
  }
  return fmt::format(
      "warning: each process may use {:.3g} of this machine's {} CPUs, where {:.3g} would be its share: {}",
      left_to_it, online, share, remedy);
}

}  // namespace focus::train
