#include "serve/openapi.h"

#include "models/options.h"

namespace focus::serve {
namespace {

using nlohmann::json;

json query(const char* name, const char* about, json schema) {
  return {{"name", name},
          {"in", "query"},
          {"required", false},
          {"description", about},
          {"schema", std::move(schema)}};
}

json answer(const char* about, json schema) {
  return {{"description", about}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json reference(const char* name) { return {{"$ref", std::string("#/components/schemas/") + name}}; }

json plain(const char* about) { return {{"description", about}}; }

json schemas() {
  const json number = {{"type", "number"}}, integer = {{"type", "integer"}}, text = {{"type", "string"}};
  return {{"Error", {{"type", "object"}, {"required", {"error"}}, {"properties", {{"error", text}}}}},
          {"Detection",
           {{"type", "object"},
            {"required", {"category_id", "category", "score", "bbox"}},
            {"properties",
             {{"category_id", integer},
              {"category", text},
              {"score", number},
              {"bbox",
               {{"type", "array"},
                {"items", number},
                {"minItems", 4},
                {"maxItems", 4},
                {"description", "x, y, width, height in pixels of the picture, turned upright"}}}}}}},
          {"Picture",
           {{"type", "object"},
            {"required", {"file", "width", "height", "detections"}},
            {"properties",
             {{"file", text},
              {"width", integer},
              {"height", integer},
              {"note", {{"type", "string"}, {"description", "What of the file was not read, if anything."}}},
              {"detections", {{"type", "array"}, {"items", reference("Detection")}}}}}}},
          {"Detections",
           {{"type", "object"},
            {"required", {"model", "pictures", "milliseconds"}},
            {"properties",
             {{"model", text},
              {"pictures", {{"type", "array"}, {"items", reference("Picture")}}},
              {"milliseconds",
               {{"type", "object"},
                {"properties", {{"decode", number}, {"queue", number}, {"inference", number}}}}}}}}}};
}

/// The operations that take pictures differ in what they answer.
json picture_operation(const char* summary, const json& found, const RequestLimits& limits) {
  const json binary = {{"type", "string"}, {"format", "binary"}};
  json content;
  for (const char* type :
       {"image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff", "image/heic", "image/avif"})
    content[type] = {{"schema", binary}};
  content["multipart/form-data"] = {
      {"schema",
       {{"type", "object"},
        {"properties",
         {{"picture", {{"type", "array"}, {"items", binary}, {"maxItems", limits.max_pictures}}}}}}}};
  json responses{{"200", found}};
  responses["400"] = answer("No picture, or a parameter out of range.", reference("Error"));
  responses["401"] = answer("The bearer token is missing or wrong.", reference("Error"));
  responses["413"] = answer("Too many pictures, or too large ones.", reference("Error"));
  responses["503"] =
      answer("The queue is full; come back after the seconds of Retry-After.", reference("Error"));
  return {{"summary", summary},
          {"parameters",
           {query("threshold", "Least score.",
                  {{"type", "number"}, {"minimum", 0}, {"maximum", 1}, {"default", 0.3}}),
            query("max", "Most detections a picture.", {{"type", "integer"}, {"minimum", 1}}),
            query("keep", "Share of tokens the encoder works on: less is faster.",
                  {{"type", "number"}, {"minimum", models::FocusOptions::kLeastKeepRatio}, {"maximum", 1}})}},
          {"requestBody", {{"required", true}, {"content", content}}},
          {"responses", responses}};
}

json get_operation(const char* summary, json responses) {
  return {{"get", {{"summary", summary}, {"responses", std::move(responses)}}}};
}

}  // namespace

json openapi_document(const std::string& version, const RequestLimits& limits) {
  json paths;
  const auto found = answer("What was found, picture by picture.", reference("Detections"));
  auto detect = picture_operation("Find objects in pictures", found, limits);
  detect["parameters"].push_back(query(
      "tiles", "Parts of each picture to look at as well, so many along its longer side: for small objects.",
      {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostTiles}, {"default", 1}}));
  paths["/v1/detect"] = {{"post", std::move(detect)}};
  const auto explained =
      answer("The same, each picture with levels, layers, work and sampling points.", {{"type", "object"}});
  paths["/v1/explain"] = {
      {"post", picture_operation("Find objects and tell where the model looked", explained, limits)}};
  paths["/v1/model"] =
      get_operation("The model's classes and options", {{"200", answer("The model.", {{"type", "object"}})}});
  paths["/v2/health/live"] = get_operation("Whether the server runs", {{"200", plain("It does.")}});
  paths["/v2/health/ready"] = get_operation("Whether the server takes requests",
                                            {{"200", plain("It does.")}, {"503", plain("It is stopping.")}});
  paths["/metrics"] =
      get_operation("Counters in Prometheus's text format", {{"200", plain("The counters.")}});
  return {{"openapi", "3.0.3"},
          {"info", {{"title", "focus-detr"}, {"version", version}, {"license", {{"name", "Apache-2.0"}}}}},
          {"paths", paths},
          {"components", {{"schemas", schemas()}}}};
}

}  // namespace focus::serve
