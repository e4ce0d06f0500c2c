#include "serve/request_log.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <system_error>

#include "base/error.h"
#include "base/machine.h"

namespace focus::serve {
namespace {

/// Most waiting lines: more than a burst of requests makes, and only a few megabytes.
constexpr size_t kMostLines = 10000;
constexpr std::chrono::seconds kPatienceAtTheEnd{1};
constexpr int kLookMs = 100;

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

RequestLog::RequestLog(bool enabled, int file) : file_(file) {
  if (!enabled) return;
  try {
    writer_ = std::thread([this] { work(); });
  } catch (const std::system_error& error) {
    fail("cannot start the thread that writes the log: {}; allow this user more threads or memory",
         error.code().message());
  }
}

RequestLog::~RequestLog() {
  if (!writer_.joinable()) return;
  patience_end_ns_ = now_ns() + std::chrono::nanoseconds(kPatienceAtTheEnd).count();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

void RequestLog::add(nlohmann::json line) noexcept {
  if (!writer_.joinable()) return;
  try {
    line["time"] = utc_time();
    auto text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= kMostLines) {
      ++lost_;
      return;
    }
    lines_.push_back(std::move(text));
  } catch (...) {
    ++lost_;
    return;
  }
  changed_.notify_one();
}

void RequestLog::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !lines_.empty(); });
    if (lines_.empty()) return;
    // Write several lines at once, but at most as many bytes as a pipe takes atomically, so that lines of
    // other processes do not split ours.
    std::string text;
    uint64_t count = 0;
    while (!lines_.empty() && (text.empty() || text.size() + lines_.front().size() <= PIPE_BUF)) {
      text += lines_.front();
      lines_.pop_front();
      ++count;
    }
    lock.unlock();
    if (!write_all(text)) lost_ += count;
    lock.lock();
  }
}

/// Writes when the file is ready. Gives up on an error, or if nobody reads when the log is closed.
bool RequestLog::write_all(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    pollfd ready{file_, POLLOUT, 0};
    while (::poll(&ready, 1, kLookMs) == 0) {
      if (patience_end_ns_ != 0 && now_ns() > patience_end_ns_) return false;
    }
    const size_t rest = std::min<size_t>(text.size() - done, PIPE_BUF);
    const ssize_t written = ::write(file_, text.data() + done, rest);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

}  // namespace focus::serve
