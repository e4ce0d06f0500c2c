// A detector over HTTP.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "serve/batcher.h"
#include "serve/model_slot.h"
#include "serve/picture_request.h"

namespace focus::serve {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;    ///< 0: any that is free
  int threads = 1;    ///< of the model
  std::string token;  ///< "Authorization: Bearer" that requests need; empty: none
  int64_t max_body_bytes = int64_t{32} << 20;
  RequestLimits limits;
  /// Served at the same time; more wait to be accepted. More than the queue holds, or it would never be full.
  int connections = 128;
  double timeout_seconds = 30;  ///< for a request to arrive, and for its answer
  double reload_seconds = 2;    ///< how often the model file is looked at; 0: never
  bool log = true;              ///< one JSON line a request on standard error
  BatcherOptions batching;
};

/// Routes (docs/serve.md):
///   GET  /                     the page
///   POST /v1/detect            pictures in, detections out
///   POST /v1/explain           the same, and where the model looked
///   GET  /v1/model             classes and options of the model
///   GET  /v2/health/live       200 as long as the server runs
///   GET  /v2/health/ready      200 while it takes requests
///   GET  /v2, /v2/models/NAME  metadata, and POST /v2/models/NAME/infer: KServe's protocol (kserve.h)
///   GET  /metrics              Prometheus
///   GET  /openapi.json         this list for programs
class Server {
 public:
  Server(ServerOptions options, std::shared_ptr<ModelSlot> model);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens, and returns the port. Throws Error if that address cannot be had.
  int bind();

  /// Answers until `should_stop` says true, which is asked ten times a second, then finishes what it took.
  void run(const std::function<bool()>& should_stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
