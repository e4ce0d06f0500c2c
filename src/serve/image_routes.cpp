#include "serve/image_routes.h"

#include <algorithm>

#include "detector/detection_json.h"
#include "explain/explanation_json.h"
#include "http/error_response.h"
#include "images/image_header.h"
#include "serve/kserve/metadata.h"
#include "serve/memory_short.h"
#include "serve/responses.h"

namespace focus::serve {
namespace {

using http::Access;
using http::ExchangePointer;
using http::fail_http;
using http::Runs;
using nlohmann::json;

/// The model that the path names, or the default.
ServedModelPointer model_of(const http::Request& request, const ModelRepository& models) {
  const auto& captured = request.head.captured;
  const auto named = captured.find("model");
  if (named != captured.end()) return kserve::find_model(models, named->second, std::nullopt);
  auto model = models.first();
  if (!model) fail_http(503, "no model is loaded yet");
  return model;
}

ImageRequest read_images(const http::Request& request, const RequestLimits& limits, bool explain) {
  const auto boundary = http::form_boundary(request.head.headers.get("Content-Type"));
  if (!boundary) return read_image_request(request.body, request.head.query, explain);
  return read_image_request(http::read_form(request.body, *boundary, most_parts(limits.max_images)),
                            request.head.query, explain);
}

/// Describes the images before the model has run: file, size, and a note.
json describe(const ImageRequest& request, const TakenJobs& taken) {
  auto images = json::array();
  for (size_t i = 0; i < taken.jobs.size(); ++i) {
    const auto& image = taken.jobs[i].image;
    images.push_back(
        {{"file", request.images[i].name}, {"width", image.width()}, {"height", image.height()}});
    if (!taken.part_read[i].empty()) images.back()["note"] = taken.part_read[i];
  }
  return images;
}

http::Response answer_of(const ServedModel& model, json images, const std::vector<JobResult>& results,
                         double decode_seconds, Metrics& metrics) {
  double queue = 0, inference = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    const auto& result = results[i];
    if (result.explanation) {
      images[i].update(to_json(*result.explanation, model.categories));
    } else {
      images[i]["detections"] = to_json(result.detections, model.categories);
    }
    metrics.observe_stage("queue", result.queue_seconds);
    metrics.observe_stage("inference", result.run_seconds);
    queue = std::max(queue, result.queue_seconds);
    inference = std::max(inference, result.run_seconds);
  }
  return json_response(
      json{{"model", model.name},
           {"images", std::move(images)},
           {"milliseconds",
            {{"decode", 1e3 * decode_seconds}, {"queue", 1e3 * queue}, {"inference", 1e3 * inference}}}});
}

void detect(const ExchangePointer& exchange, Serving& serving, bool explain) {
  const auto model = model_of(exchange->request(), serving.models);
  const auto request = read_images(exchange->request(), serving.limits, explain);
  auto taken = take_jobs(request, model, {exchange->deadline(), exchange->cancelled()}, serving.limits,
                         serving.batcher);
  serving.metrics.observe_stage("decode", taken.decode_seconds);
  auto images = describe(request, taken);
  serving.batcher.submit(
      std::move(taken.reservation), std::move(taken.jobs),
      [exchange, model, images = std::move(images), decoding = taken.decode_seconds,
       &metrics = serving.metrics](std::exception_ptr error, std::vector<JobResult> results) mutable {
        if (error) return exchange->answer_error(error);
        try {
          exchange->answer(answer_of(*model, std::move(images), results, decoding, metrics));
        } catch (...) {
          exchange->answer_error(told(std::current_exception()));
        }
      });
}

/// The error for a body that is not an image of any known format.
const std::string& no_image_text() {
  static const std::string text = [] {
    try {
      images::read_image_header({}, kBody);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string(kBody) + ": not an image";
  }();
  return text;
}

/// Answers at once if the first bytes of the body show that it is not an image.
bool refuse_at_sight(const ExchangePointer& exchange, Serving& serving, bool explain) {
  const auto& request = exchange->request();
  if (http::form_boundary(request.head.headers.get("Content-Type"))) return false;
  const auto model = model_of(request, serving.models);
  const auto asked = read_image_request(request.body, request.head.query, explain);
  if (is_image(asked.images.front().bytes)) return false;
  model->statistics->count_failure({});
  exchange->answer(http::error_response(400, no_image_text()));
  return true;
}

json description_of(const ServedModel& model) {
  auto categories = json::array();
  for (const auto& category : model.categories) {
    categories.push_back({{"id", category.id}, {"name", category.name}});
  }
  const auto& info = model.detector->info();
  return {{"name", model.name},
          {"architecture", info.model.architecture},
          {"categories", categories},
          {"keep_ratio", model.detector->keep_ratio()},
          {"max_detections", info.model.max_detections}};
}

}  // namespace

void add_image_routes(http::Router& router, Serving& serving) {
  for (const bool explain : {false, true}) {
    const std::string what = explain ? "explain" : "detect";
    for (const std::string before : {"/v1/", "/v1/models/{model}/"}) {
      router.add({"POST", before + what, "/v1/" + what,
                  [&serving, explain](const auto& exchange) { detect(exchange, serving, explain); },
                  Runs::kAmongWorkers, Access::kToken,
                  [&serving, explain](const auto& exchange) {
                    return refuse_at_sight(exchange, serving, explain);
                  }});
    }
  }
}

void add_model_routes(http::Router& router, Serving& serving) {
  const auto describe_one = [&serving](const ExchangePointer& exchange) {
    exchange->answer(json_response(description_of(*model_of(exchange->request(), serving.models))));
  };
  router.add({"GET", "/v1/model", "/v1/model", describe_one});
  router.add({"GET", "/v1/models/{model}", "/v1/models", describe_one});
  router.add({"GET", "/v1/models", "/v1/models", [&serving](const ExchangePointer& exchange) {
                auto all = json::array();
                for (const auto& model : serving.models.list()) all.push_back(description_of(*model));
                exchange->answer(json_response(json{{"models", std::move(all)}}));
              }});
}

}  // namespace focus::serve
