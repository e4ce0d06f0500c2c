#include "serve/kserve/response.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace focus::serve::kserve {

using nlohmann::json;

HttpAnswer write_http_response(const Response& response) {
  auto outputs = json::array();
  size_t behind = 0;
  for (const auto& output : response.outputs) {
    json one{{"name", output.spec->name}, {"datatype", output.spec->datatype}, {"shape", output.shape}};
    if (output.binary) {
      one["parameters"] = {{"binary_data_size", output.bytes().size()}};
      behind += output.bytes().size();
    } else {
      std::visit([&](const auto& values) { one["data"] = values; }, output.values);
    }
    outputs.push_back(std::move(one));
  }
  json head{{"model_name", response.model_name},
            {"model_version", response.model_version},
            {"outputs", std::move(outputs)}};
  if (!response.id.empty()) head["id"] = response.id;
  HttpAnswer answer{head.dump(-1, ' ', false, json::error_handler_t::replace), std::nullopt};
  const bool binary = std::any_of(response.outputs.begin(), response.outputs.end(),
                                  [](const Output& output) { return output.binary; });
  if (!binary) return answer;
  answer.json_bytes = answer.body.size();
  answer.body.reserve(answer.body.size() + behind);
  for (const auto& output : response.outputs) {
    if (output.binary) answer.body += output.bytes();
  }
  return answer;
}

}  // namespace focus::serve::kserve
