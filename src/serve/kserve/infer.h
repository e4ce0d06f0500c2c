// Inference from a request to its answer, the same over HTTP and gRPC.
#pragma once

#include <exception>
#include <functional>

#include "serve/kserve/response.h"

namespace focus::serve::kserve {

/// Told once, from the thread that runs the model (Batcher::Done): the answer, or the error.
using Answered = std::function<void(std::exception_ptr error, Response response)>;

/// Decodes the request's images and gives them to the queue. Returns then; `answered` is called later.
/// Throws HttpError 400, 413 and 503 as understand() and take_jobs() do; `answered` is not called then. What
/// was not answered within the request's own `timeout` is 504. The request may go once it returns.
void infer(const Request& request, const ServedModelPointer& model, const Patience& patience,
           const RequestLimits& limits, Batcher& batcher, Answered answered);

}  // namespace focus::serve::kserve
