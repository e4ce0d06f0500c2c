// Where in a checkpoint the weights are, and their names.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "io/pytorch/pytorch_file.h"
#include "io/weights_file.h"

namespace focus::io {

/// The dictionary of the weights in a file, chosen as weights_file.h says, and in `found` the keys that lead
/// to it. Throws Error naming the file and what it has.
PickleRef find_state_dict(const PickledFile& file, const std::string& key, const std::string& source,
                          std::string& found);

/// Reads the tensors of a dictionary, with dotted names for those in nested dictionaries. Entries that are
/// not tensors are listed as skipped, tensors of types that are not read as unread.
void read_state_dict(PickledFile& file, PickleRef dict, const std::string& source, WeightsFile& weights);

/// The text and numbers beside the weights in the file's root.
void read_remarks(const Pickle& values, PickleRef state_dict, WeightsFile& weights);

/// A tensor's name without the modules that are only wrappers: "_orig_mod" (torch.compile), "module"
/// (data-parallel and averaged models) and the like, wherever they occur in it.
std::string plain_name(const std::string& name);

/// Gives all tensors their plain names, without an outer "model." or the like that all of them begin with. A
/// name is kept if its plain form would stand for two tensors.
void use_plain_names(WeightsFile& weights);

/// Throws Error if all tensors together are larger than 16 times the file's content plus 64 MiB. Views can be
/// far larger than the file, and copying them must take memory in proportion to it.
void check_total(const WeightsFile& weights, uint64_t content_bytes, const std::string& source);

}  // namespace focus::io
