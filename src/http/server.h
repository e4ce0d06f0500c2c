// An HTTP/1.1 server that no client can stop for the others: every size, number and time has a bound.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/router.h"

namespace focus::http {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;  ///< 0: any that is free
  int workers = 2;  ///< threads that run handlers

  size_t max_head_bytes = size_t{64} << 10;            ///< request line and fields; more: 431
  size_t max_body_bytes = size_t{32} << 20;            ///< of a request, decompressed; more: 413
  size_t max_body_bytes_together = size_t{512} << 20;  ///< held at the same time; more: 503
  int max_connections = 1024;                          ///< more: idle ones are closed, then new ones get 503
  double request_seconds = 30;  ///< from a request's first byte to its answer, 408 or 503; and to
                                ///< read that answer
  double idle_seconds = 60;     ///< a connection without a request
  double stopping_seconds = 2;  ///< for a request to arrive once the server is stopping

  std::string token;  ///< "Authorization: Bearer" that guarded routes need; empty: none
  std::vector<std::string>
      allow_origins;  ///< of browser applications elsewhere (CORS); "*": all; empty: none
  std::vector<std::pair<std::string, std::string>> headers;  ///< of every response
  std::string not_found = "there is no such route";          ///< what 404 says
};

/// What became of a request; for logs and metrics.
struct Answered {
  std::string route;  ///< label of the route; "other" where none fits, "refused" where the body was not read
  std::string method, path, client;
  int status = 0;         ///< 499: the client had gone
  size_t body_bytes = 0;  ///< of the request, as far as they came
  double seconds = 0;     ///< from its first byte to its answer
};

/// One thread looks after all connections, `workers` run handlers. HTTP/1.0 and 1.1, keep-alive, pipelining,
/// sized and chunked bodies, gzip and deflate (zlib) ones, Expect: 100-continue, HEAD, OPTIONS. No ranges.
/// Routes, token, sizes are looked at as soon as the head is there, before a body is read; a connection that
/// is refused reads on for a moment, so that the client sees the answer instead of a reset.
class Server {
 public:
  /// @param answered told of every request, from the thread of connections; must not wait. What it throws is
  ///   dropped.
  Server(ServerOptions options, Router router, std::function<void(const Answered&)> answered = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens, and returns the port. Throws Error if that address cannot be had, or shared with others.
  int bind();

  /// Answers until stopped. Throws Error if its threads cannot be made; nothing was answered then.
  /// @param tick called some ten times a second from the thread of connections; must not wait long. What it
  ///   throws is dropped.
  void run(const std::function<void()>& tick = nullptr);

  /// Takes no more connections or requests, answers those it has, and makes run() return within
  /// `grace_seconds`: what is not answered then is cancelled and closed. From any thread, any number of
  /// times.
  void stop(double grace_seconds);

  /// Connections that are open.
  int connections() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::http
