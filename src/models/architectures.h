// The detectors by name: how each is built, and what its tensors are called and shaped like. Their ONNX
// export is above this floor, in export/parts/detector_graph.cpp, under the same names.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/checkpoints/name_maps.h"
#include "models/detector.h"
#include "nn/detector_output.h"

namespace focus::models {

/// Names of tensors and the shapes that options require.
using NamedShapes = std::vector<std::pair<std::string, std::vector<int64_t>>>;

/// One kind of detector.
struct Architecture {
  std::string name;   ///< DetectorOptions::architecture
  std::string about;  ///< A description in one line.
  std::function<std::shared_ptr<Detector>(const DetectorOptions&)> make;
  /// How to rename or drop tensors of related models, which name them differently or have more; a step of a
  /// NameMap.
  std::function<std::vector<NameRule>(const DetectorOptions&)> relatives;
  /// Tensors that every file of such a model has and whose shapes bound its size, so that options can be
  /// checked against them before anything is allocated.
  std::function<NamedShapes(const DetectorOptions&)> telling_shapes;
  /// Its tensors under every name the published code gives them, so that it loads them in strict mode.
  std::function<StateDict(const DetectorOptions&, const StateDict&)> original;
  /// What its class logits mean.
  nn::ClassScores scores = nn::ClassScores::kSigmoid;

  /// Columns of class logits after those of the classes: one for "no object", or none.
  int64_t extra_logits() const { return scores == nn::ClassScores::kSoftmax ? 1 : 0; }
};

/// All kinds, in the order of architecture_names().
const std::vector<Architecture>& architectures();

/// The kind called `name`. Throws UsageError that lists them if there is none.
const Architecture& find_architecture(const std::string& name);

/// Builds the detector that options.architecture names, with random weights. Throws UsageError for an unknown
/// name and when options contradict each other.
std::shared_ptr<Detector> make_detector(const DetectorOptions& options);

/// Renames tensors of a related model to the names of the model that `options` describe, so that shared parts
/// have one name. Throws Error naming `source` if tensors that are one in the model differ.
RenamedTensors fit_names(const DetectorOptions& options, const StateDict& tensors, const std::string& source);

/// The architecture that `tensors`, under this project's names, belong to, judged by the parts only it has.
std::string architecture_of(const StateDict& tensors);

}  // namespace focus::models
