// The methods of inference.GRPCInferenceService.
#pragma once

#include <vector>

#include "rpc/call.h"
#include "serve/grpc_server.h"

namespace focus::serve::grpc {

/// `models` and `batcher` must outlive the methods.
std::vector<rpc::Method> inference_methods(const GrpcServerOptions& options, const ModelRepository& models,
                                           Batcher& batcher);

}  // namespace focus::serve::grpc
