#include "base/stop_signal.h"

#include <atomic>

namespace focus {
namespace {

// Two signals may be handled at once, one within another's handler or each in a thread of its own: exactly one
// of them is the first.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "signal handlers must not wait");

void request_stop(int signal) {
  if (stop_requested.exchange(true) && signal != SIGHUP) {
    // Delivered as soon as this returns, with the default action.
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

StopSignal::StopSignal() {
  stop_requested = false;
  struct sigaction action = {};
  action.sa_handler = request_stop;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // Restarted system calls keep the loader's reads whole.
  sigaction(SIGINT, &action, &interrupt_);
  sigaction(SIGTERM, &action, &terminate_);
  // Under nohup SIGHUP is ignored, and stays so.
  sigaction(SIGHUP, nullptr, &hang_up_);
  if (hang_up_.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
  sigaction(SIGHUP, &hang_up_, nullptr);
}

bool StopSignal::requested() const { return stop_requested; }

}  // namespace focus
