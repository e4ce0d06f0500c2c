// Inference from a request to its answer, the same over HTTP and gRPC.
#pragma once

#include <exception>
#include <functional>

#include "serve/kserve/response.h"

namespace focus::serve::kserve {

/// Called once, on the thread that runs the model (Batcher::Done), with the response or the error.
using Answered = std::function<void(std::exception_ptr error, Response response)>;

/// Decodes the request's images, queues them and returns; `answered` is called later. Throws HttpError 400,
/// 413 and 503 as understand() and take_jobs() do; `answered` is not called then. A request without an answer
/// within its own `timeout` gets 504. `request` need not outlive the call.
void infer(const Request& request, const ServedModelPointer& model, const Patience& patience,
           const RequestLimits& limits, Batcher& batcher, Answered answered);

}  // namespace focus::serve::kserve
