#include "serve/openapi.h"

#include "models/options.h"

namespace focus::serve {
namespace {

// Generated clients send the first media type of a body.
using nlohmann::ordered_json;

const ordered_json kNumber = {{"type", "number"}}, kInteger = {{"type", "integer"}},
                   kText = {{"type", "string"}};
const ordered_json kAnything = {{"type", "object"}, {"additionalProperties", true}};

ordered_json list_of(ordered_json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

ordered_json object(ordered_json properties, ordered_json required = nullptr) {
  if (required.is_null()) {
    required = ordered_json::array();
    for (const auto& property : properties.items()) required.push_back(property.key());
  }
  ordered_json schema{{"type", "object"}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["properties"] = std::move(properties);
  return schema;
}

ordered_json described(ordered_json schema, const char* about) {
  schema["description"] = about;
  return schema;
}

ordered_json reference(const char* name) { return {{"$ref", std::string("#/components/schemas/") + name}}; }

ordered_json answer(const char* about, ordered_json schema, const char* type = "application/json") {
  return {{"description", about}, {"content", {{type, {{"schema", std::move(schema)}}}}}};
}

ordered_json parameter(const char* name, const char* place, const char* about, ordered_json schema) {
  return {{"name", name},
          {"in", place},
          {"required", std::string(place) == "path"},
          {"description", about},
          {"schema", std::move(schema)}};
}

ordered_json schemas() {
  const ordered_json box =
      described({{"type", "array"}, {"items", kNumber}, {"minItems", 4}, {"maxItems", 4}},
                "x, y, width, height in pixels of the image, turned upright");
  const ordered_json tensor = object({{"name", kText}, {"datatype", kText}, {"shape", list_of(kInteger)}});
  ordered_json image = object({{"file", kText},
                               {"width", kInteger},
                               {"height", kInteger},
                               {"detections", list_of(reference("Detection"))}});
  image["properties"]["note"] = described(kText, "Which part of the file was not read, if any.");
  const auto answer_with = [](const char* of_image) {
    return object(
        {{"model", kText},
         {"images", list_of(reference(of_image))},
         {"milliseconds", object({{"decode", kNumber}, {"queue", kNumber}, {"inference", kNumber}})}});
  };
  ordered_json explained = image;
  explained["additionalProperties"] = true;
  ordered_json input = object({{"name", {{"type", "string"}, {"enum", {"image"}}}},
                               {"datatype", {{"type", "string"}, {"enum", {"BYTES", "UINT8"}}}},
                               {"shape", list_of(kInteger)}});
  input["properties"]["data"] =
      described(list_of(ordered_json::object()),
                "BYTES: encoded images in base64. UINT8: red, green, blue, row by row.");
  input["properties"]["parameters"] = kAnything;
  ordered_json wanted =
      object({{"name", {{"type", "string"}, {"enum", {"counts", "boxes", "scores", "category_ids"}}}}});
  wanted["properties"]["parameters"] = kAnything;
  ordered_json request = object({{"inputs", list_of(input)}});
  request["properties"]["id"] = kText;
  request["properties"]["parameters"] =
      described(kAnything, "threshold, max, keep, tiles; binary_data_output");
  request["properties"]["outputs"] = list_of(wanted);
  ordered_json output = tensor;
  output["properties"]["data"] = list_of(kNumber);
  output["properties"]["parameters"] = kAnything;
  ordered_json response =
      object({{"model_name", kText}, {"model_version", kText}, {"outputs", list_of(output)}});
  response["properties"]["id"] = kText;
  return {{"Error", object({{"error", kText}})},
          {"Detection",
           object({{"category_id", kInteger}, {"category", kText}, {"score", kNumber}, {"bbox", box}})},
          {"Image", image},
          {"Detections", answer_with("Image")},
          {"ExplainedImage", explained},
          {"Explanations", answer_with("ExplainedImage")},
          {"Model", object({{"name", kText},
                            {"architecture", kText},
                            {"categories", list_of(object({{"id", kInteger}, {"name", kText}}))},
                            {"keep_ratio", kNumber},
                            {"max_detections", kInteger}})},
          {"Models", object({{"models", list_of(reference("Model"))}})},
          {"Server", object({{"name", kText}, {"version", kText}, {"extensions", list_of(kText)}})},
          {"ModelMetadata", object({{"name", kText},
                                    {"versions", list_of(kText)},
                                    {"platform", kText},
                                    {"inputs", list_of(tensor)},
                                    {"outputs", list_of(tensor)}})},
          {"InferRequest", request},
          {"InferResponse", response}};
}

ordered_json error_answers(bool takes_body) {
  ordered_json answers;
  if (takes_body)
    answers["400"] = answer("The body is not an image, or a parameter is out of range.", reference("Error"));
  answers["401"] = answer("The bearer token is missing or wrong.", reference("Error"));
  if (takes_body) {
    answers["408"] = answer("The request did not arrive in time.", reference("Error"));
    answers["413"] = answer("Too many images, or too large ones.", reference("Error"));
    answers["415"] = answer("The Content-Encoding of the body is not supported.", reference("Error"));
    answers["503"] = answer(
        "The queue is full, memory is short, or there was no answer in time; try again after "
        "the seconds in Retry-After.",
        reference("Error"));
  }
  return answers;
}

/// The parameters of images, given in the query or as fields of the form.
ordered_json looks(bool with_tiles) {
  ordered_json all = {
      {"threshold", described({{"type", "number"}, {"minimum", 0}, {"maximum", 1}, {"default", 0.3}},
                              "Lowest score of a detection to report.")},
      {"max", described({{"type", "integer"}, {"minimum", 1}, {"maximum", kMostDetections}},
                        "Most detections per image.")},
      {"keep",
       described({{"type", "number"}, {"minimum", models::FocusOptions::kLeastKeepRatio}, {"maximum", 1}},
                 "Fraction of tokens that the encoder works on; lower is faster.")}};
  if (with_tiles) {
    all["tiles"] = described({{"type", "integer"}, {"minimum", 1}, {"maximum", kMostTiles}, {"default", 1}},
                             "Also detect in this many tiles along each image's longer side, to find small "
                             "objects.");
  }
  return all;
}

ordered_json model_in_path() { return parameter("model", "path", "Name of the model.", kText); }

/// The operations that take images.
ordered_json image_operation(const char* id, const char* summary, bool explain, bool named,
                             const RequestLimits& limits) {
  const ordered_json binary = {{"type", "string"}, {"format", "binary"}};
  const auto how = looks(!explain);
  ordered_json form = {{"image", {{"type", "array"}, {"items", binary}, {"maxItems", limits.max_images}}}};
  for (const auto& one : how.items()) form[one.key()] = one.value();
  ordered_json content;
  content["multipart/form-data"] = {{"schema", object(form, {"image"})}};
  for (const char* type : {"application/octet-stream", "image/jpeg", "image/png", "image/webp", "image/bmp",
                           "image/tiff", "image/heic", "image/avif"}) {
    content[type] = {{"schema", binary}};
  }
  auto parameters = ordered_json::array();
  if (named) parameters.push_back(model_in_path());
  for (const auto& one : how.items()) {
    auto schema = one.value();
    const auto about = schema["description"].get<std::string>();
    schema.erase("description");
    parameters.push_back(parameter(one.key().c_str(), "query", about.c_str(), schema));
  }
  ordered_json responses{
      {"200", answer(explain ? "The detections, and where the model looked." : "The detections.",
                     reference(explain ? "Explanations" : "Detections"))}};
  responses.update(error_answers(true));
  if (named) responses["404"] = answer("There is no such model.", reference("Error"));
  return {{"post",
           {{"operationId", id},
            {"summary", summary},
            {"parameters", std::move(parameters)},
            {"requestBody", {{"required", true}, {"content", std::move(content)}}},
            {"responses", std::move(responses)}}}};
}

/// An operation without a body. `path_names`: the names in braces in its path.
ordered_json get_operation(const char* id, const char* summary, ordered_json found,
                           const std::vector<const char*>& path_names = {}) {
  ordered_json responses{{"200", std::move(found)}};
  responses.update(error_answers(false));
  if (!path_names.empty())
    responses["404"] = answer("There is no such model or version.", reference("Error"));
  ordered_json operation{{"operationId", id}, {"summary", summary}};
  if (!path_names.empty()) {
    auto parameters = ordered_json::array();
    for (const char* name : path_names) {
      parameters.push_back(std::string(name) == "model"
                               ? model_in_path()
                               : parameter(name, "path", "Version of the model: 1.", kText));
    }
    operation["parameters"] = std::move(parameters);
  }
  operation["responses"] = std::move(responses);
  return {{"get", std::move(operation)}};
}

ordered_json health_operation(const char* id, const char* summary, const char* name) {
  ordered_json operation =
      get_operation(id, summary, answer("Yes.", object({{name, {{"type", "boolean"}}}})));
  operation["get"]["responses"] = {{"200", operation["get"]["responses"]["200"]},
                                   {"503", answer("No.", reference("Error"))}};
  operation["get"]["security"] = ordered_json::array({ordered_json::object()});
  return operation;
}

ordered_json infer_operation(const char* id, bool versioned) {
  ordered_json parameters = ordered_json::array({model_in_path()});
  if (versioned) parameters.push_back(parameter("version", "path", "Version of the model: 1.", kText));
  parameters.push_back(
      parameter("Inference-Header-Content-Length", "header",
                "Bytes of JSON before the binary tensors; without it, the whole body is JSON.", kInteger));
  ordered_json responses{{"200", answer("The requested tensors.", reference("InferResponse"))}};
  responses["200"]["content"]["application/octet-stream"] = {
      {"schema", {{"type", "string"}, {"format", "binary"}}}};
  responses.update(error_answers(true));
  responses["404"] = answer("There is no such model or version.", reference("Error"));
  responses["504"] = answer("No answer within the request's own timeout.", reference("Error"));
  return {{"post",
           {{"operationId", id},
            {"summary", "Infer by KServe's protocol"},
            {"parameters", std::move(parameters)},
            {"requestBody",
             {{"required", true},
              {"content",
               {{"application/json", {{"schema", reference("InferRequest")}}},
                {"application/octet-stream", {{"schema", {{"type", "string"}, {"format", "binary"}}}}}}}}},
            {"responses", std::move(responses)}}}};
}

void add_image_paths(ordered_json& paths, const RequestLimits& limits) {
  paths["/v1/detect"] = image_operation("detect", "Find objects in images", false, false, limits);
  paths["/v1/explain"] =
      image_operation("explain", "Find objects and show where the model looked", true, false, limits);
  paths["/v1/models/{model}/detect"] =
      image_operation("detectByModel", "Find objects with the model of that name", false, true, limits);
  paths["/v1/models/{model}/explain"] =
      image_operation("explainByModel", "Explain with the model of that name", true, true, limits);
  paths["/v1/model"] = get_operation("describeModel", "Classes and options of the default model",
                                     answer("The model.", reference("Model")));
  paths["/v1/models"] = get_operation("listModels", "All models, the default first",
                                      answer("The models.", reference("Models")));
  paths["/v1/models/{model}"] = get_operation("describeModelByName", "Classes and options of a model",
                                              answer("The model.", reference("Model")), {"model"});
}

void add_kserve_paths(ordered_json& paths) {
  paths["/v2/health/live"] = health_operation("isLive", "Whether the server runs", "live");
  paths["/v2/health/ready"] = health_operation("isReady", "Whether the server takes requests", "ready");
  paths["/v2"] = get_operation("describeServer", "The server", answer("The server.", reference("Server")));
  paths["/v2/models/stats"] =
      get_operation("statistics", "Statistics of all models", answer("Counts and times.", kAnything));
  const ordered_json ready = answer("Yes.", object({{"name", kText}, {"ready", {{"type", "boolean"}}}}));
  for (const bool versioned : {false, true}) {
    const std::string model = std::string("/v2/models/{model}") + (versioned ? "/versions/{version}" : "");
    const std::vector<const char*> names =
        versioned ? std::vector<const char*>{"model", "version"} : std::vector<const char*>{"model"};
    const auto id = [&](const char* name) { return std::string(name) + (versioned ? "OfVersion" : ""); };
    paths[model] = get_operation(id("metadata").c_str(), "A model's inputs and outputs",
                                 answer("The tensors.", reference("ModelMetadata")), names);
    paths[model + "/ready"] =
        get_operation(id("isModelReady").c_str(), "Whether a model is ready", ready, names);
    paths[model + "/config"] =
        get_operation(id("config").c_str(), "A model's configuration, in Triton's form",
                      answer("The configuration.", kAnything), names);
    paths[model + "/stats"] = get_operation(id("modelStatistics").c_str(), "Statistics of a model",
                                            answer("Counts and times.", kAnything), names);
    paths[model + "/infer"] = infer_operation(id("infer").c_str(), versioned);
  }
}

}  // namespace

nlohmann::ordered_json openapi_document(const std::string& version, const RequestLimits& limits) {
  ordered_json paths;
  add_image_paths(paths, limits);
  add_kserve_paths(paths);
  paths["/metrics"] = get_operation("metrics", "Counters in Prometheus's text format",
                                    answer("The counters.", kText, "text/plain"));
  paths["/openapi.json"] =
      get_operation("describeRoutes", "This document", answer("The document.", kAnything));
  return {
      {"openapi", "3.0.3"},
      {"info", {{"title", "focus-detr"}, {"version", version}, {"license", {{"name", "Apache-2.0"}}}}},
      {"security", ordered_json::array({ordered_json::object(), {{"token", ordered_json::array()}}})},
      {"paths", std::move(paths)},
      {"components",
       {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}, {"schemas", schemas()}}}};
}

}  // namespace focus::serve
