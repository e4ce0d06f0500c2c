#include "weights/summary.h"

#include "base/error.h"
#include "base/human.h"
#include "base/json.h"

namespace focus::weights {
namespace {

bool is_statistic(const std::string& name) {
  const auto last = name.substr(name.rfind('.') + 1);
  return last == "running_mean" || last == "running_var";
}

nlohmann::json categories_json(const detector::ModelInfo& info) {
  auto list = nlohmann::json::array();
  for (const auto& category : info.categories) list.push_back({{"id", category.id}, {"name", category.name}});
  return list;
}

/// Nested options as lines "key = value".
void add_options(std::string& text, const std::string& prefix, const nlohmann::json& options) {
  for (const auto& [key, value] : flattened(options))
    text += fmt::format("  {}{} = {}\n", prefix, key, value.dump());
}

/// Untrusted text on one line: as JSON, with invalid UTF-8 replaced.
std::string printed(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

int64_t parameter_count(const models::StateDict& tensors) {
  int64_t count = 0;
  for (const auto& [name, tensor] : tensors) count += is_statistic(name) ? 0 : tensor.numel();
  return count;
}

Summary summarise(const std::filesystem::path& path) {
  const auto weights = load_weights(path);
  Summary summary;
  summary.path = weights.path;
  summary.format = weights.format;
  summary.source = weights.source;
  summary.file_bytes = std::filesystem::file_size(path);
  summary.parameters = parameter_count(weights.tensors);
  summary.info = weights.info;
  std::map<std::string, ModuleSummary> modules;
  for (const auto& [name, tensor] : weights.tensors) {
    auto& module = modules[name.substr(0, name.find('.'))];
    ++module.tensors;
    module.numbers += tensor.numel();
    module.bytes += static_cast<uint64_t>(tensor.numel()) * tensor.element_size();
  }
  for (auto& [name, module] : modules) {
    module.name = name;
    summary.modules.push_back(module);
  }
  return summary;
}

nlohmann::json to_json(const Summary& summary) {
  nlohmann::json json{
      {"file", summary.path},
      {"format", summary.format},
      {"source", summary.source},
      {"bytes", summary.file_bytes},
      {"parameters", summary.parameters},
      {"architecture", summary.info ? nlohmann::json(summary.info->model.architecture) : nlohmann::json()}};
  auto& modules = json["modules"] = nlohmann::json::array();
  for (const auto& module : summary.modules) {
    modules.push_back({{"name", module.name},
                       {"tensors", module.tensors},
                       {"numbers", module.numbers},
                       {"bytes", module.bytes}});
  }
  if (summary.info) {
    json["model"] = options_to_json(summary.info->model);
    json["preprocess"] = options_to_json(summary.info->preprocess);
    json["categories"] = categories_json(*summary.info);
    json["provenance"] = summary.info->provenance;
    json["calibration_images"] = summary.info->calibration.images;
  }
  return json;
}

std::string to_text(const Summary& summary) {
  std::string text = fmt::format("{}\n", summary.path);
  text += summary.info ? fmt::format("architecture  {}\n", summary.info->model.architecture)
                       : fmt::format("architecture  not stated; the names are those of {} ({})\n",
                                     summary.source, models::name_map(summary.source).about);
  text += fmt::format("format        {}, {}\nparameters    {}\n", summary.format,
                      human_bytes(summary.file_bytes), summary.parameters);
  text += fmt::format("\n{:<16} {:>8} {:>12} {:>12}\n", "module", "tensors", "numbers", "size");
  for (const auto& module : summary.modules) {
    text += fmt::format("{:<16} {:>8} {:>12} {:>12}\n", module.name, module.tensors, module.numbers,
                        human_bytes(module.bytes));
  }
  if (!summary.info) return text;
  text += fmt::format("\nclasses       {}\n", summary.info->categories.size());
  for (const auto& category : summary.info->categories) {
    text += fmt::format("  {:>5}  {}\n", category.id, printed(category.name));
  }
  text += "\noptions\n";
  add_options(text, "model.", options_to_json(summary.info->model));
  add_options(text, "preprocess.", options_to_json(summary.info->preprocess));
  if (summary.info->calibration.images > 0) {
    text += fmt::format(
        "\ncalibrated    {} convolutions on {} images, for precision int8; layers that stay in another: {}\n",
        summary.info->calibration.ranges.size(), summary.info->calibration.images,
        summary.info->calibration.kept.size());
  }
  text += "\nprovenance\n";
  for (const auto& [name, value] : summary.info->provenance.items()) {
    text += fmt::format("  {} = {}\n", printed(name), printed(value));
  }
  return text;
}

}  // namespace focus::weights
