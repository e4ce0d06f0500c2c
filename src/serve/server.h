// Detectors over HTTP and gRPC.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/batcher.h"
#include "serve/model_repository.h"
#include "serve/take_jobs.h"

namespace focus::serve {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;                             ///< 0: any that is free
  std::optional<int> grpc_port;                ///< none: no gRPC
  int threads = 1;                             ///< of the model
  std::string token;                           ///< "Authorization: Bearer" that requests need; empty: none
  std::vector<std::string> allow_origins;      ///< browser applications of other origins (CORS); "*": all
  int64_t max_body_bytes = int64_t{32} << 20;  ///< of a request
  int64_t max_body_bytes_together = int64_t{512} << 20;  ///< of all that are being answered
  RequestLimits limits;
  int connections = 1024;       ///< open at the same time
  double timeout_seconds = 30;  ///< from a request's first byte to its answer
  double idle_seconds = 60;     ///< that a connection may be without a request
  double grace_seconds = 20;    ///< for requests that are being answered when the server stops
  double reload_seconds = 2;    ///< how often the models' files are looked at; 0: never
  bool log = true;              ///< one JSON line per request on standard error
  BatcherOptions batching;
  std::string version = "0";  ///< of the program
};

/// Routes (docs/serve.md):
///   GET  /                            the page
///   POST /v1/detect, /v1/explain      images in; detections out, and where the model looked
///   POST /v1/models/NAME/detect, ...  the same of another model than the first
///   GET  /v1/model, /v1/models        classes and options
///   GET  /v2/health/live              200 as long as the server runs
///   GET  /v2/health/ready             200 while it takes requests
///   GET  /v2, /v2/models/NAME, ...    KServe's protocol and Triton's extensions (kserve_routes.h)
///   GET  /metrics                     Prometheus
///   GET  /openapi.json                this list for programs
class Server {
 public:
  /// `models` outlives it. Throws Error if a thread cannot be made.
  Server(ServerOptions options, ModelRepository& models);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  struct Ports {
    int http = 0, grpc = 0;  ///< 0: none
  };
  /// Listens, runs the model once on an image of nothing, so that all its threads are there, and answers from
  /// here on. Throws Error if an address cannot be had or a thread cannot be made.
  Ports start();

  /// Waits until `should_stop` says true, which is asked ten times a second, then finishes what it took, for
  /// the grace time at most.
  void wait(const std::function<bool()>& should_stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
