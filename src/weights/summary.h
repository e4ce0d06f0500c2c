// A summary of a file of weights.
#pragma once

#include <filesystem>

#include "weights/weights.h"

namespace focus::weights {

/// Tensors of one top-level module.
struct ModuleSummary {
  std::string name;
  int64_t tensors = 0;
  int64_t numbers = 0;  ///< Elements of all of them.
  uint64_t bytes = 0;
};

struct Summary {
  std::string path, format, source;
  uint64_t file_bytes = 0;
  int64_t parameters = 0;  ///< Elements of all tensors except statistics of batch normalisation.
  std::vector<ModuleSummary> modules;
  std::optional<detector::ModelInfo> info;
};

/// Elements of all tensors except statistics of batch normalisation.
int64_t parameter_count(const models::StateDict& tensors);

/// Reads a model file, or weights of another program, and summarises it. Throws Error as load_weights does.
Summary summarise(const std::filesystem::path& path);

nlohmann::json to_json(const Summary& summary);
std::string to_text(const Summary& summary);

}  // namespace focus::weights
