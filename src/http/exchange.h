// A request from its arrival to its answer.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "http/message.h"

namespace focus::http {

using Clock = std::chrono::steady_clock;

/// The duration, bounded so that no option overflows it.
inline Clock::duration seconds_of(double seconds) {
  const double bounded = seconds > 0 ? std::min(seconds, 1e8) : 0;
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(bounded));
}

/// Set once nobody waits for the answer any more: the client has gone, the deadline has passed, or the server
/// stops. Work can check it to stop early; a late answer does no harm. A client that has only closed its own
/// half of the connection still waits. A request whose client has gone before a worker takes it is not
/// handled.
using Cancelled = std::shared_ptr<const std::atomic<bool>>;

/// One request, kept alive by whoever has to answer it. Thread-safe.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;
  /// Hands over the request's body; its bytes count towards the server's limit until the answer.
  virtual std::string take_body() = 0;
  /// When the answer is due; after that the client gets 503.
  virtual Clock::time_point deadline() const = 0;
  virtual Cancelled cancelled() const = 0;

  /// Sends the answer. Only the first counts; an exchange destroyed without an answer is answered 500.
  virtual void answer(Response response) = 0;
  /// Answers with an exception's message and status: HttpError its own, UsageError 400, lack of memory 503,
  /// others 500.
  virtual void answer_error(std::exception_ptr error) = 0;
};

using ExchangePointer = std::shared_ptr<Exchange>;
/// Answers at once or later, from any thread. An exception it throws is answered by Exchange::answer_error.
using Handler = std::function<void(const ExchangePointer&)>;

}  // namespace focus::http
