// What inference.GRPCInferenceService answers.
#pragma once

#include <vector>

#include "rpc/call.h"
#include "serve/grpc_server.h"

namespace focus::serve::grpc {

/// The methods; `models` and `batcher` outlive them.
std::vector<rpc::Method> inference_methods(const GrpcServerOptions& options, const ModelRepository& models,
                                           Batcher& batcher);

}  // namespace focus::serve::grpc
