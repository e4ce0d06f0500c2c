// Where in a checkpoint the weights are, and how they are called.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "io/pytorch/pytorch_file.h"
#include "io/weights_file.h"

namespace focus::io {

/// The dictionary of the weights in a file, as weights_file.h says, and in `found` the keys that lead to it.
/// Throws Error naming the file and what it has.
PickleRef find_state_dict(const PickledFile& file, const std::string& key, const std::string& source,
                          std::string& found);

/// Reads the tensors of a dictionary, with dotted names for those in dictionaries within, and lists what is
/// none, and those whose numbers are not read.
void read_state_dict(PickledFile& file, PickleRef dict, const std::string& source, WeightsFile& weights);

/// The text and numbers beside the weights in the file's root.
void read_remarks(const Pickle& values, PickleRef state_dict, WeightsFile& weights);

/// A tensor's name without the modules that are only wrappers: "_orig_mod" (torch.compile), "module"
/// (data-parallel and averaged models) and the like, wherever they stand in it.
std::string plain_name(const std::string& name);

/// Gives all tensors their plain names, without an outer "model." or the like that all of them have. A name
/// that would then stand for two tensors stays as it is.
void use_plain_names(WeightsFile& weights);

/// Views can be far larger than the file. Error if all tensors together are larger than 16 times its content
/// and 64 MiB: whoever copies them then takes memory in proportion to the file.
void check_total(const WeightsFile& weights, uint64_t content_bytes, const std::string& source);

}  // namespace focus::io
