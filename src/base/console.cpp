#include "base/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>

#include "base/broken_pipe.h"
#include "base/error.h"

namespace focus {
namespace {

/// Standard output, written without stdio, whose late flush may report a failure after errno was overwritten.
class Results {
 public:
  void write(std::string_view text) {
    const std::lock_guard guard(mutex_);
    waiting_ += text;
    constexpr size_t kMostWaiting = 1 << 16;
    if (is_seen_at_once_ || waiting_.size() >= kMostWaiting) flush_waiting();
  }

  void flush() {
    const std::lock_guard guard(mutex_);
    flush_waiting();
  }

 private:
  void flush_waiting() {
    const std::string text = std::exchange(waiting_, {});
    for (size_t done = 0; done < text.size() && !has_failed_;) {
      const ssize_t written = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
      if (written >= 0) {
        done += static_cast<size_t>(written);
      } else if (errno != EINTR) {
        has_failed_ = true;
        if (errno == EPIPE) throw BrokenPipe("standard output: nobody reads it any more");
        fail("standard output cannot be written: {}; the rest of it is lost", std::strerror(errno));
      }
    }
  }

  const bool is_seen_at_once_ = ::isatty(STDOUT_FILENO) == 1;
  std::mutex mutex_;
  std::string waiting_;
  bool has_failed_ = false;  ///< The error was thrown; later output is dropped.
};

Results& results() {
  static Results instance;
  return instance;
}

}  // namespace

void print_text(std::string_view text) { results().write(text); }

void flush_results() { results().flush(); }

void note_text(std::string_view text) noexcept {
  // A failure is no reason to stop, and there is nowhere to report it.
  if (std::fwrite(text.data(), 1, text.size(), stderr) == text.size()) std::fflush(stderr);
  std::clearerr(stderr);
}

}  // namespace focus
