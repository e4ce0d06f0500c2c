// What the programs that run on a GPU say about errors.
#pragma once

#include <cstdio>
#include <string>

namespace focus::test {

/// Prints errors beside their limits and counts those above.
class Judge {
 public:
  void error(const std::string& what, double error, double limit) {
    std::printf("  %-28s %9.2e  limit %.0e", what.c_str(), error, limit);
    require(error < limit, "");
  }
  void require(bool good, const char* what) {
    failures_ += good ? 0 : 1;
    std::printf("%s%s\n", what, good ? "" : "  FAILED");
  }
  /// The program's exit code.
  int verdict() const {
    std::printf("%d failed\n", failures_);
    return failures_ == 0 ? 0 : 1;
  }

 private:
  int failures_ = 0;
};

}  // namespace focus::test
