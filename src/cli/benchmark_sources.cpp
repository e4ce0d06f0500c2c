#include "cli/benchmark_sources.h"

#include <ATen/Context.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "models/architectures.h"
#include "train/run.h"

namespace focus::cli {
namespace {

detector::LoadedModel random_model(const train::RunOptions& options) {
  constexpr uint64_t kSeed = 1;
  at::manual_seed(kSeed);
  detector::LoadedModel loaded;
  loaded.info.model = options.model;
  loaded.info.preprocess = options.preprocess;
  loaded.model = models::make_detector(options.model);
  return loaded;
}

BenchmarkSource configured_source(const std::string& name, const ConfigArguments& config) {
  const auto options = config.read<train::RunOptions>();
  options.model.validate();
  return {name, [options] { return random_model(options); }};
}

BenchmarkSource file_source(const std::string& path) {
  return {std::filesystem::path(path).stem().string(), [path] { return detector::load_model(path); }};
}

}  // namespace

std::vector<BenchmarkSource> benchmark_sources(const std::vector<std::string>& model_files,
                                               const ConfigArguments& config) {
  const bool configured = !config.file.empty() || !config.assignments.empty();
  if (model_files.empty()) {
    const auto name = configured ? std::filesystem::path(config.file).stem().string() : "paper";
    return {configured_source(name.empty() ? "configured" : name, config)};
  }
  if (configured)
    fail_usage("benchmark: a model file brings its own configuration; give --model or --config, not both");
  std::vector<BenchmarkSource> sources;
  sources.reserve(model_files.size());
  for (const auto& path : model_files) sources.push_back(file_source(path));
  return sources;
}

BenchmarkSource compared_source(const std::string& name, const std::vector<std::string>& assignments) {
  if (name.ends_with(".safetensors")) return file_source(name);
  const auto& architectures = models::architecture_names();
  ConfigArguments config{name, assignments};
  if (std::find(architectures.begin(), architectures.end(), name) != architectures.end()) {
    std::replace(config.file.begin(), config.file.end(), '-', '_');
    config.file += "_r50";
  }
  return configured_source(std::filesystem::path(name).stem().string(), config);
}

}  // namespace focus::cli
