// The models that `benchmark` measures: files, or configurations with random weights.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/config_arguments.h"
#include "detector/model_file.h"

namespace focus::cli {

/// A model under test. Each row loads it anew, so that no engine finds what another has left.
struct BenchmarkSource {
  std::string name;
  std::function<detector::LoadedModel()> load;
};

/// The model files, or the one model that `config` describes: without one, the paper's.
std::vector<BenchmarkSource> benchmark_sources(const std::vector<std::string>& model_files,
                                               const ConfigArguments& config);

/// What --compare names: an architecture, which stands for its published ResNet-50 configuration, a
/// configuration's name or file, or a model file. `assignments` (key=value) go over each configuration.
BenchmarkSource compared_source(const std::string& name, const std::vector<std::string>& assignments);

}  // namespace focus::cli
