// The log of a server: JSON lines on standard error.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

namespace focus::serve {

/// A thread of its own writes it, so that a log that nobody reads, or on a full disk, delays no request.
/// Lines that cannot be written, or not fast enough, are dropped and counted.
class RequestLog {
 public:
  /// @param enabled whether anything is written at all
  /// @param file    descriptor to write to
  /// Throws Error if its thread cannot be created.
  explicit RequestLog(bool enabled, int file = 2);
  /// Writes the waiting lines, for a second at most.
  ~RequestLog();
  RequestLog(const RequestLog&) = delete;
  RequestLog& operator=(const RequestLog&) = delete;

  /// Queues a line, to which it adds the time in UTC. Thread-safe; never blocks, never throws.
  void add(nlohmann::json line) noexcept;

  /// Whether lines are written at all.
  bool is_enabled() const { return writer_.joinable(); }

  /// The number of dropped lines.
  uint64_t lost() const { return lost_; }

 private:
  void work();
  bool write_all(const std::string& text);

  const int file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  bool ending_ = false;
  std::atomic<uint64_t> lost_ = 0;
  std::atomic<int64_t> patience_end_ns_ = 0;  ///< time of steady_clock to give up at; 0: never
  std::thread writer_;
};

}  // namespace focus::serve
