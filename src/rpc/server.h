// A server of unary gRPC calls over HTTP/2 (without TLS), in which no client can block the others: every
// size, number and time has a bound. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/server.h"
#include "rpc/call.h"

namespace focus::rpc {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0: any free port
  int workers = 2;

  size_t max_bytes_together = size_t{512} << 20;  ///< of all messages at the same time; more: UNAVAILABLE
  size_t max_metadata_bytes = size_t{32} << 10;   ///< of a call's head; more: RESOURCE_EXHAUSTED
  int max_connections = 1024;                     ///< more: an idle one is closed, or else the new one
  int max_calls = 128;                            ///< per connection at the same time
  int max_calls_together = 1024;                  ///< more: UNAVAILABLE for connections with more than 8
  double request_seconds = 30;                    ///< from a call's first byte to its answer
  double idle_seconds = 300;                      ///< that a connection may be without a call
  double stopping_seconds = 2;                    ///< for a message to arrive once the server is stopping

  std::string token;  ///< that guarded methods need as "authorization: Bearer"; empty: none
};

class Server {
 public:
  /// @param answered called for every call on the thread of connections; must not block. Its exceptions are
  /// ignored.
  Server(ServerOptions options, std::vector<Method> methods,
         std::function<void(const http::Answered&)> answered = nullptr);
  /// Calls stop(0) and waits for the workers.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens, and returns the port; nothing is answered yet. Throws Error if the address is not available.
  int bind();
  /// Starts to answer, on threads of its own. Throws Error if they cannot be created; nothing was answered
  /// then.
  void start();
  /// Accepts no more connections or calls, answers those in progress, and returns within `grace_seconds`;
  /// then the rest is cancelled and closed. Can be called from any thread, any number of times: the earliest
  /// end counts.
  void stop(double grace_seconds);

  /// The number of open connections.
  int connections() const;
  /// Bytes of all messages held at present.
  size_t bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::rpc
