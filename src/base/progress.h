// Progress of a long task: one line that is redrawn on a terminal, a new line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace focus {

/// The content of a progress line. Rate and remaining time are computed from the steps done since the task
/// was (re)started.
struct ProgressState {
  std::string label;
  int64_t total = 0;  ///< 0: unknown.
  int64_t start = 0;  ///< Steps done earlier, by the run that is resumed.
  int64_t done = 0;
  double elapsed = 0;  ///< Seconds.
  std::string suffix;
};

/// "train [=====>    ] 120/200 60% 4.0/s 30 s, 20 s left  loss 1.25"; without the bar if `bar` is 0
/// characters wide.
std::string progress_line(const ProgressState& state, int bar);

/// Shows progress on a stream. For one thread at a time. Never fails: write errors are ignored.
class Progress {
 public:
  enum class Style { kAutomatic, kTerminal, kPlain };  ///< kAutomatic: depends on the stream.

  /// `seconds_between_lines` applies where lines stay (files, pipes); on a terminal the line is redrawn at
  /// most ten times a second.
  Progress(std::string label, int64_t total, int64_t start = 0, std::FILE* stream = stderr,
           Style style = Style::kAutomatic, double seconds_between_lines = 30);
  /// Leaves the last state shown as a line of its own.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` steps of the total are done; `suffix`, such as losses, is shown at the end of the line. Cheap:
  /// shows only when due.
  void update(int64_t done, std::string_view suffix = {});
  /// Shows the last state and ends the line. Later calls do nothing.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  void show();

  ProgressState state_;
  std::FILE* stream_;
  bool in_place_;
  Clock::duration interval_;
  Clock::time_point started_, next_;
  bool shown_ = false, finished_ = false;
};

}  // namespace focus
