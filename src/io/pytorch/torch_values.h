// How PyTorch writes tensors into pickles: calls of torch._utils._rebuild_* with storages outside the pickle.
#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string>
#include <vector>

#include "io/pytorch/pickle.h"

namespace focus::io {

/// A reference to a storage in a pickle.
struct StorageUse {
  std::string key;
  std::optional<at::ScalarType> dtype;  ///< None for plain bytes and for numbers that are not read.
  std::string unread;                   ///< The type of the numbers if they are not read: "complex64".
  uint64_t element_bytes = 1;
  int64_t elements = 0;  ///< Of the whole storage.
  // A part of the storage, as in files from before PyTorch 1.6.
  bool is_part = false;
  int64_t part_begin = 0, part_elements = 0;
};

/// The description of a tensor in a pickle. Its numbers are not checked.
struct TensorUse {
  StorageUse storage;
  at::ScalarType dtype = at::kFloat;
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
  bool negated = false;
};

/// Whether the value is a tensor or parameter, of whatever kind.
bool is_torch_tensor(const Pickle& pickle, PickleRef ref);

/// The kind of a tensor that parse_torch_tensor does not accept: "complex64", "uint16", "sparse tensor";
/// empty for those it accepts. Throws Error beginning with `where` for a description that PyTorch does not
/// write.
std::string unread_torch_tensor(const Pickle& pickle, PickleRef ref, const std::string& where);

/// Throws Error beginning with `where` for tensors of other kinds (sparse, quantised, complex) and for a
/// description that PyTorch does not write.
TensorUse parse_torch_tensor(const Pickle& pickle, PickleRef ref, const std::string& where);

/// The storage that a persistent id names; none if it names something else.
std::optional<StorageUse> parse_storage(const Pickle& pickle, PickleRef ref, const std::string& where);

}  // namespace focus::io
