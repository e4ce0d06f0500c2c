// Weights of another program become a model of this one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weights/weights.h"

namespace focus::weights {

/// What a person says beside the weights.
struct ConvertRequest {
  /// Sets the options that a configuration names and leaves all others as they are. May be null.
  std::function<void(models::DetectorOptions&, images::PreprocessOptions&)> configure;
  std::vector<std::string> classes;  ///< Names; empty: the file's own, COCO's, or numbers.
  bool partly = false;               ///< Weights of which less than half has a place are taken as well.
};

struct Converted {
  detector::LoadedModel loaded;
  FillReport report;
};

/// Builds the model whose options the tensors tell and the request completes, and copies the weights. Names
/// in the request are those of the file's classes if there are as many and the file does not say its own;
/// otherwise rows go by name (fill_model). What starts at random does so from the same seed every time.
/// Throws Error naming the file and the option if the request contradicts the tensors, and for weights of
/// which nothing or too little has a place (require_enough); UsageError if options contradict each other.
Converted convert(Weights weights, const ConvertRequest& request);

/// The model's tensors as the state dict of its public program: under all its names, so that it loads them
/// strictly.
models::StateDict reference_state_dict(const detector::LoadedModel& loaded);

}  // namespace focus::weights
