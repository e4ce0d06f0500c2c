// The models that `benchmark` measures: files, or configurations with random weights.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/config_arguments.h"
#include "detector/model_file.h"

namespace focus::cli {

/// A model under test. Each row loads it again, so that no engine sees state another one left behind.
struct BenchmarkSource {
  std::string name;
  std::function<detector::LoadedModel()> load;
};

/// The model files, or without any the one model that `config` describes (by default the paper's).
std::vector<BenchmarkSource> benchmark_sources(const std::vector<std::string>& model_files,
                                               const ConfigArguments& config);

/// One name of --compare: an architecture, which stands for its published ResNet-50 configuration, a
/// configuration's name or file, or a model file. `assignments` (key=value) apply on top of it.
BenchmarkSource compared_source(const std::string& name, const std::vector<std::string>& assignments);

}  // namespace focus::cli
