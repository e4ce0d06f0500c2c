// An HTTP/1.1 server in which no client can block the others: every size, number and time has a bound.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/router.h"

namespace focus::http {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;  ///< 0: any free port
  int workers = 2;  ///< threads that run handlers

  size_t max_head_bytes = size_t{64} << 10;            ///< request line and fields; more: 431
  size_t max_body_bytes = size_t{32} << 20;            ///< of a request, decompressed; more: 413
  size_t max_body_bytes_together = size_t{512} << 20;  ///< held at the same time; more: 503
  int max_connections = 1024;                          ///< more: idle ones are closed, then new ones get 503
  double request_seconds = 30;  ///< from a request's first byte to its answer, else 408 or 503; then
                                ///< the same again for the client to read that answer
  double idle_seconds = 60;     ///< that a connection may be without a request
  double stopping_seconds = 2;  ///< for a request to arrive once the server is stopping

  std::string token;  ///< that guarded routes need as "Authorization: Bearer"; empty: none
  std::vector<std::string> allow_origins;  ///< of browser applications (CORS); "*": all; empty: none
  std::vector<std::pair<std::string, std::string>> headers;  ///< of every response
  std::string not_found = "there is no such route";          ///< message of 404
};

/// The result of a request, for logs and metrics.
struct Answered {
  std::string route;  ///< label of the route; "other" if none matches, "refused" if the body was not read
  std::string method, path, client;
  int status = 0;         ///< 499: the client had gone
  size_t body_bytes = 0;  ///< of the request, as far as they arrived
  double seconds = 0;     ///< from its first byte to its answer
};

/// One thread serves all connections (the "thread of connections"); `workers` threads run handlers. Supports
/// HTTP/1.0 and 1.1, keep-alive, pipelining, bodies with Content-Length or chunked, gzip and deflate (zlib),
/// Expect: 100-continue, HEAD, OPTIONS. No ranges. Route, token and sizes are checked as soon as the head has
/// arrived, before a body is read. After a refusal the connection reads on for a moment, so that the client
/// sees the answer instead of a reset.
class Server {
 public:
  /// @param answered called for every request on the thread of connections; must not block. Its exceptions
  ///   are ignored.
  Server(ServerOptions options, Router router, std::function<void(const Answered&)> answered = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens, and returns the port. Throws Error if the address is not available, or another process listens
  /// on it.
  int bind();

  /// Serves until stopped. Throws Error if its threads cannot be created; nothing was answered then.
  /// @param tick called about ten times a second on the thread of connections; must not block for long. Its
  ///   exceptions are ignored.
  void run(const std::function<void()>& tick = nullptr);

  /// Accepts no more connections or requests, answers those in progress, and makes run() return within
  /// `grace_seconds`; then the rest is cancelled and closed. Can be called from any thread, any number of
  /// times.
  void stop(double grace_seconds);

  /// The number of open connections.
  int connections() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::http
