#include "serve/grpc_server.h"

#include <utility>

#include "base/error.h"
#ifdef FOCUS_DETR_GRPC
#include "rpc/server.h"
#include "serve/grpc/methods.h"
#endif

namespace focus::serve {

#ifdef FOCUS_DETR_GRPC

class GrpcServer::Impl {
 public:
  Impl(const GrpcServerOptions& options, const ModelRepository& models, Batcher& batcher,
       std::function<void(const http::Answered&)> answered)
      : server(server_options(options), grpc::inference_methods(options, models, batcher),
               std::move(answered)) {}

  rpc::Server server;

 private:
  static rpc::ServerOptions server_options(const GrpcServerOptions& options) {
    rpc::ServerOptions made;
    made.host = options.host;
    made.port = options.port;
    made.workers = options.workers;
    made.max_bytes_together = options.max_message_bytes_together;
    made.max_metadata_bytes = options.max_metadata_bytes;
    made.max_connections = options.max_connections;
    made.max_calls = options.max_calls;
    made.request_seconds = options.request_seconds;
    made.idle_seconds = options.idle_seconds;
    made.stopping_seconds = options.stopping_seconds;
    made.token = options.token;
    return made;
  }
};

bool GrpcServer::is_built() { return true; }
int GrpcServer::bind() { return impl_->server.bind(); }
void GrpcServer::start() { impl_->server.start(); }
void GrpcServer::stop(double grace_seconds) { impl_->server.stop(grace_seconds); }
int GrpcServer::connections() const { return impl_->server.connections(); }

#else

class GrpcServer::Impl {
 public:
  Impl(const GrpcServerOptions& /*options*/, const ModelRepository& /*models*/, Batcher& /*batcher*/,
       const std::function<void(const http::Answered&)>& /*answered*/) {
    fail_usage("this build has no gRPC; build it with libnghttp2 installed, or leave out --grpc-port");
  }
};

bool GrpcServer::is_built() { return false; }
int GrpcServer::bind() { return 0; }
void GrpcServer::start() {}
void GrpcServer::stop(double /*grace_seconds*/) {}
int GrpcServer::connections() const { return 0; }

#endif

GrpcServer::GrpcServer(const GrpcServerOptions& options, const ModelRepository& models, Batcher& batcher,
                       std::function<void(const http::Answered&)> answered)
    : impl_(std::make_unique<Impl>(options, models, batcher, std::move(answered))) {}
GrpcServer::~GrpcServer() = default;

}  // namespace focus::serve
