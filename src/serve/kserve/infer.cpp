#include "serve/kserve/infer.h"

#include <algorithm>

#include "serve/memory_short.h"

namespace focus::serve::kserve {
namespace {

Response response_of(const ServedModel& model, const std::string& id,
                     const std::vector<OutputChoice>& choices, const std::vector<JobResult>& results) {
  Response response{model.name, model.version, id, make_outputs(choices, results, model.categories)};
  for (const auto& result : results) {
    response.queue_seconds = std::max(response.queue_seconds, result.queue_seconds);
    response.run_seconds = std::max(response.run_seconds, result.run_seconds);
  }
  return response;
}

}  // namespace

void infer(const Request& request, const ServedModelPointer& model, const Patience& patience,
           const RequestLimits& limits, Batcher& batcher, Answered answered) {
  const auto inference = understand(request, limits);
  Patience own = patience;
  if (inference.timeout && inference.timeout->count() > 0) {
    own.deadline = std::min(own.deadline, Clock::now() + *inference.timeout);
  }
  auto taken = take_jobs(inference.images, model, own, limits, batcher);
  batcher.submit(std::move(taken.reservation), std::move(taken.jobs),
                 [model, id = request.id, choices = inference.outputs, decoding = taken.decode_seconds,
                  answered = std::move(answered)](std::exception_ptr error, std::vector<JobResult> results) {
                   Response response;
                   try {
                     if (!error) response = response_of(*model, id, choices, results);
                     response.decode_seconds = decoding;
                   } catch (...) {
                     error = told(std::current_exception());
                   }
                   answered(error, std::move(response));
                 });
}

}  // namespace focus::serve::kserve
