// Waiting for what another thread or process does: for a condition, and never for ever.
#pragma once

#include <chrono>
#include <string>
#include <thread>

namespace focus::test {

/// Longer than anything here takes, however busy the machine is: only a test that fails waits for it.
inline constexpr double kPatience = 60;

/// Waits until `holds()` is true, looking every few milliseconds. False if it is not within `seconds`.
template <typename Condition>
bool wait_until(const Condition& holds, double seconds = kPatience) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// A line of the shell that waits until the command `condition` succeeds; it fails if that does not within kPatience.
inline std::string shell_wait_until(const std::string& condition) {
  return "{ left=3000; until " + condition +
         "; do left=$((left - 1)); [ $left -gt 0 ] || break; sleep 0.02; done; " + "[ $left -gt 0 ]; }";
}

}  // namespace focus::test
