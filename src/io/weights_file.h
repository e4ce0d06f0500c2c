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
  /// Tensors whose numbers LibTorch has no type for, and what they are: "F8_E4M3", "complex64".
  std::map<std::string, std::string> unread;
  std::string key;  ///< Where in the file the state dict was, "model" or "ema.module"; empty: it is the root.
  std::string format;  ///< "safetensors", "pytorch", "pytorch-legacy", "pickle" or "npz".
};

/// Reads `path`, whose format is told by its content, not by its name. No code in the file is run
/// (io/pickle.h), and every size is checked against the file before memory is taken.
///
/// The state dict is the value under `key` ("ema.module": one in another), or without a `key` the first of
/// the usual ones (state_dict.cpp lists them: model, state_dict, model_state_dict, ema, ema_state, ...) that
/// is a dictionary with tensors in it, or the file's root. The same choice is made again within it, until one
/// has tensors of its own. Dictionaries within become dotted names.
///
/// Names are the modules' own (plain_name): what torch.compile, data-parallel training and averaging put into
/// them is dropped, and so are the names of outer modules that all begin with ("model.").
///
/// Tensors are on the CPU and may be views that share memory, as in the file. Throws Error naming the file
/// and the tensor.
WeightsFile read_weights(const std::filesystem::path& path, const std::string& key = "");

}  // namespace focus::io
