// Ctrl-C, termination and a terminal that is gone as a request that a loop answers when it is ready.
#pragma once

#include <csignal>

namespace focus {

/// While this exists, the first SIGINT, SIGTERM or SIGHUP only sets a flag; a SIGINT or SIGTERM behind any of
/// them ends the process as usual. A SIGHUP never does: who closes a terminal sends several, the system's and
/// the shell's. One that is ignored, as under nohup, stays so. The handlers that were there before come back
/// at the end. One at a time in a process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;

 private:
  struct sigaction interrupt_ = {}, terminate_ = {}, hang_up_ = {};  ///< The handlers before.
};

}  // namespace focus
