// A module's tensors by name, as in the reference's state dict.
#pragma once

#include <torch/nn/module.h>

#include <map>
#include <string>
#include <vector>

namespace focus::models {

using StateDict = std::map<std::string, at::Tensor>;

/// Parameters and buffers of a module by name; they share the module's memory.
StateDict state_dict(const torch::nn::Module& module);

/// The reference lists tensors that modules share under several names. Maps each to the one this project
/// writes, by the table "detrex" of name_maps.h: "transformer.decoder.class_embed.*" -> "class_embed.*",
/// "transformer.encoder.enhance_MCSP.N.*" -> the two-stage class head, "class_embed.<decoder_layers>.*".
/// Empty for tensors that are dropped.
std::string canonical_name(const std::string& name, int64_t decoder_layers);

/// The inverse: every tensor under all names the reference gives it, so that it loads them in strict mode.
/// Aliases share memory.
StateDict with_reference_aliases(const StateDict& tensors, int64_t encoder_layers, int64_t decoder_layers);

struct LoadReport {
  std::vector<std::string> missing;     ///< in the module, not in the file
  std::vector<std::string> unexpected;  ///< in the file, not in the module
};

/// Throws Error naming `source` and the first of a file's tensors that the module has but that cannot be its
/// weights: integers where the module has floating-point numbers (quantised weights, whose scales are
/// elsewhere), or numbers that are not finite. Reads each number once.
void check_weights(const torch::nn::Module& module, const StateDict& tensors, const std::string& source);

/// Copies tensors to those of the same names in the module, converting their type. Throws Error naming
/// `source` and the tensor for another shape. Names that only one side has are reported.
LoadReport load_state_dict(torch::nn::Module& module, const StateDict& tensors, const std::string& source);

/// The same for tensors that nobody else will change: those that share their memory with no other tensor are
/// not copied but become the module's own.
LoadReport give_state_dict(torch::nn::Module& module, StateDict&& tensors, const std::string& source);

}  // namespace focus::models
