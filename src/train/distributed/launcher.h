// Several processes of this program on one machine, that train together.
#pragma once

#include <string>
#include <vector>

namespace focus::train {

/// Starts `count` copies of the running program with `arguments` (without the program's name) and the
/// environment that world.h reads, on a port that is free. When one fails the others are ended, within
/// kGraceSeconds. SIGINT, SIGTERM and SIGHUP are passed on as SIGTERM. Throws Error saying which failed and
/// how; UsageError if it was used wrongly.
void launch_processes(int count, const std::vector<std::string>& arguments);

/// How long processes have to end by themselves once another failed.
inline constexpr double kGraceSeconds = 10;

}  // namespace focus::train
