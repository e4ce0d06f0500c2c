// KServe's protocol over gRPC: inference.GRPCInferenceService, as Triton's clients ask for it.
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
  int port = 8001;  ///< 0: any that is free
  int workers = 2;  ///< threads that decode images

  size_t max_message_bytes = size_t{32} << 20;  ///< of a request, decompressed; more: RESOURCE_EXHAUSTED
  size_t max_message_bytes_together = size_t{512} << 20;  ///< held at the same time; more: UNAVAILABLE
  size_t max_metadata_bytes = size_t{64}
                              << 10;  ///< of a call's head; more: RESOURCE_EXHAUSTED, or the connection ends
  int max_connections = 1024;         ///< more: idle ones are closed, then new ones
  int max_calls = 128;                ///< of a connection at the same time; more: the client waits
  double request_seconds =
      30;  ///< from a call's first byte to its answer; a client's own deadline may be earlier
  double idle_seconds = 300;    ///< a connection without a call
  double stopping_seconds = 2;  ///< for a message to arrive once the server is stopping

  std::string token;    ///< "authorization: Bearer" that all but health need; empty: none
  std::string version;  ///< of the program, for ServerMetadata
  RequestLimits limits;
};

/// Answers ServerLive, ServerReady, ModelReady, ServerMetadata, ModelMetadata, ModelConfig, ModelStatistics
/// and ModelInfer; the rest is UNIMPLEMENTED. One thread looks after all connections (HTTP/2 without TLS).
/// Token, path and sizes are looked at as soon as a call's head is there, before its message is read; a call
/// that is over, however it ends, has its Patience cancelled.
class GrpcServer {
 public:
  /// @param answered told of every call, with the status that HTTP would have had (504: its deadline has
  /// passed,
  ///   499: the client has gone), as route "grpc/ModelInfer"; from the thread of connections; must not wait.
  ///   What it throws is dropped.
  /// `models` and `batcher` outlive it. Throws UsageError in a build without gRPC.
  GrpcServer(const GrpcServerOptions& options, const ModelRepository& models, Batcher& batcher,
             std::function<void(const http::Answered&)> answered = nullptr);
  /// stop(0), and waits for images that are being decoded.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  /// Whether this build has it.
  static bool is_built();

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

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
