// Converts the weights of another program to a model of this one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weights/weights.h"

namespace focus::weights {

/// What the user specifies in addition to the weights.
struct ConvertRequest {
  /// Sets the options that a configuration names and leaves all others unchanged. May be null.
  std::function<void(models::DetectorOptions&, images::PreprocessOptions&)> configure;
  std::vector<std::string> classes;  ///< Names; empty: the file's own, COCO's, or numbers.
  bool partly = false;               ///< Accept weights of which less than half has a place, too.
};

struct Converted {
  detector::LoadedModel loaded;
  FillReport report;
};

/// Builds the model with options derived from the tensors and completed by the request, and copies the
/// weights. Names in the request are those of the file's classes if there are as many and the file names
/// none; otherwise rows are matched by name (fill_model). Tensors that start at random use the same seed
/// every time. Throws Error naming the file and the option if the request contradicts the tensors, and for
/// weights of which nothing or too little has a place (require_enough); UsageError if options contradict each
/// other.
Converted convert(Weights weights, const ConvertRequest& request);

/// The model's tensors as a state dict of the program that published it: under all its names, so that it can
/// load them strictly.
models::StateDict reference_state_dict(const detector::LoadedModel& loaded);

}  // namespace focus::weights
