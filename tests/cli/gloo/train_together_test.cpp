// Training by several processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/files.h"
#include "base/threads.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "data/temporary_folder.h"
#include "io/safetensors.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

/// Nothing in it depends on which pictures share a batch: no denoising groups, frozen normalisation, one
/// size.
constexpr const char* kSeparable = R"(
model:
  backbone: {name: resnet18, width: 8, norm: frozen, frozen_stages: 0}
  transformer: {width: 32, heads: 2, points: 2, feedforward_width: 32, encoder_layers: 1, decoder_layers: 2, queries: 10}
  focus: {cascade: [1.0], fine_grained_tokens: 10}
  denoising: {queries: 0}
  max_detections: 10
preprocess: {short_side: 64, max_side: 96}
augment: {short_sides: [64], max_side: 96, crop: 0}
loader: {workers: 1}
train: {epochs: 25, threads: 1, log_every: 1, eval_every: 5, optimizer: {lr: 1.0e-4}}
)";

class TrainTogether : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(data_, 8);
    write_text(config_, kSeparable);
  }

  std::string arguments(const std::string& out, const std::string& more) const {
    return "train --data " + data_.string() + " --out " + (folder_.path() / out).string() + " --config " +
           config_.string() + " " + more;
  }
  Outcome train(const std::string& out, const std::string& more) const { return run(arguments(out, more)); }

  std::vector<nlohmann::json> log(const std::string& out) const {
    const auto path = folder_.path() / out / "metrics.jsonl";
    std::vector<nlohmann::json> lines;
    if (!fs::exists(path)) return lines;
    std::istringstream text(read_file(path, 1 << 20));
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  void expect_same_weights(const std::string& a, const std::string& b) const {
    const auto one = io::read_safetensors(folder_.path() / a / "last.safetensors").tensors;
    const auto other = io::read_safetensors(folder_.path() / b / "last.safetensors").tensors;
    ASSERT_EQ(one.size(), other.size());
    for (const auto& [name, tensor] : one) EXPECT_TRUE(tensor.equal(other.at(name))) << name;
  }

  TemporaryFolder folder_;
  fs::path data_ = folder_.path() / "data";
  fs::path config_ = folder_.path() / "separable.yaml";
};

TEST_F(TrainTogether, NProcessesTakeTheStepsOfOneWithALargeBatch) {
  // The same arithmetic on every machine: AVX-512 adds up a batch of one and a batch of four in more
  // different orders.
  ::setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);
  ASSERT_EQ(train("one", "train.batch_size=4").code, 0);
  const auto outcome = train("two", "--nproc 2 train.batch_size=2");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  ASSERT_EQ(train("four", "--nproc 4 train.batch_size=1").code, 0);
  ASSERT_EQ(train("accumulated", "train.batch_size=2 train.accumulate=2").code, 0);
  const auto one = log("one");
  int steps = 0;
  for (const std::string other : {"two", "four", "accumulated"}) {
    const auto lines = log(other);
    ASSERT_EQ(lines.size(), one.size());
    for (size_t i = 0; i < one.size(); ++i) {
      ASSERT_EQ(lines[i]["kind"], one[i]["kind"]);
      for (const char* name :
           {"loss", "loss_class", "loss_giou", "select_loss", "gradient_norm", "AP", "AR_100"}) {
        if (!one[i].contains(name)) continue;
        const double expected = one[i][name];
        // The norm of the gradient is taken before clipping and passes through ties of the matching.
        EXPECT_NEAR(lines[i][name].get<double>(), expected, 1e-4 * std::max(1.0, std::abs(expected)))
            << other << ", line " << i << ", " << name;
      }
      steps += one[i]["kind"] == "train";
    }
  }
  EXPECT_EQ(steps, 150);
  ::unsetenv("DNNL_MAX_CPU_ISA");
}

TEST_F(TrainTogether, AStoppedRunEndsWithTheBitsOfAnUndisturbedOne) {
  ASSERT_EQ(train("whole", "--nproc 2 train.batch_size=2 train.epochs=4 model.denoising.queries=4").code, 0);
  ASSERT_EQ(train("parts",
                  "--nproc 2 train.batch_size=2 train.epochs=4 model.denoising.queries=4 "
                  "train.max_minutes=0.0001")
                .code,
            0);
  for (int i = 0; i < 20 && log("parts").size() < log("whole").size(); ++i) {
    const auto outcome = train("parts",
                               "--resume --nproc 2 train.batch_size=2 train.epochs=4 "
                               "model.denoising.queries=4 train.max_minutes=" +
                                   std::string(i < 2 ? "0.0001" : "0"));
    ASSERT_EQ(outcome.code, 0) << outcome.output;
  }
  expect_same_weights("whole", "parts");
}

TEST_F(TrainTogether, AnotherNumberOfProcessesContinues) {
  ASSERT_EQ(train("run", "--nproc 2 train.batch_size=2 train.epochs=2").code, 0);
  const size_t before = log("run").size();
  const auto outcome = train("run", "--resume train.batch_size=2 train.epochs=3");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("the run had 2 processes and has 1 from here on"), std::string::npos)
      << outcome.output;
  const auto lines = log("run");
  ASSERT_GT(lines.size(), before);
  EXPECT_EQ(lines.back()["epoch"], 2);
  EXPECT_EQ(train("run", "--resume --nproc 4 train.batch_size=2 train.epochs=4").code, 0);
}

