// Ctrl-C, termination and a closed terminal as a request to stop that a loop checks when it is ready.
#pragma once

#include <csignal>

namespace focus {

/// While this exists, the first SIGINT, SIGTERM or SIGHUP only sets a flag; a later SIGINT or SIGTERM ends
/// the process as usual. A SIGHUP never does: closing a terminal sends several, the system's and the shell's.
/// An ignored SIGHUP, as under nohup, stays ignored. The destructor restores the previous handlers. At most
/// one at a time in a process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;

 private:
  struct sigaction interrupt_ = {}, terminate_ = {}, hang_up_ = {};  ///< The previous handlers.
};

}  // namespace focus
