// The detectors of the family, by name: how each is built, and how its tensors are called and shaped. The
// form of each as ONNX is above this floor, in export/parts/detector_graph.cpp, under the same name.
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

/// Names of tensors and the shapes that options need.
using NamedShapes = std::vector<std::pair<std::string, std::vector<int64_t>>>;

/// One kind of detector.
struct Architecture {
  std::string name;   ///< DetectorOptions::architecture
  std::string about;  ///< A description in one line.
  std::function<std::shared_ptr<Detector>(const DetectorOptions&)> make;
  /// What happens to tensors that its relatives name differently or that only they have; as a step of
  /// NameMap.
  std::function<std::vector<NameRule>(const DetectorOptions&)> relatives;
  /// Tensors that any file of such a model has and whose shapes bound its size, so that options may be
  /// checked against them before anything is allocated.
  std::function<NamedShapes(const DetectorOptions&)> telling_shapes;
  /// Its tensors under all names its public program gives them, so that it loads them strictly.
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

/// Tensors of a relative under the names of the model that options describe: what both have then has one
/// name. Throws Error naming `source` if tensors that are one in the model differ.
RenamedTensors fit_names(const DetectorOptions& options, const StateDict& tensors, const std::string& source);

/// The architecture whose own parts `tensors`, under this project's names, have.
std::string architecture_of(const StateDict& tensors);

}  // namespace focus::models
