#include "base/console.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/broken_pipe.h"
#include "base/error.h"

namespace focus {
namespace {

bool is_known_to_fail = false;

[[noreturn]] void fail_output(int error) {
  is_known_to_fail = true;
  if (error == EPIPE) throw BrokenPipe("standard output: nobody reads it any more");
  fail("standard output cannot be written: {}; its end is lost", std::strerror(error != 0 ? error : EIO));
}

}  // namespace

void print_text(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail_output(errno);
}

void flush_results() {
  errno = 0;
  if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && !is_known_to_fail) fail_output(errno);
}

void note_text(std::string_view text) noexcept {
  // A failure is no reason to stop, and there is nowhere to tell of it.
  if (std::fwrite(text.data(), 1, text.size(), stderr) == text.size()) std::fflush(stderr);
  std::clearerr(stderr);
}

}  // namespace focus
