// The command run beside a test, which may be sent signals.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/wait_until.h"

namespace focus::test {

class Background {
 public:
  using Clock = std::chrono::steady_clock;

  /// Runs `focus-detr <arguments>`. Standard output and error go to these files.
  Background(const std::vector<std::string>& arguments, std::filesystem::path out, const std::string& error)
      : out_(std::move(out)) {
    std::vector<char*> words{const_cast<char*>(FOCUS_DETR_COMMAND)};
    for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    std::filesystem::remove(out_);  // What another has said is not its.
    id_ = ::fork();
    if (id_ != 0) return;
    const int to_out = ::open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int to_error = ::open(error.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(to_out, STDOUT_FILENO);
    ::dup2(to_error, STDERR_FILENO);
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  ~Background() {
    if (ended_) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, &status_, 0);
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void send(int signal) const { ::kill(id_, signal); }
  pid_t id() const { return id_; }

  /// What it said so far.
  std::string output() const {
    std::ifstream file(out_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// The port it says that it listens on; 0 if it ends before, or says nothing for long.
  int port() {
    int port = 0;
    wait_until([&] {
      const auto said = output();
      const auto line = said.find("\n");
      if (said.rfind("serving ", 0) == 0 && line != std::string::npos) {
        port = std::stoi(said.substr(said.rfind(':', line) + 1));
      }
      return port > 0 || has_ended();
    });
    return port;
  }

  bool has_ended() {
    if (!ended_) ended_ = ::waitpid(id_, &status_, WNOHANG) == id_;
    return ended_;
  }
  /// Its exit status, 128 + the signal that ended it; none if it does not end within these seconds.
  std::optional<int> code(double seconds) {
    if (!wait_until([this] { return has_ended(); }, seconds)) return std::nullopt;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }

 private:
  std::filesystem::path out_;
  pid_t id_ = 0;
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace focus::test
