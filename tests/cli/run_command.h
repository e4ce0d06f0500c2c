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

/// Runs `focus-detr <arguments>` through the shell.
inline Outcome run(const std::string& arguments) {
  Outcome outcome;
  FILE* pipe = ::popen(("'" FOCUS_DETR_COMMAND "' " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> chunk;
  while (const size_t count = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    outcome.output.append(chunk.data(), count);
  }
  const int status = ::pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace focus::test
