// Weights in any format: safetensors, PyTorch's files old and new, pickled numpy arrays, .npz.
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
  std::map<std::string, std::string> metadata;  ///< Text and numbers beside the tensors.
  std::vector<std::string> skipped;  ///< Entries of the state dict that are not tensors: "name (kind)".
  /// Tensors that are not read because of their type, and that type: "F8_E4M3", "complex64".
  std::map<std::string, std::string> unread;
  std::string key;     ///< Key of the state dict in the file, "model" or "ema.module"; empty: it is the root.
  std::string format;  ///< "safetensors", "pytorch", "pytorch-legacy", "pickle" or "npz".
};

/// Reads `path`, whose format is detected by its content, not by its name. No code in the file is run
/// (io/pytorch/pickle.h), and every size is checked against the file before memory is allocated.
///
/// The state dict is the value under `key` ("ema.module": nested keys), or without a `key` the first of the
/// usual ones (state_dict.cpp lists them: model, state_dict, model_state_dict, ema, ema_state, ...) that is a
/// dictionary with tensors in it, or the file's root. The same choice is repeated within it until a
/// dictionary has tensors of its own. Dictionaries within that one become dotted names.
///
/// Names are the modules' own (plain_name): the parts that torch.compile, data-parallel training and
/// averaging add are dropped, and so are outer modules that all names begin with ("model.").
///
/// Tensors are on the CPU and may be views that share memory, as in the file. Throws Error naming the file
/// and the tensor.
WeightsFile read_weights(const std::filesystem::path& path, const std::string& key = "");

}  // namespace focus::io
