#include "train/distributed/launcher.h"

#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/stop_signal.h"

namespace focus::train {
namespace {

using LauncherClock = std::chrono::steady_clock;

/// A port of the loopback that nobody uses at this moment.
int free_port() {
  const int handle = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const bool known = handle >= 0 && bind(handle, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  if (handle >= 0) close(handle);
  if (!known) fail("no port of 127.0.0.1 is free: {}", std::strerror(errno));
  return ntohs(address.sin_port);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  }
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

class Processes {
 public:
  Processes(int count, const std::vector<std::string>& arguments) {
    const auto port = std::to_string(free_port());
    for (int rank = 0; rank < count; ++rank) start(rank, count, port, arguments);
  }
  ~Processes() {
    signal_all(SIGKILL);
    while (running_ > 0) reap(0);
  }
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  int running() const { return running_; }
  const std::string& first_failure() const { return first_failure_; }
  bool wrong_usage() const { return wrong_usage_; }

  void signal_all(int number) {
    signalled_ = true;
    for (const pid_t id : ids_) {
      if (id > 0) kill(id, number);
    }
  }

  /// Takes note of processes that ended. `options`: WNOHANG not to wait for one.
  void reap(int options) {
    int status = 0;
    for (pid_t id = 0; (id = waitpid(-1, &status, options)) > 0;) {
      for (size_t rank = 0; rank < ids_.size(); ++rank) {
        if (ids_[rank] != id) continue;
        ids_[rank] = 0;
        --running_;
        // A worker that was killed is why the others failed, even if they are noticed first.
        const bool killed = WIFSIGNALED(status) && !signalled_;
        if (status != 0 && (first_failure_.empty() || (killed && !was_killed_))) {
          was_killed_ = killed;
          wrong_usage_ = WIFEXITED(status) && WEXITSTATUS(status) == 2;
          first_failure_ = fmt::format("worker {} (process {}) {}", rank, id, how_it_ended(status));
        }
      }
      if (options == 0) return;
    }
  }

 private:
  void start(int rank, int count, const std::string& port, const std::vector<std::string>& arguments) {
    // All that allocates comes before the fork: other threads' locks may be held after it.
    std::vector<std::pair<std::string, std::string>> variables{
        {"RANK", std::to_string(rank)},       {"WORLD_SIZE", std::to_string(count)},
        {"LOCAL_RANK", std::to_string(rank)}, {"LOCAL_WORLD_SIZE", std::to_string(count)},
        {"MASTER_ADDR", "127.0.0.1"},         {"MASTER_PORT", port},
    };
    std::vector<std::string> words{"focus-detr"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text = *entry;
      bool replaced = false;
      for (const auto& [name, value] : variables) replaced = replaced || text.starts_with(name + "=");
      if (!replaced) environment.push_back(text);
    }
    for (const auto& [name, value] : variables) {
      environment.push_back(name);
      environment.back().append("=").append(value);
    }
    std::vector<char*> environment_pointers;
    for (auto& entry : environment) environment_pointers.push_back(entry.data());
    environment_pointers.push_back(nullptr);

    const pid_t parent = getpid();
    const pid_t id = fork();
    if (id < 0) fail("worker {} cannot be started: {}", rank, std::strerror(errno));
    if (id == 0) {
      // Whatever ends the launcher ends its workers.
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (getppid() != parent) _exit(1);
      execve("/proc/self/exe", pointers.data(), environment_pointers.data());
      _exit(127);
    }
    ids_.push_back(id);
    ++running_;
  }

  std::vector<pid_t> ids_;  ///< By rank; 0 once ended.
  int running_ = 0;
  std::string first_failure_;
  bool signalled_ = false;   // Whether they were sent a signal from here.
  bool was_killed_ = false;  // Whether first_failure_ is of a worker that was killed.
  bool wrong_usage_ = false;
};

}  // namespace

void launch_processes(int count, const std::vector<std::string>& arguments) {
  const StopSignal stop;
  Processes processes(count, arguments);
  bool passed_on = false;
  std::optional<LauncherClock::time_point> deadline;
  while (processes.running() > 0) {
    processes.reap(WNOHANG);
    if (stop.requested() && !passed_on) {
      passed_on = true;
      processes.signal_all(SIGTERM);
    }
    if (!processes.first_failure().empty() && !deadline) {
      // The others notice by themselves; who does not is told.
      deadline = LauncherClock::now() + std::chrono::milliseconds(static_cast<int64_t>(1e3 * kGraceSeconds));
    }
    if (deadline && LauncherClock::now() > *deadline) processes.signal_all(SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (processes.wrong_usage()) fail_usage("{}; the others were ended", processes.first_failure());
  if (!processes.first_failure().empty()) {
    fail("{}; the others were ended; continue with --resume", processes.first_failure());
  }
}

}  // namespace focus::train