/// A command in a process of its own.
class Background {
 public:
  Background(const std::string& command, const fs::path& output) : output_(output) {
    id_ = fork();
    if (id_ != 0) return;
    const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, 1);
    dup2(file, 2);
    execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
    _exit(127);
  }
  ~Background() {
    if (id_ > 0) kill(id_, SIGKILL);
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  pid_t id() const { return id_; }
  std::vector<pid_t> children() const {
    std::istringstream text(
        read_file("/proc/" + std::to_string(id_) + "/task/" + std::to_string(id_) + "/children", 4096));
    std::vector<pid_t> ids;
    for (pid_t child = 0; text >> child;) ids.push_back(child);
    return ids;
  }
  /// The exit code, within the time; -1 if it takes longer.
  int wait(std::chrono::seconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    int status = 0;
    while (std::chrono::steady_clock::now() < end) {
      if (waitpid(id_, &status, WNOHANG) == id_) {
        id_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return -1;
  }
  std::string output() const { return read_file(output_, 1 << 20); }

 private:
  fs::path output_;
  pid_t id_;
};

TEST_F(TrainTogether, AKilledWorkerEndsAllAndTheRunCanGoOn) {
  const std::string options =
      "--nproc 2 train.batch_size=2 train.epochs=8 train.eval_every=0 train.checkpoint_every=1 ";
  ASSERT_EQ(train("whole", options).code, 0);
  for (int attempt = 0; attempt < 2; ++attempt) {
    Background run(
        "'" FOCUS_DETR_COMMAND "' " + arguments("killed", options + (attempt > 0 ? "--resume" : "")),
        folder_.path() / "said");
    const size_t before = log("killed").size();
    while (log("killed").size() < before + 3) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto workers = run.children();
    ASSERT_EQ(workers.size(), 2U);
    kill(workers[static_cast<size_t>(attempt)], SIGKILL);
    EXPECT_EQ(run.wait(std::chrono::seconds(30)), 1);
    const auto said = run.output();
    EXPECT_NE(said.find("worker " + std::to_string(attempt)), std::string::npos) << said;
    EXPECT_NE(said.find("was killed by signal 9"), std::string::npos) << said;
    for (const pid_t worker : workers) EXPECT_NE(kill(worker, 0), 0) << "nobody is left";
  }
  const auto outcome = train("killed", options + "--resume");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  expect_same_weights("whole", "killed");
}

TEST_F(TrainTogether, SigtermStopsAllAtTheSameStep) {
  const std::string options = "--nproc 2 train.batch_size=2 train.epochs=200 train.eval_every=0 ";
  Background run("'" FOCUS_DETR_COMMAND "' " + arguments("run", options), folder_.path() / "said");
  while (log("run").size() < 3) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(run.id(), SIGTERM);
  EXPECT_EQ(run.wait(std::chrono::seconds(30)), 0) << run.output();
  EXPECT_NE(run.output().find("continue with --resume"), std::string::npos) << run.output();
  EXPECT_TRUE(fs::exists(folder_.path() / "run" / "last.checkpoint.safetensors"));
}

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

TEST_F(TrainTogether, TheWorkersOfLaunchersFindEachOther) {
  const ListeningAgent agent;
  const std::string meeting = "MASTER_ADDR=localhost MASTER_PORT=" + std::to_string(agent.port());
  const std::pair<std::string, std::string> launchers[]{
      // While its agent listens at the port.
      {"torchrun", meeting + " TORCHELASTIC_USE_AGENT_STORE=True TORCHELASTIC_RUN_ID=none GROUP_RANK=0 "
                             "OMP_NUM_THREADS=1 RANK=$i "
                             "WORLD_SIZE=2 LOCAL_RANK=$i LOCAL_WORLD_SIZE=2"},
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

TEST_F(TrainTogether, AJobScriptOfSlurmTrainsAlone) {
  const auto outcome = run_shell(
      "env SLURM_JOB_ID=5 SLURM_PROCID=0 SLURM_NODEID=0 SLURM_LOCALID=0 SLURM_NTASKS=2 SLURM_NPROCS=2 "
      "SLURM_TASKS_PER_NODE=2 " +
      std::string(kCommand) + arguments("run", "train.batch_size=2 train.epochs=1"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  int steps = 0;
  for (const auto& line : log("run")) steps += line["kind"] == "train";
  EXPECT_EQ(steps, 4) << "all 8 images, by one";
}

TEST_F(TrainTogether, AProcessThatIsBoundToOneCpuSaysSo) {
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

TEST_F(TrainTogether, SaysWhatDoesNotFit) {
  const auto few = train("few", "--nproc 2 train.batch_size=5");
  expect_refused(
      few, 2,
      {"8 pictures are fewer than one batch of 5 for each of 2 processes; set train.batch_size to at most "
       "4, or start at most 1"});
  expect_refused(train("few", "--nproc 16 train.batch_size=1"), 2,
                 {"for each of 16 processes; start at most 8"});
  expect_refused(train("few", "--nproc 2 train.epoch=5"), 2, {"unknown option 'train.epoch'"});
  EXPECT_FALSE(fs::exists(folder_.path() / "few"));
  setenv("WORLD_SIZE", "2", 1);
  const auto half = train("half", "");
  unsetenv("WORLD_SIZE");
  EXPECT_EQ(half.code, 2);
  EXPECT_NE(half.output.find("has WORLD_SIZE but not RANK"), std::string::npos) << half.output;
}

}  // namespace
}  // namespace focus::test
