// What a server did, a JSON line each, on standard error.
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

/// Written by a thread of its own, so that a log nobody reads, or on a full disk, keeps nobody waiting. Lines
/// that cannot be written, or come faster than they are, are dropped and counted.
class RequestLog {
 public:
  /// @param enabled whether anything is written at all
  /// @param file    descriptor to write to
  /// Throws Error if its thread cannot be made.
  explicit RequestLog(bool enabled, int file = 2);
  /// Writes what waits, for a second at most.
  ~RequestLog();
  RequestLog(const RequestLog&) = delete;
  RequestLog& operator=(const RequestLog&) = delete;

  /// Adds the time to the line, in UTC. Thread-safe; never waits, never throws.
  void add(nlohmann::json line) noexcept;

  /// Whether lines are of any use.
  bool is_enabled() const { return writer_.joinable(); }

  /// Lines that were dropped.
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
  std::atomic<int64_t> patience_end_ns_ = 0;  ///< of steady_clock; 0: as long as it takes
  std::thread writer_;
};

}  // namespace focus::serve
