// Weights of any origin: safetensors, PyTorch's files old and new, pickled numpy arrays, .npz.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace focus::io {

/// Named tensors of a file, whatever its format.
struct WeightsFile {
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::string> metadata;  ///< Text and numbers that lie beside the tensors.
  std::vector<std::string> skipped;  ///< Entries of the state dict that are no tensors: "name (what it is)".
  std::string format;                ///< "safetensors", "pytorch", "pytorch-legacy", "pickle" or "npz".
};

/// Reads `path`, whose format is told by its content, not by its name. No code in the file is run
/// (io/pickle.h), and every size is checked against the file before memory is taken.
///
/// The state dict is the value under `key` ("ema.module": one in another), or without a `key` the first of
/// model, state_dict, ema, model_ema, params, params_ema, net, network, weights, module that is a dictionary
/// with tensors in it, or the file's root. The same choice is made once more within it, until one has
/// tensors of its own. Dictionaries within become dotted names, and a "module." that all names begin with
/// is dropped.
///
/// Tensors are on the CPU and may be views that share memory, as in the file. Throws Error naming the file
/// and the tensor.
WeightsFile read_weights(const std::filesystem::path& path, const std::string& key = "");

}  // namespace focus::io
