// KServe's protocol over gRPC: inference.GRPCInferenceService, which Triton's clients use.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/server.h"
#include "serve/batcher.h"
#include "serve/model_repository.h"
#include "serve/take_jobs.h"

namespace focus::serve {

struct GrpcServerOptions {
  std::string host = "127.0.0.1";
  int port = 8001;  ///< 0: any free port
  int workers = 2;  ///< threads that decode images

  size_t max_message_bytes = size_t{32} << 20;  ///< of a request, decompressed; more: RESOURCE_EXHAUSTED
  size_t max_message_bytes_together = size_t{512}
                                      << 20;  ///< of all requests at the same time; more: UNAVAILABLE
  /// Of a call's head; more: RESOURCE_EXHAUSTED, or the connection is closed.
  size_t max_metadata_bytes = size_t{64} << 10;
  int max_connections = 1024;  ///< more: idle ones are closed, or else new ones
  int max_calls = 128;         ///< per connection at the same time; more: the client waits
  double request_seconds =
      30;                     ///< from a call's first byte to its answer; a client's deadline may be earlier
  double idle_seconds = 300;  ///< that a connection may be without a call
  double stopping_seconds = 2;  ///< for a message to arrive once the server is stopping

  std::string token;    ///< that all but health checks need as "authorization: Bearer"; empty: none
  std::string version;  ///< of the program, for ServerMetadata
  RequestLimits limits;
};

/// Answers ServerLive, ServerReady, ModelReady, ServerMetadata, ModelMetadata, ModelConfig, ModelStatistics,
/// ModelInfer and grpc.health.v1 Check; the rest is UNIMPLEMENTED. One thread serves all connections (HTTP/2
/// without TLS). Token, path and sizes are checked as soon as a call's head has arrived, before its message
/// is read. However a call ends, its Patience is then cancelled.
class GrpcServer {
 public:
  /// @param answered called for every call, with the corresponding HTTP status (504: its deadline has passed,
  ///   499: the client has gone) and a route such as "grpc/ModelInfer"; on the thread of connections; must
  ///   not block. Its exceptions are ignored.
  /// `models` and `batcher` must outlive it. Throws UsageError in a build without gRPC.
  GrpcServer(const GrpcServerOptions& options, const ModelRepository& models, Batcher& batcher,
             std::function<void(const http::Answered&)> answered = nullptr);
  /// Calls stop(0) and waits for images that are being decoded.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  /// Whether this build has gRPC.
  static bool is_built();

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

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
