// How PyTorch writes tensors into pickles: calls of torch._utils._rebuild_* on storages that lie elsewhere.
#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string>
#include <vector>

#include "io/pytorch/pickle.h"

namespace focus::io {

/// A storage as a pickle names it.
struct StorageUse {
  std::string key;
  std::optional<at::ScalarType> dtype;  ///< Nothing: plain bytes, or numbers that are not read.
  std::string unread;                   ///< What the numbers are if they are not read: "complex64".
  uint64_t element_bytes = 1;
  int64_t elements = 0;  ///< Of the whole storage.
  // A part of it, as files before PyTorch 1.6 have it.
  bool is_part = false;
  int64_t part_begin = 0, part_elements = 0;
};

/// A tensor as a pickle describes it. Nothing of it has been checked.
struct TensorUse {
  StorageUse storage;
  at::ScalarType dtype = at::kFloat;
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
  bool negated = false;
};

/// Whether the value is a tensor or parameter, of whatever kind.
bool is_torch_tensor(const Pickle& pickle, PickleRef ref);

/// What a tensor is if it is none that parse_torch_tensor takes: "complex64", "uint16", "sparse tensor";
/// empty for those it takes. Throws Error beginning with `where` for what PyTorch would not have written.
std::string unread_torch_tensor(const Pickle& pickle, PickleRef ref, const std::string& where);

/// Throws Error beginning with `where` for tensors of other kinds (sparse, quantised, complex) and what
/// PyTorch would not have written.
TensorUse parse_torch_tensor(const Pickle& pickle, PickleRef ref, const std::string& where);

/// The storage that a persistent id names; nothing if it names something else.
std::optional<StorageUse> parse_storage(const Pickle& pickle, PickleRef ref, const std::string& where);

}  // namespace focus::io
