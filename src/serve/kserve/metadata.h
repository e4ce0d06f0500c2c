// Metadata of the server and its models, in KServe's protocol and Triton's extensions of it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "serve/model_repository.h"

namespace focus::serve::kserve {

constexpr const char* kServerName = "focus-detr";
constexpr const char* kPlatform = "focus-detr";

/// The supported extensions: binary_tensor_data, model_configuration, statistics.
const std::vector<std::string>& extensions();

/// The model of a request. Throws HttpError 404 naming it and the available ones, also if the version is not
/// the model's. No version: any.
ServedModelPointer find_model(const ModelRepository& models, const std::string& name,
                              const std::optional<std::string>& version);

/// GET /v2. @param version of the program
nlohmann::json server_metadata(const std::string& version);
/// GET /v2/models/NAME
nlohmann::json model_metadata(const ServedModel& model);
/// GET /v2/models/NAME/ready
nlohmann::json model_ready(const ServedModel& model);
/// GET /v2/models/NAME/config
nlohmann::json model_config(const ServedModel& model);
/// GET /v2/models/NAME/stats, or of all: GET /v2/models/stats
nlohmann::json model_statistics(const std::vector<ServedModelPointer>& models);

}  // namespace focus::serve::kserve
