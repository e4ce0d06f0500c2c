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
  int port = 8080;                             ///< 0: any free port
  std::optional<int> grpc_port;                ///< none: no gRPC
  int threads = 1;                             ///< of the model
  std::string token;                           ///< that requests need as "Authorization: Bearer"; empty: none
  std::vector<std::string> allow_origins;      ///< of browser applications (CORS); "*": all
  int64_t max_body_bytes = int64_t{32} << 20;  ///< of a request
  int64_t max_body_bytes_together = int64_t{512} << 20;  ///< of all requests in progress
  RequestLimits limits;
  int connections = 1024;       ///< open at the same time
  double timeout_seconds = 30;  ///< from a request's first byte to its answer
  double idle_seconds = 60;     ///< that a connection may be without a request
  double grace_seconds = 20;    ///< that requests in progress have left when the server stops
  double reload_seconds = 2;    ///< between checks of the models' files; 0: never
  bool log = true;              ///< one JSON line per request on standard error
  BatcherOptions batching;
  std::string version = "0";  ///< of the program
};

/// Routes (docs/serve.md):
///   GET  /                            the page
///   POST /v1/detect, /v1/explain      images in; detections out, and where the model looked
///   POST /v1/models/NAME/detect, ...  the same with a model by name
///   GET  /v1/model, /v1/models        classes and options
///   GET  /v2/health/live              200 as long as the server runs
///   GET  /v2/health/ready             200 while it accepts requests
///   GET  /v2, /v2/models/NAME, ...    KServe's protocol and Triton's extensions (kserve_routes.h)
///   GET  /metrics                     Prometheus
///   GET  /openapi.json                these routes as an OpenAPI document
class Server {
 public:
  /// `models` must outlive it. Throws Error if a thread cannot be created.
  Server(ServerOptions options, ModelRepository& models);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  struct Ports {
    int http = 0, grpc = 0;  ///< 0: none
  };
  /// Listens, runs the model once on a blank image, which creates its threads, and starts to answer. Throws
  /// Error if an address is not available or a thread cannot be created.
  Ports start();

  /// Waits until `should_stop`, called ten times a second, returns true. Then finishes the requests in
  /// progress, for at most the grace time.
  void wait(const std::function<bool()>& should_stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
