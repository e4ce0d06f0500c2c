// The paper's ablations: what is varied in each, as detectors to train.
#pragma once

#include <string>
#include <vector>

#include "models/options.h"

namespace focus::train {

/// One detector of a study.
struct Variant {
  std::string label;   ///< in tables
  std::string folder;  ///< of its runs; "full" for the detector as configured, whatever the study
  models::DetectorOptions model;
};

/// Names of all studies.
const std::vector<std::string>& study_names();

/// The detectors of a study, `base` among them:
///   keep-ratio    rho from 0.1 to 0.5 (paper, section 4.3)
///   modules       without dual attention, top-down modulation, category score, cascade, each alone
///   cascade       other ways to spread the same number of updates over the layers, and the most there are
///   fine-grained  how many tokens attend to each other, from none to 4/3 of those configured
/// Throws UsageError for an unknown study and for a base that is not a Focus-DETR with all its modules.
std::vector<Variant> study_variants(const std::string& study, const models::DetectorOptions& base);

}  // namespace focus::train
