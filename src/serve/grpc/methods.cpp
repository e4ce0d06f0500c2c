#include "serve/grpc/methods.h"

#include <string>
#include <utility>

#include "base/human.h"
#include "http/error.h"
#include "serve/grpc/infer_message.h"
#include "serve/grpc/json_message.h"
#include "serve/grpc/wire.h"
#include "serve/kserve/infer.h"
#include "serve/kserve/metadata.h"
#include "serve/memory_short.h"

namespace focus::serve::grpc {
namespace {

using rpc::CallPointer;

constexpr const char *kService = "inference.GRPCInferenceService", *kHealth = "grpc.health.v1.Health";

/// A method that takes microseconds only.
rpc::Method quick(const std::string& name, std::function<std::string(std::string_view message)> answer,
                  const std::string& service = kService) {
  rpc::Method method;
  method.path = "/" + service + "/" + name;
  method.label = "grpc/" + name;
  method.handler = [answer = std::move(answer)](const CallPointer& call) {
    const auto message = call->take_message();
    call->answer(answer(message.bytes));
  };
  return method;
}

/// The response of ServerLive, ServerReady and ModelReady: one flag.
std::string yes_or_no(bool value) {
  WireWriter message;
  message.flag(1, value);
  return message.take();
}

/// gRPC's health check, which Kubernetes uses: of the server (no name), or of this service.
std::string check_health(std::string_view message, bool ready) {
  const auto service = read_model_question(message).name;
  if (!service.empty() && service != kService)
    http::fail_http(404, "there is no service {}; leave the name empty for the server, or name {}",
                    in_quotes(service), kService);
  constexpr uint64_t kServing = 1, kNotServing = 2;
  WireWriter answer;
  answer.number(1, ready ? kServing : kNotServing);
  return answer.take();
}

void infer(const CallPointer& call, const ModelRepository& models, const RequestLimits& limits,
           Batcher& batcher) {
  const Patience patience{call->deadline(), call->cancelled()};
  patience.require();
  const auto message = call->take_message();
  const auto read = read_infer_request(message.bytes);
  const auto model = kserve::find_model(models, read.model_name, read.model_version);
  kserve::infer(read.request, model, patience, limits, batcher,
                [call](std::exception_ptr error, const kserve::Response& response) {
                  try {
                    if (error) std::rethrow_exception(error);
                    call->answer(write_infer_response(response));
                  } catch (...) {
                    call->answer_error(told(std::current_exception()));
                  }
                });
}

}  // namespace

std::vector<rpc::Method> inference_methods(const GrpcServerOptions& options, const ModelRepository& models,
                                           Batcher& batcher) {
  std::vector<rpc::Method> methods;
  // Health checks need no token, as over HTTP. A server that is stopping refuses all calls.
  methods.push_back(quick("ServerLive", [](std::string_view) { return yes_or_no(true); }));
  methods.back().guarded = false;
  methods.push_back(
      quick("ServerReady", [&models](std::string_view) { return yes_or_no(models.first() != nullptr); }));
  methods.back().guarded = false;
  methods.push_back(quick(
      "Check",
      [&models](std::string_view message) { return check_health(message, models.first() != nullptr); },
      kHealth));
  methods.back().guarded = false;
  methods.push_back(quick("ModelReady", [&models](std::string_view message) {
    const auto asked = read_model_question(message);
    const auto model = models.find(asked.name);
    return yes_or_no(model && (asked.version.empty() || asked.version == model->version));
  }));
  methods.push_back(quick("ServerMetadata", [version = options.version](std::string_view) {
    return write_message(kserve::server_metadata(version), kServerMetadataFields);
  }));
  methods.push_back(quick("ModelMetadata", [&models](std::string_view message) {
    const auto asked = read_model_question(message);
    return write_message(kserve::model_metadata(*kserve::find_model(models, asked.name, asked.version)),
                         kModelMetadataFields);
  }));
  methods.push_back(quick("ModelConfig", [&models](std::string_view message) {
    const auto asked = read_model_question(message);
    const auto model = kserve::find_model(models, asked.name, asked.version);
    return write_message({{"config", kserve::model_config(*model)}}, kModelConfigFields);
  }));
  methods.push_back(quick("ModelStatistics", [&models](std::string_view message) {
    const auto asked = read_model_question(message);
    const auto list =
        asked.name.empty()
            ? models.list()
            : std::vector<ServedModelPointer>{kserve::find_model(models, asked.name, asked.version)};
    return write_message(kserve::model_statistics(list), kStatisticsFields);
  }));
  rpc::Method method;
  method.path = std::string("/") + kService + "/ModelInfer";
  method.label = "grpc/ModelInfer";
  method.among_workers = true;
  method.max_message_bytes = options.max_message_bytes;
  method.handler = [&models, &batcher, limits = options.limits](const CallPointer& call) {
    unless_memory_is_short([&] { infer(call, models, limits, batcher); });
  };
  methods.push_back(std::move(method));
  return methods;
}

}  // namespace focus::serve::grpc
