// A call from its arrival to its answer.
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

/// One unary call whose message has arrived. Thread-safe, except for take_message().
class Call {
 public:
  virtual ~Call() = default;

  /// Hands over the decompressed message; call it once. Throws HttpError if it is damaged or too large.
  virtual Message take_message() = 0;
  /// When the answer is due: the server's deadline, or the client's own if that is earlier.
  virtual Clock::time_point deadline() const = 0;
  /// Set once the call is over, however it ended.
  virtual Cancelled cancelled() const = 0;

  /// Answers with a message. Only the first answer counts; a call destroyed without an answer ends as
  /// INTERNAL.
  virtual void answer(std::string message) = 0;
  /// Ends the call with the status that status_of() returns.
  virtual void answer_error(std::exception_ptr error) = 0;
};

using CallPointer = std::shared_ptr<Call>;

struct Method {
  std::string path;            ///< "/inference.GRPCInferenceService/ServerLive"
  std::string label;           ///< its name in log and metrics
  bool guarded = true;         ///< whether the method needs the token
  bool among_workers = false;  ///< else it runs on the thread of connections, and takes microseconds only
  size_t max_message_bytes = size_t{64} << 10;
  /// Answers at once or later, from any thread. An exception it throws is answered by answer_error.
  std::function<void(const CallPointer&)> handler;
};

}  // namespace focus::rpc
