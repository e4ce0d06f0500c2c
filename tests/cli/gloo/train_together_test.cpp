// Training by several processes.
#include "cli/gloo/train_together.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "support/wait_until.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

using TrainTogether = TrainTogetherTest;
using TrainTogetherLong = TrainTogetherTest;

TEST_F(TrainTogetherLong, NProcessesTakeTheStepsOfOneWithALargeBatch) {
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
  EXPECT_EQ(steps, 3 * 6 * 2) << "of three runs, 6 epochs of 2 batches of 4";
  ::unsetenv("DNNL_MAX_CPU_ISA");
}

TEST_F(TrainTogetherLong, AStoppedRunEndsWithTheBitsOfAnUndisturbedOne) {
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

TEST_F(TrainTogetherLong, AnotherNumberOfProcessesContinues) {
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
    int status = 0;
    const auto ended = [&] { return waitpid(id_, &status, WNOHANG) == id_; };
    if (!wait_until(ended, static_cast<double>(patience.count()))) return -1;
    id_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string output() const { return read_file(output_, 1 << 20); }

 private:
  fs::path output_;
  pid_t id_;
};

TEST_F(TrainTogetherLong, AKilledWorkerEndsAllAndTheRunCanGoOn) {
  const std::string options =
      "--nproc 2 train.batch_size=2 train.epochs=8 train.eval_every=0 train.checkpoint_every=1 ";
  ASSERT_EQ(train("whole", options).code, 0);
  for (int attempt = 0; attempt < 2; ++attempt) {
    Background run(
        "'" FOCUS_DETR_COMMAND "' " + arguments("killed", options + (attempt > 0 ? "--resume" : "")),
        folder_.path() / "said");
    const size_t before = log("killed").size();
    ASSERT_TRUE(wait_until([&] { return log("killed").size() >= before + 3; })) << run.output();
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
  ASSERT_TRUE(wait_until([&] { return log("run").size() >= 3; })) << run.output();
  kill(run.id(), SIGTERM);
  EXPECT_EQ(run.wait(std::chrono::seconds(30)), 0) << run.output();
  EXPECT_NE(run.output().find("continue with --resume"), std::string::npos) << run.output();
  EXPECT_TRUE(fs::exists(folder_.path() / "run" / "last.checkpoint.safetensors"));
}

TEST_F(TrainTogether, SaysWhatDoesNotFit) {
  const auto few = train("few", "--nproc 2 train.batch_size=5");
  expect_refused(
      few, 2,
      {"8 images are fewer than one batch of 5 for each of 2 processes; set train.batch_size to at most "
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
