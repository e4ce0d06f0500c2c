// Files of pickled values in which some are tensors: PyTorch's checkpoints, old and new, and plain pickles
// with numpy arrays, as detectron2 publishes them.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "io/pytorch/pickle.h"
#include "io/pytorch/zip_archive.h"

namespace focus::io {

/// The data of a file's tensors, by the keys of their storages.
class StorageSource {
 public:
  virtual ~StorageSource() = default;
  /// The size in bytes. Throws Error beginning with `where` if there is no such storage.
  virtual uint64_t bytes(const std::string& key, const std::string& where) const = 0;
  virtual void read(const std::string& key, void* into, uint64_t bytes) const = 0;
};

/// A tree of values. Tensors are read on demand, directly into their memory.
class PickledFile {
 public:
  PickledFile(Pickle values, std::unique_ptr<StorageSource> storages, std::string source,
              uint64_t content_bytes, std::string format);

  const Pickle& values() const { return values_; }
  /// "pytorch", "pytorch-legacy" or "pickle".
  const std::string& format() const { return format_; }
  /// Bytes of the file, unpacked.
  uint64_t content_bytes() const { return content_bytes_; }

  /// Whether a value is a tensor, a parameter or an array of numbers.
  bool is_tensor(PickleRef ref) const;
  /// The kind of a tensor that tensor() does not read ("float8_e4m3fn", "complex64", "sparse tensor"); empty
  /// for all others. Throws Error naming the file and `name` for a malformed description.
  std::string unread(PickleRef ref, const std::string& name) const;
  /// Reads a tensor. Tensors of one storage share memory, also across calls. All together they take at most
  /// twice the memory of the file's content. Throws Error naming the file and `name`.
  at::Tensor tensor(PickleRef ref, const std::string& name);

 private:
  at::Tensor torch_tensor(PickleRef ref, const std::string& where);
  at::Tensor numpy_tensor(PickleRef ref, const std::string& where);
  at::Tensor storage(const std::string& key, bool bools, const std::string& where);
  void charge(uint64_t bytes, const std::string& where);

  Pickle values_;
  std::unique_ptr<StorageSource> storages_;
  std::string source_;
  uint64_t content_bytes_;
  std::string format_;
  std::map<std::pair<std::string, bool>, at::Tensor> loaded_;  // bytes; a separate entry if read as bools
  std::unordered_map<PickleRef, at::Tensor> arrays_;
  uint64_t taken_ = 0;
};

/// The entry data.pkl that a checkpoint of PyTorch 1.6 or later has, "" if there is none.
std::string pytorch_pickle_entry(const ZipArchive& archive);

/// Opens a file that torch.save of PyTorch 1.6 or later wrote.
PickledFile open_pytorch_zip(std::unique_ptr<ZipArchive> archive);

/// Opens a file that begins with a pickle: a checkpoint from before PyTorch 1.6 or any other pickle.
PickledFile open_pickled(const std::shared_ptr<const ByteSource>& bytes, const std::string& source);

}  // namespace focus::io
