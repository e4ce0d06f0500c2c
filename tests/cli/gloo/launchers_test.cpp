// Training by the processes that other programs start, with the variables that those set.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "base/threads.h"
#include "cli/gloo/train_together.h"

namespace focus::test {
namespace {

using LaunchedTraining = TrainTogetherTest;
using LaunchedTrainingLong = TrainTogetherTest;

/// Ports of the loopback, one behind the other; the first is listened at, as torchrun's agent does.
class ListeningAgent {
 public:
  ListeningAgent() {
    for (int attempt = 0; attempt < 100; ++attempt) {
      close_all();
      handles_[0] = bound_to(0);
      handles_[1] = bound_to(port() + 1);
      if (handles_[0] >= 0 && handles_[1] >= 0) break;
    }
    if (handles_[1] < 0 || ::listen(handles_[0], 8) != 0) throw std::runtime_error("no port is free");
    ::close(std::exchange(handles_[1], -1));
  }
  ~ListeningAgent() { close_all(); }
  ListeningAgent(const ListeningAgent&) = delete;
  ListeningAgent& operator=(const ListeningAgent&) = delete;

  int port() const {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    ::getsockname(handles_[0], reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
  }

 private:
  static int bound_to(int port) {
    const int handle = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    if (port <= 65535 && ::bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      return handle;
    ::close(handle);
    return -1;
  }
  void close_all() {
    for (int& handle : handles_) {
      if (handle >= 0) ::close(std::exchange(handle, -1));
    }
  }

  int handles_[2] = {-1, -1};
};

/// A line of the shell that starts two processes, each with these variables and $i for its rank.
std::string two_processes(const std::string& variables, const std::string& arguments) {
  const std::string start = " env " + variables + " " + kCommand + arguments + " & ";
  return "i=0;" + start + "a=$!; i=1;" + start + "b=$!; wait $a && wait $b";
}

TEST_F(LaunchedTrainingLong, TheWorkersOfLaunchersFindEachOther) {
  const ListeningAgent agent;
  const std::string meeting = "MASTER_ADDR=localhost MASTER_PORT=" + std::to_string(agent.port());
  const std::pair<std::string, std::string> launchers[]{
      // While its agent listens at the port.
      {"torchrun", meeting + " TORCHELASTIC_USE_AGENT_STORE=True TORCHELASTIC_RUN_ID=none GROUP_RANK=0 "
                             "OMP_NUM_THREADS=1 RANK=$i WORLD_SIZE=2 LOCAL_RANK=$i LOCAL_WORLD_SIZE=2"},
      // Nothing says where they meet: all are on this machine.
      {"mpich", "MASTER_PORT=" + std::to_string(agent.port() + 1) +
                    " PMI_RANK=$i PMI_SIZE=2 PMI_FD=9 MPI_LOCALRANKID=$i MPI_LOCALNRANKS=2"},
      {"openmpi", "MASTER_PORT=" + std::to_string(agent.port() + 1) +
                      " OMPI_COMM_WORLD_RANK=$i OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_RANK=$i "
                      "OMPI_COMM_WORLD_LOCAL_SIZE=2"},
      {"slurm", "MASTER_PORT=" + std::to_string(agent.port() + 1) +
                    " SLURM_PROCID=$i SLURM_NTASKS=2 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=2 "
                    "SLURM_NODEID=0 SLURM_LOCALID=$i"}};
  for (const auto& [name, variables] : launchers) {
    const auto outcome = run_shell(two_processes(
        variables, arguments(name, "train.batch_size=2 train.epochs=2 train.worker_timeout=60")));
    ASSERT_EQ(outcome.code, 0) << name << ": " << outcome.output;
    int steps = 0;
    for (const auto& line : log(name)) steps += line["kind"] == "train";
    EXPECT_EQ(steps, 4) << name << ": 8 images, 2 of each process a step";
  }
}

TEST_F(LaunchedTraining, AJobScriptOfSlurmTrainsAlone) {
  const auto outcome = run_shell(
      "env SLURM_JOB_ID=5 SLURM_PROCID=0 SLURM_NODEID=0 SLURM_LOCALID=0 SLURM_NTASKS=2 SLURM_NPROCS=2 "
      "SLURM_TASKS_PER_NODE=2 " +
      std::string(kCommand) + arguments("run", "train.batch_size=2 train.epochs=1"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  int steps = 0;
  for (const auto& line : log("run")) steps += line["kind"] == "train";
  EXPECT_EQ(steps, 4) << "all 8 images, by one";
}

TEST_F(LaunchedTraining, AProcessThatIsBoundToOneCpuSaysSo) {
  const auto cpus = allowed_cpus();
  if (cpus.size() < 2) GTEST_SKIP() << "one CPU only";
  const auto bound = run_shell(
      "env OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_LOCAL_RANK=0 "
      "OMPI_COMM_WORLD_LOCAL_SIZE=1 taskset -c " +
      std::to_string(cpus.back()) + " " + kCommand +
      arguments("bound", "train.batch_size=2 train.epochs=1 train.threads=0"));
  ASSERT_EQ(bound.code, 0) << bound.output;
  EXPECT_NE(bound.output.find("warning: each process may use 1 of this machine's "), std::string::npos)
      << bound.output;
  EXPECT_NE(bound.output.find("`mpirun --bind-to none`"), std::string::npos) << bound.output;
  const auto free = train("free", "train.batch_size=2 train.epochs=1");
  EXPECT_EQ(free.output.find("each process may use"), std::string::npos) << free.output;
}

}  // namespace
}  // namespace focus::test
