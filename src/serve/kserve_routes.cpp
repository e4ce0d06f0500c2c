#include "serve/kserve_routes.h"

#include "serve/kserve/http_request.h"
#include "serve/kserve/infer.h"
#include "serve/kserve/metadata.h"
#include "serve/memory_short.h"
#include "serve/responses.h"

namespace focus::serve {
namespace {

using http::ExchangePointer;

constexpr const char* kJsonBytes = "Inference-Header-Content-Length";

ServedModelPointer model_asked_for(const http::Request& request, const ModelRepository& models) {
  const auto& captured = request.head.captured;
  const auto version = captured.find("version");
  return kserve::find_model(
      models, captured.at("model"),
      version == captured.end() ? std::nullopt : std::optional<std::string>(version->second));
}

http::Response response_of(const kserve::Response& inferred) {
  auto written = kserve::write_http_response(inferred);
  http::Response response;
  response.body = std::move(written.body);
  if (written.json_bytes) {
    response.type = "application/octet-stream";
    response.headers.add(kJsonBytes, std::to_string(*written.json_bytes));
  }
  return response;
}

void infer(const ExchangePointer& exchange, Serving& serving) {
  const auto& request = exchange->request();
  const auto model = model_asked_for(request, serving.models);
  const auto asked = kserve::read_http_request(request.body, request.head.headers.find(kJsonBytes));
  kserve::infer(asked, model, {exchange->deadline(), exchange->cancelled()}, serving.limits, serving.batcher,
                [exchange, &metrics = serving.metrics](std::exception_ptr error, kserve::Response inferred) {
                  if (error) return exchange->answer_error(error);
                  try {
                    metrics.observe_stage("decode", inferred.decode_seconds);
                    metrics.observe_stage("queue", inferred.queue_seconds);
                    metrics.observe_stage("inference", inferred.run_seconds);
                    exchange->answer(response_of(inferred));
                  } catch (...) {
                    exchange->answer_error(told(std::current_exception()));
                  }
                });
}

}  // namespace

void add_kserve_routes(http::Router& router, Serving& serving) {
  using Describe = nlohmann::json (*)(const ServedModel&);
  router.add({"GET", "/v2", "/v2", [&serving](const ExchangePointer& exchange) {
                exchange->answer(json_response(kserve::server_metadata(serving.version)));
              }});
  router.add({"GET", "/v2/models/stats", "/v2/models/stats", [&serving](const ExchangePointer& exchange) {
                exchange->answer(json_response(kserve::model_statistics(serving.models.list())));
              }});
  const auto add = [&](const std::string& end, const std::string& label, Describe describe) {
    for (const std::string version : {"", "/versions/{version}"}) {
      router.add({"GET", "/v2/models/{model}" + version + end, label,
                  [&serving, describe](const ExchangePointer& exchange) {
                    exchange->answer(
                        json_response(describe(*model_asked_for(exchange->request(), serving.models))));
                  }});
    }
  };
  add("", "/v2/models", kserve::model_metadata);
  add("/ready", "/v2/models/ready", kserve::model_ready);
  add("/config", "/v2/models/config", kserve::model_config);
  for (const std::string version : {"", "/versions/{version}"}) {
    router.add({"GET", "/v2/models/{model}" + version + "/stats", "/v2/models/stats",
                [&serving](const ExchangePointer& exchange) {
                  exchange->answer(json_response(
                      kserve::model_statistics({model_asked_for(exchange->request(), serving.models)})));
                }});
    router.add({"POST", "/v2/models/{model}" + version + "/infer", "/v2/models/infer",
                [&serving](const ExchangePointer& exchange) { infer(exchange, serving); }});
  }
}

}  // namespace focus::serve
