#include "serve/kserve/infer.h"

#include <algorithm>

#include "http/error.h"
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

/// The client's own timeout. Once it has passed, an error says so instead of that the server is busy.
class OwnTimeout {
 public:
  OwnTimeout(const Inference& inference, Clock::time_point servers) {
    if (!inference.timeout || inference.timeout->count() == 0) return;
    timeout_ = *inference.timeout;
    const auto end = Clock::now() + timeout_;
    if (end < servers) end_ = end;
  }

  Clock::time_point deadline(Clock::time_point servers) const { return std::min(servers, end_); }

  std::exception_ptr told(std::exception_ptr error) const {
    try {
      std::rethrow_exception(error);
    } catch (const http::HttpError& known) {
      if (known.status() != 503 || Clock::now() < end_) return error;
    } catch (...) {
      return error;
    }
    return std::make_exception_ptr(http::HttpError(
        504, fmt::format("no answer within the request's own timeout of {} microseconds", timeout_.count())));
  }

 private:
  std::chrono::microseconds timeout_{0};
  Clock::time_point end_ = Clock::time_point::max();
};

}  // namespace

void infer(const Request& request, const ServedModelPointer& model, const Patience& patience,
           const RequestLimits& limits, Batcher& batcher, Answered answered) {
  const auto inference = understand(request, limits);
  const OwnTimeout timeout(inference, patience.deadline);
  const Patience own{timeout.deadline(patience.deadline), patience.cancelled};
  try {
    auto taken = take_jobs(inference.images, model, own, limits, batcher);
    batcher.submit(
        std::move(taken.reservation), std::move(taken.jobs),
        [model, id = request.id, choices = inference.outputs, decoding = taken.decode_seconds, timeout,
         answered = std::move(answered)](std::exception_ptr error, std::vector<JobResult> results) {
          Response response;
          try {
            if (error) error = timeout.told(error);
            if (!error) response = response_of(*model, id, choices, results);
            response.decode_seconds = decoding;
          } catch (...) {
            error = told(std::current_exception());
          }
          answered(error, std::move(response));
        });
  } catch (const http::HttpError&) {
    std::rethrow_exception(timeout.told(std::current_exception()));
  }
}

}  // namespace focus::serve::kserve
