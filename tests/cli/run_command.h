// The command run as a person runs it.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace focus::test {

struct Outcome {
  int code = -1;       ///< Exit code; 128 + the signal if the command crashed.
  std::string output;  ///< stdout and stderr.
};

/// The command in a line of the shell: for lines that send it signals, limit it or start more of it.
inline constexpr const char* kCommand = "'" FOCUS_DETR_COMMAND "' ";

/// The same in a process that is warm already (warm/server.cpp): for lines that wait for its end.
inline constexpr const char* kWarmCommand = "'" FOCUS_DETR_WARM_COMMAND "' ";

/// Runs a line of the shell.
inline Outcome run_shell(const std::string& line) {
  Outcome outcome;
  FILE* pipe = ::popen(("{ " + line + "\n} 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> chunk;
  while (const size_t count = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    outcome.output.append(chunk.data(), count);
  }
  const int status = ::pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

/// Runs `focus-detr <arguments>` through the shell, warm.
inline Outcome run(const std::string& arguments) { return run_shell(kWarmCommand + arguments); }

}  // namespace focus::test
