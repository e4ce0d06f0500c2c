#include "serve/kserve/metadata.h"

#include "base/human.h"
#include "http/error.h"
#include "serve/kserve/tensors.h"

namespace focus::serve::kserve {
namespace {

using http::fail_http;
using nlohmann::json;

json tensors_of(const std::vector<TensorSpec>& specs) {
  auto list = json::array();
  for (const auto& spec : specs) {
    list.push_back({{"name", spec.name}, {"datatype", spec.datatype}, {"shape", spec.shape}});
  }
  return list;
}

json timed(const Timed& timed) { return {{"count", timed.count}, {"ns", timed.ns}}; }

json statistics_of(const ServedModel& model) {
  const auto counts = model.statistics->counts();
  auto batches = json::array();
  for (const auto& [images, infer] : counts.batches) {
    // Decoding and writing answers are timed per request, not per batch.
    const Timed none{infer.count, 0};
    batches.push_back({{"batch_size", images},
                       {"compute_input", timed(none)},
                       {"compute_infer", timed(infer)},
                       {"compute_output", timed(none)}});
  }
  return {{"name", model.name},
          {"version", model.version},
          {"last_inference", counts.last_inference_ms},
          {"inference_count", counts.inference_count},
          {"execution_count", counts.execution_count},
          {"inference_stats",
           {{"success", timed(counts.success)},
            {"fail", timed(counts.fail)},
            {"queue", timed(counts.queue)},
            {"compute_input", timed(counts.input)},
            {"compute_infer", timed(counts.infer)},
            {"compute_output", timed(counts.output)},
            {"cache_hit", timed({})},
            {"cache_miss", timed({})}}},
          {"response_stats", json::object()},
          {"batch_stats", std::move(batches)},
          {"memory_usage", json::array()}};
}

}  // namespace

const std::vector<std::string>& extensions() {
  static const std::vector<std::string> names{"binary_tensor_data", "model_configuration", "statistics"};
  return names;
}

ServedModelPointer find_model(const ModelRepository& models, const std::string& name,
                              const std::optional<std::string>& version) {
  auto model = models.find(name);
  if (!model) {
    std::vector<std::string> names;
    for (const auto& one : models.list()) names.push_back(one->name);
    fail_http(404, "there is no model {}; the server has {}", in_quotes(name),
              names.empty() ? "none" : listed_in_quotes(names));
  }
  if (version && !version->empty() && *version != model->version) {
    fail_http(404, "model '{}' has no version {}; it has '{}'", model->name, in_quotes(*version),
              model->version);
  }
  return model;
}

json server_metadata(const std::string& version) {
  return {{"name", kServerName}, {"version", version}, {"extensions", extensions()}};
}

json model_metadata(const ServedModel& model) {
  return {{"name", model.name},
          {"versions", {model.version}},
          {"platform", kPlatform},
          {"inputs", tensors_of(input_specs())},
          {"outputs", tensors_of(output_specs())}};
}

json model_ready(const ServedModel& model) { return {{"name", model.name}, {"ready", true}}; }

json model_config(const ServedModel& model) {
  auto inputs = json::array(), outputs = json::array();
  for (const auto& spec : input_specs()) {
    inputs.push_back({{"name", spec.name},
                      {"data_type", spec.config_type},
                      {"format", "FORMAT_NONE"},
                      {"dims", spec.shape},
                      {"is_shape_tensor", false},
                      {"allow_ragged_batch", false},
                      {"optional", false}});
  }
  for (const auto& spec : output_specs()) {
    outputs.push_back({{"name", spec.name},
                       {"data_type", spec.config_type},
                       {"dims", spec.shape},
                       {"label_filename", ""},
                       {"is_shape_tensor", false}});
  }
  return {{"name", model.name},
          {"platform", kPlatform},
          {"backend", kPlatform},
          {"version_policy", {{"latest", {{"num_versions", 1}}}}},
          {"max_batch_size", 0},
          {"input", std::move(inputs)},
          {"output", std::move(outputs)},
          {"batch_input", json::array()},
          {"batch_output", json::array()},
          {"instance_group", json::array()},
          {"default_model_filename", ""},
          {"cc_model_filenames", json::object()},
          {"metric_tags", json::object()},
          {"parameters", json::object()},
          {"model_warmup", json::array()}};
}

json model_statistics(const std::vector<ServedModelPointer>& models) {
  auto list = json::array();
  for (const auto& model : models) list.push_back(statistics_of(*model));
  return {{"model_stats", std::move(list)}};
}

}  // namespace focus::serve::kserve
