// A module's tensors by name, under the names of the reference's state dict.
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
/// Empty for what has no place.
std::string canonical_name(const std::string& name, int64_t decoder_layers);

/// The inverse: every tensor under all names the reference gives it, so that it loads them strictly. Aliases
/// share memory.
StateDict with_reference_aliases(const StateDict& tensors, int64_t encoder_layers, int64_t decoder_layers);

struct LoadReport {
  std::vector<std::string> missing;     ///< in the module, not in the file
  std::vector<std::string> unexpected;  ///< in the file, not in the module
};

/// Throws Error naming `source` and the first tensor of a file that has a place in the module but holds no
/// weights: whole numbers where the module has real ones (quantised weights, whose scales lie elsewhere), or
/// numbers that are not finite. Reads each number once.
void check_weights(const torch::nn::Module& module, const StateDict& tensors, const std::string& source);

/// Copies tensors into the module of the same names, converting their type. A tensor of another shape is an
/// error that names it and `source`. What is left over on either side is reported, not copied.
LoadReport load_state_dict(torch::nn::Module& module, const StateDict& tensors, const std::string& source);

/// The same for tensors nobody else will change: those that have their memory to themselves are not copied
/// but become the module's own.
LoadReport give_state_dict(torch::nn::Module& module, StateDict&& tensors, const std::string& source);

}  // namespace focus::models
