// A request on its way to an answer.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "http/message.h"

namespace focus::http {

using Clock = std::chrono::steady_clock;

/// A duration that no option makes overflow.
inline Clock::duration seconds_of(double seconds) {
  const double bounded = seconds > 0 ? std::min(seconds, 1e8) : 0;
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(bounded));
}

/// Set once nobody waits for an answer any more: the client has gone, the deadline has passed, the server
/// ends. Work that looks at it can stop early; an answer given nevertheless does no harm. A client that has
/// closed no more than its own half of the connection still waits. A request whose client has gone before a
/// worker came to it is not handled at all.
using Cancelled = std::shared_ptr<const std::atomic<bool>>;

/// One request, kept alive by whoever has to answer it. Thread-safe.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;
  /// The request's body, which is handed over: its bytes still count as the server's until the answer.
  virtual std::string take_body() = 0;
  /// When the answer must have been given; the client is told 503 then.
  virtual Clock::time_point deadline() const = 0;
  virtual Cancelled cancelled() const = 0;

  /// Sends the answer. Only the first counts; an exchange that is let go of without one is answered 500.
  virtual void answer(Response response) = 0;
  /// Answers with what an exception says: HttpError its status, UsageError 400, lack of memory 503, others
  /// 500.
  virtual void answer_error(std::exception_ptr error) = 0;
};

using ExchangePointer = std::shared_ptr<Exchange>;
/// Answers at once or later, from any thread. What it throws is answered as Exchange::answer_error does.
using Handler = std::function<void(const ExchangePointer&)>;

}  // namespace focus::http
