// Ctrl-C and termination as a request that a loop answers when it is ready.
#pragma once

#include <csignal>

namespace focus {

/// While this exists, the first SIGINT or SIGTERM only sets a flag; a second one ends the process as usual.
/// The handlers that were there before come back at the end. One at a time in a process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;

 private:
  struct sigaction interrupt_ = {}, terminate_ = {};  ///< The handlers before.
};

}  // namespace focus
