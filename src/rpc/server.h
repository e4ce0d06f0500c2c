// A server of gRPC's unary calls over HTTP/2 (without TLS) that no client can stop for the others: every
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
  int port = 0;  ///< 0: any that is free
  int workers = 2;

  size_t max_bytes_together = size_t{512} << 20;  ///< of messages, held at the same time; more: UNAVAILABLE
  size_t max_metadata_bytes = size_t{32} << 10;   ///< of a call's head; more: RESOURCE_EXHAUSTED
  int max_connections = 1024;                     ///< more: one that is idle is closed, or else the new one
  int max_calls = 128;                            ///< of a connection at the same time
  int max_calls_together = 1024;                  ///< more: UNAVAILABLE for those with more than 8
  double request_seconds = 30;                    ///< from a call's first byte to its answer
  double idle_seconds = 300;                      ///< a connection without a call
  double stopping_seconds = 2;                    ///< for a message to arrive once the server is stopping

  std::string token;  ///< "authorization: Bearer" that guarded methods need; empty: none
};

class Server {
 public:
  /// @param answered told of every call, from the thread of connections; must not wait. What it throws is
  /// dropped.
  Server(ServerOptions options, std::vector<Method> methods,
         std::function<void(const http::Answered&)> answered = nullptr);
  /// stop(0), and waits for the workers.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens, and returns the port; nothing is answered yet. Throws Error if that address cannot be had.
  int bind();
  /// Answers from here on, on threads of its own. Throws Error if they cannot be made; nothing was answered
  /// then.
  void start();
  /// Takes no more connections or calls, answers those it has, and returns within `grace_seconds`: what is
  /// not answered then is cancelled and closed. From any thread, any number of times: the shortest grace
  /// counts.
  void stop(double grace_seconds);

  /// Connections that are open.
  int connections() const;
  /// Bytes of messages that are held.
  size_t bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::rpc
