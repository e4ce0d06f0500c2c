// The safetensors format: named tensors after a JSON header (github.com/huggingface/safetensors).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace focus::io {

/// The content of a .safetensors file.
struct TensorFile {
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::string> metadata;     ///< The header's "__metadata__".
  std::map<std::string, std::string> unread = {};  ///< Tensors of types LibTorch lacks: "F8_E4M3".
};

/// Reads a whole file. Every tensor is contiguous, on the CPU, and owns its memory: nothing keeps the file
/// open. Reads F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL; tensors of other types are only listed. Throws Error
/// naming the file, the tensor and the field if the header does not conform to the format. The header is
/// checked in full against the size of the file before memory for tensors is allocated.
TensorFile read_safetensors(const std::filesystem::path& path);

/// Restores the names that safetensors.torch.save_model left out: of tensors that share memory it writes only
/// one, and adds {name left out: name kept} to the metadata.
void restore_aliases(TensorFile& file);

/// Writes atomically (base/files.h). The same content gives the same bytes: tensors are sorted by descending
/// element size, then by name, after a header padded to 8 bytes, so that each is aligned in the file. Tensors
/// may be on any device and have any strides. Throws Error for a type the format does not have and a name it
/// reserves.
void write_safetensors(const std::filesystem::path& path, const TensorFile& file);

/// A tensor to be written, without its data.
struct PlannedTensor {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
};

/// The same for more than memory holds: the tensors are written in the order of `plan`, calling `tensor(i)`
/// for one after the other. Also throws Error for one that is not as planned and for a name that comes twice.
void write_safetensors(const std::filesystem::path& path, const std::vector<PlannedTensor>& plan,
                       const std::map<std::string, std::string>& metadata,
                       const std::function<at::Tensor(size_t)>& tensor);

/// A file whose tensors are used in place, mapped into memory.
class MappedTensors {
 public:
  /// Throws Error as read_safetensors does: afterwards every tensor is known to be inside the file.
  explicit MappedTensors(const std::filesystem::path& path);

  struct Entry {
    at::ScalarType dtype;
    std::vector<int64_t> shape;
    const std::byte* data;  ///< Contiguous elements of the shape; aligned only if the writer aligned them.
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// Keeps the data of all entries valid, also without this object.
  const std::shared_ptr<const std::byte>& memory() const { return memory_; }

 private:
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
  std::shared_ptr<const std::byte> memory_;
};

}  // namespace focus::io
