// The shapes of a file's tensors, from which the model's options are derived.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/checkpoints/name_maps.h"

namespace focus::models {

/// Looks up tensors by this project's names and reads their sizes. Keeps references to the constructor's
/// arguments.
class TensorShapes {
 public:
  /// @param path   the file, for messages
  /// @param names  the table whose names the file has
  /// @param unread tensors of the file whose values were not read, for messages
  TensorShapes(const StateDict& tensors, const std::string& path, const NameMap& names,
               const std::map<std::string, std::string>& unread)
      : tensors_(tensors), path_(path), names_(names), unread_(unread) {}

  const std::string& path() const { return path_; }

  bool has(const std::string& name) const { return tensors_.count(name) > 0; }

  /// The size of one dimension of a tensor with `dims` dimensions. Throws Error naming file and tensor if
  /// there is no such tensor or it has another number of dimensions.
  int64_t size(const std::string& name, int64_t dims, int64_t dim) const;

  /// Throws Error unless the tensor has this shape, so that a model is never built larger than the tensors
  /// the file really holds.
  void expect(const std::string& name, const std::vector<int64_t>& shape) const;

  /// The number of modules that are numbered after `prefix`.
  int64_t layers(const std::string& prefix) const { return count_layers(tensors_, prefix); }

 private:
  const StateDict& tensors_;
  const std::string& path_;
  const NameMap& names_;
  const std::map<std::string, std::string>& unread_;
};

}  // namespace focus::models
