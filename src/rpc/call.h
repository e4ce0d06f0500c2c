// A call on its way to an answer.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "http/exchange.h"
#include "rpc/message_body.h"
#include "rpc/status.h"

namespace focus::rpc {

using http::Cancelled;
using http::Clock;

/// One unary call whose message has arrived. Thread-safe, but for take_message().
class Call {
 public:
  virtual ~Call() = default;

  /// The message, decompressed; once. Throws HttpError for one that is damaged or too large.
  virtual Message take_message() = 0;
  /// When the answer must have been given: the server's deadline, or the client's own if that is earlier.
  virtual Clock::time_point deadline() const = 0;
  /// Set once the call is over, however it ended.
  virtual Cancelled cancelled() const = 0;

  /// Answers with a message. Only the first answer counts; a call that is let go of without one ends as
  /// INTERNAL.
  virtual void answer(std::string message) = 0;
  /// Ends the call as status_of() says.
  virtual void answer_error(std::exception_ptr error) = 0;
};

using CallPointer = std::shared_ptr<Call>;

struct Method {
  std::string path;            ///< "/inference.GRPCInferenceService/ServerLive"
  std::string label;           ///< what log and metrics call it
  bool guarded = true;         ///< whether the token is needed
  bool among_workers = false;  ///< else it is run where connections are looked after, and takes microseconds
  size_t max_message_bytes = size_t{64} << 10;
  /// Answers at once or later, from any thread. What it throws is answered as answer_error does.
  std::function<void(const CallPointer&)> handler;
};

}  // namespace focus::rpc
