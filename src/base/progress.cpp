#include "base/progress.h"

#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/human.h"

namespace focus {
namespace {

constexpr int kBarWidth = 20;

bool renews_lines(std::FILE* stream) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(::fileno(stream)) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

/// The beginning of the line that fits the terminal: a line that wraps cannot be redrawn.
std::string_view fitting(std::string_view line, std::FILE* stream) {
  winsize window{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &window) != 0 || window.ws_col < 2) return line;
  size_t length = std::min<size_t>(line.size(), window.ws_col - 1u);
  const auto within_character = [&] { return (static_cast<unsigned char>(line[length]) & 0xc0) == 0x80; };
  while (length > 0 && length < line.size() && within_character()) --length;
  return line.substr(0, length);
}

/// Fails silently: the task continues if the log's disk is full or the terminal is gone.
void put(std::string_view text, std::FILE* stream) {
  if (std::fwrite(text.data(), 1, text.size(), stream) == text.size()) std::fflush(stream);
  std::clearerr(stream);
}

std::string bar_of(double share, int width) {
  const int full = static_cast<int>(share * width);
  std::string bar(static_cast<size_t>(full), '=');
  if (full < width) bar += '>';
  bar.resize(static_cast<size_t>(width), ' ');
  return " [" + bar + "]";
}

}  // namespace

std::string progress_line(const ProgressState& state, int bar) {
  std::string line = state.label;
  const int64_t fresh = state.done - state.start;
  const double rate = state.elapsed > 0 ? static_cast<double>(fresh) / state.elapsed : 0;
  if (state.total > 0) {
    const double share =
        std::clamp(static_cast<double>(state.done) / static_cast<double>(state.total), 0.0, 1.0);
    if (bar > 0) line += bar_of(share, bar);
    line += fmt::format(" {}/{} {}%", state.done, state.total, static_cast<int>(share * 100));
  } else {
    line += fmt::format(" {}", state.done);
  }
  if (rate >= 1) line += fmt::format(" {:.1f}/s", rate);
  if (rate > 0 && rate < 1) line += fmt::format(" {:.1f} s each", 1 / rate);
  line += " " + human_duration(state.elapsed);
  if (rate > 0 && state.done < state.total) {
    line += fmt::format(", {} left", human_duration(static_cast<double>(state.total - state.done) / rate));
  }
  return state.suffix.empty() ? line : line + "  " + state.suffix;
}

Progress::Progress(std::string label, int64_t total, int64_t start, std::FILE* stream, Style style,
                   double seconds_between_lines)
    : stream_(stream),
      in_place_(style == Style::kTerminal || (style == Style::kAutomatic && renews_lines(stream))),
      interval_(std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(in_place_ ? 0.1 : seconds_between_lines))),
      started_(Clock::now()),
      next_(in_place_ ? started_ : started_ + interval_) {
  state_.label = std::move(label);
  state_.total = total;
  state_.start = state_.done = start;
}

Progress::~Progress() {
  if (!finished_ && in_place_ && shown_) put("\n", stream_);
}

void Progress::update(int64_t done, std::string_view suffix) {
  state_.done = done;
  state_.suffix = suffix;
  const auto now = Clock::now();
  if (finished_ || now < next_) return;
  next_ = now + interval_;
  show();
}

void Progress::finish() {
  if (finished_) return;
  show();
  if (in_place_) put("\n", stream_);
  finished_ = true;
}

void Progress::show() {
  state_.elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
  if (in_place_) {
    constexpr const char* kClearToEnd = "\x1b[K";
    const std::string line = progress_line(state_, kBarWidth);
    put(fmt::format("\r{}{}", fitting(line, stream_), kClearToEnd), stream_);
  } else {
    put(progress_line(state_, 0) + "\n", stream_);
  }
  shown_ = true;
}

}  // namespace focus
